package report

import (
	"slices"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/internal/printable"
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
		start, end := len(printable.Start(text, max(s.Start, at))), len(printable.Start(text, s.End))
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
