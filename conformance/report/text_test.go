package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		head, text string
		want       []string
	}{
		"nothing":              {"", "", []string{""}},
		"a head alone":         {"head  ", "", []string{"head"}},
		"it fits":              {"a  ", "2345 78901 345678", []string{"a  2345 78901 345678"}},
		"one word too much":    {"a  ", "2345 78901 3456789", []string{"a  2345 78901", "   3456789"}},
		"words stay whole":     {"a  ", "https://www.example.com/x y", []string{"a  https://www.example.com/x", "   y"}},
		"a long head":          {"a-very-long-name  ", "234567 x", []string{"a-very-long-name", "      234567 x"}},
		"no head":              {"", "1234567890 123456789 12", []string{"1234567890 123456789", "  12"}},
		"characters, no bytes": {"é  ", "ééé ééééé ééééééé", []string{"é  ééé ééééé ééééééé"}},
		"blanks":               {"", "a  b", []string{"a  b"}},
	} {
		assert.Equal(t, tc.want, wrap(tc.head, tc.text, 20), name)
	}
}

func TestDisarm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"::error::x":                  `\::error::x`,
		"a\n   ::error::x\n::b":       "a\n   \\::error::x\n\\::b",
		"\ufe0f:\u034f:error::x":      "\ufe0f\\:\u034f:error::x", // ignored where strings are compared by culture
		"http://[::1]/ a::b":          "http://[::1]/ a::b",
		"x ##[error]y ##[group]z":     `x ##\[error]y ##\[group]z`,
		"##vso[task.setvariable v]x":  `##vso\[task.setvariable v]x`,
		"##teamcity[testFailed]":      `##teamcity\[testFailed]`,
		"#\ufe0f#v\u034fso[task.x y]": "#\ufe0f#v\u034fso\\[task.x y]",
		"# [x] #[y] ## [z]":           "# [x] #[y] ## [z]",
	} {
		assert.Equal(t, want, disarmText(text))
		assert.Equal(t, want, disarmText(want), "twice is as good as once")
	}
}

// TestWrappedCommands: a line that goes on may begin with what was in the middle.
func TestWrappedCommands(t *testing.T) {
	t.Parallel()
	for n := range 100 {
		reason := strings.Repeat("x", n) + " ::error::y"
		r := &conformance.Report{
			Error: reason, Endpoint: reason,
			Results: []conformance.Result{{Outcome: conformance.Skipped, Reason: reason}, {Outcome: conformance.Failed}},
		}
		for _, style := range []Style{{}, {Color: true, Verbose: true}} {
			var b bytes.Buffer
			require.NoError(t, style.Write(&b, r))
			assert.NotRegexp(t, `(?m)^\s*::| $`, b.String(), "commands, or blanks at the end")
		}
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	const answer = "HTTP/1.1 103 Early Hints\nLink: x\n\n" +
		"HTTP/1.1 302 Found\nlocation: /\nLocation: /x\n\none\nHTTP/1.1 2\n"
	for where, want := range map[conformance.Where][]string{
		"":                     nil,
		conformance.StatusLine: {"HTTP/1.1 302 Found"},
		conformance.Content:    {"one", "HTTP/1.1 2"},
		"Location":             {"location: /", "Location: /x"},
		"Allow":                nil,
	} {
		var got []string
		for _, l := range lines(answer, where) {
			if l.Marked {
				got = append(got, l.Text)
			}
		}
		assert.Equal(t, want, got, where)
	}
	assert.Empty(t, lines("", conformance.StatusLine))
}

func TestFenced(t *testing.T) {
	t.Parallel()
	for text, fence := range map[string]string{
		"":                         "```",
		"a `b` ``c``":              "```",
		"```":                      "````",
		"`````\n```":               "``````",
		"x\n````` y ```````` z\n`": "`````````",
	} {
		assert.Equal(t, fence+"text\n"+text+"\n"+fence, fenced("text", text))
	}
}

// TestMoreKinds: a reader learns how many kinds of violations there are, and how many of them can be had.
func TestMoreKinds(t *testing.T) {
	t.Parallel()
	const lost = "\n      … and 3 more kinds, not kept in the report"
	for says, tc := range map[string]struct{ kept, more int }{
		lost: {shown, 3},
		"\n      … and 1 more kind (--verbose shows all)":         {shown + 1, 0},
		"\n      … and 2 more kinds (--verbose shows all)":        {shown + 2, 0},
		"\n      … and 2 more kinds (--verbose shows all)" + lost: {shown + 2, 3},
	} {
		r := conformance.Result{More: tc.more, Violations: make([]conformance.Violation, tc.kept)}
		var b bytes.Buffer
		require.NoError(t, Style{}.WriteResult(&b, r))
		_, end, _ := strings.Cut(b.String(), "\n      …")
		assert.Equal(t, says+"\n", "\n      …"+end)
	}
}

// TestColor: colors change nothing else.
func TestColor(t *testing.T) {
	t.Parallel()
	r := &conformance.Report{Endpoint: "x", Results: []conformance.Result{
		{Outcome: conformance.Failed, Violations: []conformance.Violation{{
			Where: conformance.StatusLine, Example: conformance.Evidence{Request: "GET /", Response: "HTTP/1.1 200 OK\n\n"},
		}}},
		{Outcome: conformance.Passed}, {Outcome: conformance.Warned}, {Outcome: conformance.Skipped, Reason: "y"},
	}}
	var plain, colored bytes.Buffer
	require.NoError(t, Style{Verbose: true}.Write(&plain, r))
	require.NoError(t, Style{Verbose: true, Color: true}.Write(&colored, r))
	text := colored.String()
	assert.Contains(t, text, "\x1b[7mHTTP/1.1 200 OK\x1b[0m")
	for _, p := range []paint{green, yellow, red, dim, reverse} {
		assert.Contains(t, text, "\x1b["+string(p)+"m")
		text = strings.ReplaceAll(text, "\x1b["+string(p)+"m", "")
	}
	assert.Equal(t, plain.String(), strings.ReplaceAll(text, "\x1b[0m", ""))
}
