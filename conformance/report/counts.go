package report

import (
	"fmt"
	"strings"

	"github.com/dmstask/dmstask/conformance"
)

// count says how many there are of a thing.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// remark says of warnings that they count where they do: a server that fails nothing would not conform for no reason
// that is to be seen.
func remark(r *conformance.Report, outcome conformance.Outcome) string {
	if outcome == conformance.Warned && r.Strict && r.Count(outcome) > 0 {
		return " (which count: strict)"
	}
	return ""
}

// tally says how many rules had which outcome.
func tally(r *conformance.Report) string {
	counts := make([]string, 0, len(outcomes))
	for _, outcome := range []conformance.Outcome{
		conformance.Passed, conformance.Failed, conformance.Warned, conformance.Skipped,
	} {
		counts = append(counts, fmt.Sprintf("%d %s%s", r.Count(outcome), outcome, remark(r, outcome)))
	}
	return strings.Join(counts, ", ")
}
