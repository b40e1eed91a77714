package contract_test

import (
	"context"
	"fmt"

	"github.com/dmstask/dmstask/conformance"
)

// checkWithRule has what the README says of rules of one's own, word for word.
func checkWithRule(ctx context.Context, target conformance.Target) (*conformance.Report, error) {
	demanded := conformance.Source{Text: "RFC 6797 section 6.1"}
	hsts := conformance.Rule{
		ID:      "hsts",
		Level:   conformance.MUST,
		Demands: "Every answer tells clients to come back over TLS only.",
		Sources: []conformance.Source{demanded},
		Mend:    "Send Strict-Transport-Security with every answer.",
		Check: func(j *conformance.Judgement, a *conformance.Answer) {
			if a.Header.Get("Strict-Transport-Security") == "" {
				j.Violated(conformance.MUST, conformance.StatusLine(), demanded,
					"a Strict-Transport-Security field", "none")
			}
		},
	}
	report, err := conformance.Run(ctx, target, conformance.Ruleset(append(conformance.Rules(), hsts)...))
	return report, err
}

func Example_rule() {
	s := newSubject()
	defer s.server.Close()
	report, err := checkWithRule(context.Background(), s.target())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Count(conformance.Passed), "passed", report.Count(conformance.Failed), "failed")
	last := report.Results[len(report.Results)-1]
	fmt.Println(last.Rule.ID, last.Outcome)
	// Output:
	// 18 passed 1 failed
	// hsts failed
}
