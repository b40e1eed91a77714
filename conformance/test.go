package conformance

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dmstask/dmstask/internal/printable"
)

// Test checks a server within a test, one subtest a rule: a violated MUST fails it, a violated SHOULD is logged, or
// with [Strict] fails too, and a rule that could not be judged is skipped. A target with a Handler needs no server:
//
//	func TestConformance(t *testing.T) {
//		conformance.Test(t, conformance.Target{Handler: api, ProjectID: …, InstanceID: …, TaskID: …, Token: …})
//	}
//
// It returns the report for those who want to keep it, with package report, or nil if there is none.
func Test(t *testing.T, target Target, options ...Option) *Report {
	t.Helper()
	var strict bool
	options = append(slices.Clip(options), // parallel tests may share them
		func(c *config) error { strict = c.strict; return nil },
		also(func(result Result) { t.Run(result.Rule.ID, func(t *testing.T) { result.log(t, strict) }) }),
	)
	report, err := Run(t.Context(), target, options...)
	if err != nil {
		t.Errorf("could not be checked: %v", err)
	}
	if report != nil {
		t.Logf("%d requests with seed %d", report.Requests, report.Seed)
	}
	return report
}

// also has f called with every result, beside what an option before it has called.
func also(f func(Result)) Option {
	return func(c *config) error {
		before := c.onResult
		c.onResult = func(r Result) { before(r); f(r) }
		return nil
	}
}

// log says to a test what became of a rule: first what was wrong, then the first exchange that shows it.
func (r Result) log(t *testing.T, strict bool) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", r.worst(), r.Rule.Demands)
	for _, v := range r.Violations {
		fmt.Fprintf(&b, "%s: expected %s; got %s (%s)\n", v.Exchange.Probe, v.Expected, v.Got, v.Source.Text)
	}
	if r.More > 0 {
		fmt.Fprintf(&b, "… and %d more\n", r.More)
	}
	if r.Rule.Mend != "" {
		fmt.Fprintf(&b, "mend: %s\n", r.Rule.Mend)
	}
	if len(r.Violations) > 0 {
		x := r.Violations[0].Exchange
		fmt.Fprintf(&b, "%s\n\n%s", strings.TrimSpace(x.Request), cmp.Or(strings.TrimSpace(x.Response), x.Error))
	}
	text := printable.Lines(b.String())
	switch {
	case r.Outcome == Failed || r.Outcome == Warned && strict:
		t.Error(text)
	case r.Outcome == Warned:
		t.Log(text)
	case r.Outcome == Skipped:
		t.Skip(printable.Line(r.Reason))
	}
}

// worst returns the level of the worst violation.
func (r Result) worst() Level {
	if r.Outcome == Failed {
		return MUST
	}
	return SHOULD
}
