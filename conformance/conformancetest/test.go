// Package conformancetest checks a server within a test.
package conformancetest

import (
	"strings"
	"testing"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/report"
)

// Test checks a server, with one subtest for each rule. A violated MUST fails it, a violated SHOULD is logged or, with
// [conformance.Options].Strict, fails it too, and a rule that could not be judged is skipped. A target with a Handler
// needs no server:
//
//	func TestConformance(t *testing.T) {
//		conformancetest.Test(t, conformance.Target{Handler: api, IDs: ids, Token: token}, conformance.Options{})
//	}
//
// What a rule needs is sent within its subtest, so that go test -run sends only what the selected rules need. Rules
// that look at all responses come last, and send what has not been sent by then, except what deletes.
//
// Test returns the report, for use with package report.
func Test(t *testing.T, target conformance.Target, options conformance.Options) *conformance.Report {
	t.Helper()
	s, err := conformance.Start(t.Context(), target, options)
	if err != nil {
		t.Fatalf("the server could not be checked: %v", err)
	}
	for _, rule := range s.Rules() {
		t.Run(rule.ID, func(t *testing.T) { show(t, s.Judge(t.Context(), rule), options.Strict) })
	}
	r, err := s.Report()
	if err != nil {
		t.Errorf("the server could not be checked in full: %v", err)
	}
	t.Logf("requests: %d", r.Requests)
	return r
}

// show reports the result of a rule to a test.
func show(t *testing.T, r conformance.Result, strict bool) {
	t.Helper()
	var text strings.Builder
	_ = report.Style{Verbose: true}.WriteResult(&text, r) // into a builder
	switch {
	case r.Outcome == conformance.Failed, r.Outcome == conformance.Warned && strict:
		t.Error(text.String())
	case r.Outcome == conformance.Skipped:
		t.Skip(r.Reason)
	case r.Outcome == conformance.Warned:
		t.Log(text.String())
	}
}
