package printable_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/dmstask/dmstask/conformance/internal/printable"
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
