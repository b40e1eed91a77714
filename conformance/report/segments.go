package report

import (
	"slices"
	"unicode/utf8"

	"github.com/dmstask/dmstask/conformance"
)

// A segment is a part of a response, with or without a fault in it.
type segment struct {
	Text   string
	Marked bool
}

// segments cuts a response at its spans. Spans that overlap are one, and what is not within the text is left out.
func segments(text string, spans []conformance.Span) (list []segment) {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b conformance.Span) int { return a.Start - b.Start })
	at := 0
	for _, s := range spans {
		start, end := boundary(text, max(s.Start, at)), boundary(text, s.End)
		if start >= end {
			continue
		}
		if start > at {
			list = append(list, segment{text[at:start], false})
		}
		list = append(list, segment{text[start:end], true})
		at = end
	}
	if at < len(text) {
		list = append(list, segment{text[at:], false})
	}
	return list
}

// boundary returns the nearest place at or before i where a character begins.
func boundary(text string, i int) int {
	i = min(max(i, 0), len(text))
	for i > 0 && i < len(text) && !utf8.RuneStart(text[i]) {
		i--
	}
	return i
}
