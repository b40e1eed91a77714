package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/dmstask/dmstask/conformance"
)

func TestSegments(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text  string
		spans []conformance.Span
		want  string // with the marked parts in brackets
	}{
		{"abcdef", nil, "abcdef"},
		{"abcdef", []conformance.Span{{Start: 1, End: 3}}, "a[bc]def"},
		{"abcdef", []conformance.Span{{Start: 4, End: 6}, {Start: 0, End: 2}}, "[ab]cd[ef]"},
		{"abcdef", []conformance.Span{{Start: 0, End: 4}, {Start: 2, End: 5}}, "[abcd][e]f"},
		{"abcdef", []conformance.Span{{Start: 0, End: 5}, {Start: 1, End: 2}}, "[abcde]f"},
		{"abcdef", []conformance.Span{{Start: -3, End: 1}, {Start: 5, End: 99}}, "[a]bcde[f]"},
		{"abcdef", []conformance.Span{{Start: 3, End: 3}, {Start: 5, End: 2}, {Start: 9, End: 12}}, "abcdef"},
		{"aéb", []conformance.Span{{Start: 2, End: 3}}, "a[é]b"},
		{"", []conformance.Span{{Start: 0, End: 1}}, ""},
	} {
		var got strings.Builder
		for _, s := range segments(tc.text, tc.spans) {
			if s.Marked {
				got.WriteString("[" + s.Text + "]")
			} else {
				got.WriteString(s.Text)
			}
		}
		assert.Equal(t, tc.want, got.String())
	}
}
