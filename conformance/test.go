package conformance

import "testing"

// Test checks a server within a test, one subtest a rule: a violated MUST fails it, a violated SHOULD is logged, or
// with [Strict] fails too, and a rule that could not be judged is skipped. A target with a Handler needs no server:
//
//	func TestConformance(t *testing.T) {
//		conformance.Test(t, conformance.Target{Handler: api, ProjectID: …, InstanceID: …, TaskID: …, Token: …})
//	}
func Test(t *testing.T, target Target, options ...Option) {
	t.Helper()
	var strict bool
	options = append(options,
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
}

// also has f called with every result, beside what an option before it has called.
func also(f func(Result)) Option {
	return func(c *config) error {
		before := c.onResult
		c.onResult = func(r Result) { before(r); f(r) }
		return nil
	}
}

// log says to a test what became of a rule.
func (r Result) log(t *testing.T, strict bool) {
	t.Helper()
	for _, v := range r.Violations {
		t.Logf("%s: expected %s; got %s (%s)\n%s\n%s", v.Level, v.Expected, v.Got, v.Source.Text, v.Exchange.Request,
			v.Exchange.Response)
	}
	switch {
	case r.Outcome == Failed || r.Outcome == Warned && strict:
		t.Errorf("%s %s. %s", r.Rule.Level, r.Rule.Demands, r.Rule.Mend)
	case r.Outcome == Skipped:
		t.Skip(r.Reason)
	}
}
