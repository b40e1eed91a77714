package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dmstask/dmstask/conformance"
)

// WriteSummary writes the last lines of a report: what to know without reading the others.
func (s Style) WriteSummary(w io.Writer, r *conformance.Report) error {
	r = clean(r)
	var b strings.Builder
	switch v := verdict(r); v {
	case notChecked:
		fmt.Fprintf(&b, "\n%s %s: %s\n", r.Endpoint, s.paint(red, "could not be checked"), r.Error)
		fmt.Fprintf(&b, "%s\n", judged(r))
	case conforms:
		fmt.Fprintf(&b, "\n%s %s to contract %s%s\n", r.Endpoint, s.paint(green, v), r.ContractVersion, asFarAs(r))
	default:
		fmt.Fprintf(&b, "\n%s %s to contract %s\n", r.Endpoint, s.paint(red, v), r.ContractVersion)
	}
	fmt.Fprintf(&b, "%s (%s, %.0f ms)\n", tally(r), count(r.Requests, "request"), r.Duration*1000)
	s.names(&b, red, "failed", rulesOf(r, conformance.Failed))
	s.names(&b, yellow, "warned", rulesOf(r, conformance.Warned))
	for _, g := range gaps(r) {
		s.names(&b, dim, "not judged", g.String())
	}
	s.names(&b, dim, "left out", strings.Join(r.LeftOut, ", "))
	if r.Generated > 0 {
		fmt.Fprintf(&b, "%s had generated IDs, which %s repeats\n", count(r.Generated, "request"), again(r))
	}
	if r.Short {
		b.WriteString(short + "\n")
	}
	if s.Verbose && slices.ContainsFunc(r.Results, marksFaults) {
		b.WriteString(legend + "\n")
	}
	_, err := io.WriteString(w, disarm(b.String()))
	return err
}

// rulesOf names the rules with an outcome.
func rulesOf(r *conformance.Report, outcome conformance.Outcome) string {
	var names []string
	for _, result := range r.Results {
		if result.Outcome == outcome {
			names = append(names, result.Rule.ID)
		}
	}
	return strings.Join(names, ", ")
}

// names writes what a list of rules is, and the list, if there is one.
func (s Style) names(b *strings.Builder, p paint, what, list string) {
	if list == "" {
		return
	}
	lines := wrap(what+": "+list, width-2)
	lines[0] = s.paint(p, what) + strings.TrimPrefix(lines[0], what)
	b.WriteString(strings.Join(lines, "\n  ") + "\n")
}
