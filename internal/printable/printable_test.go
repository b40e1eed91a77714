package printable_test

import (
	"context"
	"encoding/json"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/internal/printable"
)

func TestPrintable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                        "",
		"plain é 任 😀":             "plain é 任 😀",
		"\x1b[2J\x07\x00":         `\x1b[2J\a\x00`,
		"\u202egnp.exe\u00ad":     `\u202egnp.exe\u00ad`,
		"tab\tand no-break\u00a0": `tab\tand no-break\u00a0`,
		"\xff":                    "\uFFFD",
	} {
		assert.Equal(t, want, printable.Line(text))
		assert.Equal(t, want+"\n"+want, printable.Lines(text+"\r\n"+text))
	}
	assert.Equal(t, `a\r\nb`, printable.Line("a\r\nb"))
}

func TestBrief(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":              "",
		"12345678":      "12345678",
		"123456789":     "12345678… (cut)",
		"1234567é":      "1234567… (cut)",
		"12\r\n4\n6\t8": "12 4 6 8",
		"\x1b[2J":       `\x1b[2J`,
		"\x1b[2J;":      `\x1b[2J;`,
		"\x1b[2J;;":     `\x1b[2J;… (cut)`,
		"\u202e\u202e":  `\u202e\u… (cut)`,
	} {
		assert.Equal(t, want, printable.Brief(text, 8), text)
	}
	assert.Equal(t, "… (cut)", printable.Brief("é", 1))
}

// TestJSON: nothing that steers is left in a document, and it means what it meant.
func TestJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain é 任 😀":         `"plain é 任 😀"`,
		"\x1b[2J\n\x7f\u009b": `"\u001b[2J\n\u007f\u009b"`,
		"\u202e\U000e0001":    `"\u202e\udb40\udc01"`,
	} {
		document, err := json.Marshal(text)
		require.NoError(t, err)
		got := printable.JSON(append(document, '\n'))
		assert.Equal(t, want+"\n", string(got))
		var back string
		require.NoError(t, json.Unmarshal(got, &back))
		assert.Equal(t, text, back)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text       string
		limit      int
		start, cut string
	}{
		{"", 0, "", ""},
		{"abc", 3, "abc", "abc"},
		{"abc", 2, "ab", "ab…"},
		{"abc", -1, "", "…"},
		{"a任b", 1, "a", "a…"},
		{"a任b", 2, "a", "a…"},
		{"a任b", 3, "a", "a…"},
		{"a任b", 4, "a任", "a任…"},
		{"\x80\x80", 1, "", "…"},
	} {
		assert.Equal(t, tc.start, printable.Start(tc.text, tc.limit), "%q %d", tc.text, tc.limit)
		assert.Equal(t, tc.cut, printable.Cut(tc.text, tc.limit), "%q %d", tc.text, tc.limit)
	}
}

func TestError(t *testing.T) {
	t.Parallel()
	err := printable.Error("shown", io.EOF, context.Canceled)
	require.ErrorIs(t, err, io.EOF)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, "shown", err.Error())
}
