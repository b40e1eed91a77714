package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance"
)

func TestDisarm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"::error::x":                  `\::error::x`,
		"a\n   ::error::x\n::b":       "a\n   \\::error::x\n\\::b",
		"\ufe0f:\u034f:error::x":      "\\\ufe0f:\u034f:error::x", // ignored where strings are compared by culture
		"http://[::1]/ a::b":          "http://[::1]/ a::b",
		": :":                         ": :",
		"x ##[error]y ##[group]z":     `x ##\[error]y ##\[group]z`,
		"##vso[task.setvariable v]x":  `##vso\[task.setvariable v]x`,
		"##VSO[task.complete]":        `##VSO\[task.complete]`,
		"##teamcity[testFailed]":      `##teamcity\[testFailed]`,
		"#\ufe0f#v\u034fso[task.x y]": "#\ufe0f#v\u034fso\\[task.x y]",
		"####[x]":                     `####\[x]`,
		"# [x] #[y] ## [z]":           "# [x] #[y] ## [z]",
	} {
		assert.Equal(t, want, disarm(text))
		assert.Equal(t, want, disarm(want), "twice is as good as once")
	}
}

// TestLogsObeyNobody: wherever a text stands that a server sent, no line is a command of a CI system.
func TestLogsObeyNobody(t *testing.T) {
	t.Parallel()
	command := "##[error]own ##vso[task.setvariable variable=a]b ::error title=a::b"
	wrapped := strings.Repeat("x", width-len(margin)-column-5) + " ::error:: " + strings.Repeat("y", 40) + " " + command
	response := "HTTP/1.1 400 Bad Request\r\nX: " + command + "\r\n\r\n::error::x\n  ::warning::y\n##[debug]z\n##[a]"
	x := &conformance.Exchange{Probe: command, Request: "DELETE / HTTP/1.1\r\n", Response: response, Error: command}
	r := &conformance.Report{Error: wrapped, Results: []conformance.Result{
		{Rule: conformance.Rule{ID: "a"}, Outcome: conformance.Failed, Violations: []conformance.Violation{{
			Expected: "a 4xx", Got: wrapped, Exchange: x,
			// The fault begins within a command, which is whole where marks have no colour.
			Offending: []conformance.Span{{Start: len(response) - 3, End: len(response)}},
		}}},
		{Rule: conformance.Rule{ID: "b"}, Outcome: conformance.Skipped, Reason: wrapped},
		{
			Rule: conformance.Rule{ID: "d"}, Outcome: conformance.Skipped,
			Reason: strings.Repeat("z", width-len("not judged: d (")-5) + " ::error::x",
		},
		{Rule: conformance.Rule{ID: "c"}, Outcome: conformance.Passed, Exchanges: []*conformance.Exchange{x}},
	}}
	for _, style := range []Style{{}, {Color: true}, {Verbose: true}, {Color: true, Verbose: true}} {
		var b bytes.Buffer
		require.NoError(t, style.Write(&b, r))
		assert.NotRegexp(t, `(?m)^\s*::`, b.String())
		assert.NotRegexp(t, `##(vso)?\[`, b.String())
		assert.Contains(t, b.String(), "\n"+margin+strings.Repeat(" ", column)+`\::error::`, "a line goes on with it")
		assert.Contains(t, b.String(), "\n  \\::error::x)\n", "and in the summary")
		assert.Contains(t, b.String(), "##\\[error]own")
	}
	assert.NotRegexp(t, `##(vso)?\[|(?m)^\s*::`, explanation(r.Results[0]))
}
