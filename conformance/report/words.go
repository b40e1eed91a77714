package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/dmstask/dmstask/conformance"
)

// outcomes returns all outcomes, in the order in which readers look for them.
func outcomes() []conformance.Outcome {
	return []conformance.Outcome{conformance.Failed, conformance.Warned, conformance.Skipped, conformance.Passed}
}

// with returns the results with an outcome.
func with(r *conformance.Report, outcome conformance.Outcome) (list []conformance.Result) {
	for _, result := range r.Results {
		if result.Outcome == outcome {
			list = append(list, result)
		}
	}
	return list
}

// nothingJudged reports whether no rule was judged.
func nothingJudged(r *conformance.Report) bool { return r.Count(conformance.Skipped) == len(r.Results) }

// verdict is the verdict with its limits: nothing is known about a rule that was not judged.
func verdict(r *conformance.Report) string {
	v := r.Verdict()
	switch {
	case v == conformance.Conforms && len(r.LeftOut)+r.Count(conformance.Skipped) > 0:
		return string(v) + ", as far as it was checked"
	case v == conformance.NotChecked && !nothingJudged(r):
		return "was not checked in full"
	case v == conformance.NotChecked:
		return "could not be checked"
	}
	return string(v)
}

// problem says why a run is not complete, or "".
func problem(r *conformance.Report) string {
	switch {
	case r.Error == "" && nothingJudged(r):
		return "no rule was judged"
	case r.Error != "" && r.Verdict() == conformance.DoesNotConform:
		return "the run is incomplete: " + r.Error
	}
	return r.Error
}

// count returns a number with a noun, in the plural if need be.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// effort summarizes what the check cost the server.
func effort(r *conformance.Report) string {
	took := time.Duration(r.Duration * float64(time.Second)).Round(10 * time.Millisecond)
	return fmt.Sprintf("%s (%d with wrong credentials) in %v; contract %s", count(r.Requests, "request"),
		r.WrongCredentials, took, r.ContractVersion)
}

// remarks are what a reader must know to understand the verdict, beyond what went wrong.
func remarks(r *conformance.Report) (list []string) {
	if r.Strict && r.Count(conformance.Warned) > 0 {
		list = append(list, "Warnings count as failures: the check was strict.")
	}
	if r.DeletedBy != "" {
		list = append(list, "The response to "+r.DeletedBy+" indicates that it deleted the task. "+
			"Later requests probably found no task.")
	}
	if r.ShortToken {
		list = append(list, "The token has fewer than 16 characters. In responses, it is recognized only where it stands "+
			"alone: as a line, as the value of a header field, or as a string in quotes.")
	}
	if len(r.LeftOut) > 0 {
		list = append(list, "Left out: "+strings.Join(r.LeftOut, ", ")+".")
	}
	if nothingJudged(r) {
		return list
	}
	var reasons []string
	rules := map[string][]string{}
	for _, result := range with(r, conformance.Skipped) {
		if rules[result.Reason] == nil {
			reasons = append(reasons, result.Reason)
		}
		rules[result.Reason] = append(rules[result.Reason], result.Rule.ID)
	}
	for _, reason := range reasons {
		list = append(list, fmt.Sprintf("Not judged: %s (%s).", strings.Join(rules[reason], ", "),
			strings.TrimPrefix(reason, "not judged: ")))
	}
	return list
}

// level is the level of what was violated, and not the strongest one of the rule: a warning of level MUST would be a
// contradiction.
func level(r conformance.Result) conformance.Level {
	violated := map[conformance.Outcome]conformance.Level{
		conformance.Failed: conformance.MUST, conformance.Warned: conformance.SHOULD,
	}
	return cmp.Or(violated[r.Outcome], r.Rule.Level)
}

// got is what came back, and how often.
func got(v conformance.Violation) string {
	if v.Count > 1 {
		return fmt.Sprintf("%d × %s", v.Count, v.Got)
	}
	return v.Got
}

// probes names the first probes of a violation, without the name of their rule.
func probes(r conformance.Result, v conformance.Violation, limit int) string {
	names := make([]string, 0, len(v.Probes))
	for _, probe := range v.Probes {
		names = append(names, strings.TrimPrefix(probe, r.Rule.ID+"/"))
	}
	more := ""
	if len(names) > limit {
		names, more = names[:limit], fmt.Sprintf(" and %d more", len(names)-limit)
	} else if len(names) == 1 && names[0] == r.Rule.ID {
		return ""
	}
	return strings.Join(names, ", ") + more
}

// fix is what to do about a violation.
func fix(r conformance.Result, v conformance.Violation) string { return cmp.Or(v.Advice, r.Rule.Fix) }

// requestLine is the first line of a request.
func requestLine(e conformance.Evidence) string { return strings.SplitN(e.Request, "\n", 2)[0] }

// where is where a demand is documented.
func where(s conformance.Source) string { return strings.TrimSpace(s.Text + " " + s.URL) }

// A line is a line of a response, which may be the one at fault.
type line struct {
	Text   string
	Marked bool
}

// lines splits a response, and marks the part of it that a finding is about. Interim responses come before the status
// line that counts.
func lines(response string, where conformance.Where) (list []line) {
	const field = conformance.Where("header field")
	part, interim := conformance.StatusLine, false // of the next line
	for text := range strings.Lines(strings.TrimRight(response, "\n")) {
		text = strings.TrimSuffix(text, "\n")
		here := part
		switch {
		case part == conformance.StatusLine:
			interim, part = strings.HasPrefix(text, "HTTP/1.1 1"), field
		case part == field && text == "" && interim:
			part = conformance.StatusLine
		case part == field && text == "":
			part = conformance.Content
		}
		if name, _, ok := strings.Cut(text, ":"); ok && here == field {
			here = conformance.Where(name)
		}
		marked := where != "" && strings.EqualFold(string(here), string(where)) &&
			(here != conformance.StatusLine || !interim)
		list = append(list, line{text, marked})
	}
	return list
}
