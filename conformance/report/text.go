package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/internal/printable"
)

// A Style is how a report is written to a terminal: result by result, as they become known, and then the summary.
type Style struct {
	Color   bool // with ANSI escape sequences
	Verbose bool // with the requests and answers, and the sources, of all rules
}

// shown is how many violations of a rule are written out.
const shown = 3

// Write writes a report as a whole.
func (s Style) Write(w io.Writer, r *conformance.Report) error {
	for _, result := range r.Results {
		if err := s.WriteResult(w, result); err != nil {
			return err
		}
	}
	return s.WriteSummary(w, r)
}

// WriteResult writes a line for the rule, and for each violation what was expected, what came, what to do, and where
// that is written.
func (s Style) WriteResult(w io.Writer, r conformance.Result) error {
	r = cleanResult(r)
	var b strings.Builder
	mark := map[conformance.Outcome]string{
		conformance.Passed:  s.paint(green, "pass"),
		conformance.Warned:  s.paint(yellow, "WARN"),
		conformance.Failed:  s.paint(red, "FAIL"),
		conformance.Skipped: s.paint(dim, "skip"),
	}[r.Outcome]
	line := cmp.Or(r.Reason, r.Rule.Demands)
	if r.Outcome == conformance.Skipped {
		line = s.paint(dim, line)
	}
	fmt.Fprintf(&b, "%s  %-6s  %-21s  %s\n", mark, levelOf(r), r.Rule.ID, line)
	switch {
	case len(r.Violations) > 0:
		s.violations(&b, r)
	case s.Verbose:
		s.details(&b, r)
	}
	_, err := io.WriteString(w, disarm(b.String()))
	return err
}

// details writes what there is to know of a rule that is not violated.
func (s Style) details(b *strings.Builder, r conformance.Result) {
	for _, source := range r.Rule.Sources {
		s.item(b, "source", sourceText(source))
	}
	for _, x := range r.Exchanges {
		s.item(b, "probe", x.Probe)
		s.exchange(b, x, nil)
	}
}

func (s Style) violations(b *strings.Builder, r conformance.Result) {
	list := worstFirst(r)
	if !s.Verbose {
		list = distinct(list)
	}
	for i, v := range list {
		if s.Verbose && i > 0 {
			b.WriteByte('\n')
		}
		s.violation(b, v)
	}
	if s.Verbose && (len(list) > 1 || r.More > 0) {
		b.WriteByte('\n') // what follows is about all of them
	}
	if more := r.More + len(r.Violations) - len(list); more > 0 {
		fmt.Fprintf(b, "%s… and %s\n", margin, s.hidden(more, more-r.More))
	}
	if r.Rule.Mend != "" {
		s.item(b, "mend", r.Rule.Mend)
	}
}

// hidden says how many violations there are beyond those that were written, and how many of these can be had.
func (s Style) hidden(more, kept int) string {
	switch {
	case s.Verbose:
		return fmt.Sprintf("%d more", more)
	case kept == 0:
		return count(more, "more violation")
	case kept == 1 && more == 1:
		return "1 more violation (--verbose shows it)"
	case kept == more:
		return fmt.Sprintf("%d more violations (--verbose shows them)", more)
	}
	return fmt.Sprintf("%d more violations (--verbose shows %d of them)", more, kept)
}

// distinct returns the first violations that differ: a server that gets a thing wrong does so every time.
func distinct(all []conformance.Violation) (few []conformance.Violation) {
	for _, v := range all {
		alike := func(other conformance.Violation) bool { return other.Expected == v.Expected && other.Got == v.Got }
		if len(few) < shown && !slices.ContainsFunc(few, alike) {
			few = append(few, v)
		}
	}
	return few
}

func (s Style) violation(b *strings.Builder, v conformance.Violation) {
	if v.Exchange != nil && s.Verbose {
		s.item(b, "probe", v.Exchange.Probe)
	}
	s.item(b, "expected", fmt.Sprintf("%s (%s)", v.Expected, v.Level))
	s.item(b, "got", v.Got)
	if v.Exchange != nil && !s.Verbose {
		request, _, _ := strings.Cut(v.Exchange.Request, " HTTP/")
		fmt.Fprintf(b, "%s%s      %s\n", margin, s.paint(dim, "sent"), printable.Line(request)) // in one piece, to be copied
	}
	s.item(b, "source", sourceText(v.Source))
	if v.Exchange != nil && s.Verbose {
		s.exchange(b, v.Exchange, v.Offending)
	}
}

func sourceText(s conformance.Source) string { return strings.TrimSpace(s.Text + " " + s.URL) }
