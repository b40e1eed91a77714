package conformance_test

import (
	"context"
	"fmt"

	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
)

// newAPI stands for an implementation of the API in Go: a handler, and what the check may use there.
func newAPI() (*clienttest.Server, conformance.Target) {
	server := clienttest.NewServer()
	task := server.NewTask()
	return server, conformance.Target{
		Handler: server.Config.Handler,
		IDs: map[string]string{
			"project_id":  string(task.ProjectID),
			"instance_id": string(task.InstanceID),
			"task_id":     string(task.TaskID), // its record is deleted
		},
		Token: server.Token,
	}
}

func ExampleRun() {
	api, target := newAPI()
	defer api.Close()
	report, err := conformance.Run(context.Background(), target, conformance.Options{Skip: []string{"delete"}})
	if err != nil {
		fmt.Println(err) // the server could not be checked, or not in full
		return
	}
	fmt.Println(report.Verdict(), report.Count(conformance.Failed), "failed")
	// Output: conforms 0 failed
}

// A rule of one's own looks at all answers, or has probes: see [conformance.Rule].
func ExampleOptions_rules() {
	api, target := newAPI()
	defer api.Close()
	hsts := conformance.Rule{
		ID:   "hsts",
		Says: "Every answer tells clients to come back over TLS only.",
		Demands: []conformance.Demand{{
			Level: conformance.MUST, Source: conformance.RFC("6797", "6.1"),
			Check: func(x *conformance.Exchange) *conformance.Finding {
				if x.Header.Get("Strict-Transport-Security") != "" {
					return nil
				}
				return &conformance.Finding{Want: "a Strict-Transport-Security field", Where: conformance.StatusLine}
			},
		}},
	}
	contract, err := conformance.DefaultContract()
	if err != nil {
		fmt.Println(err)
		return
	}
	rules := append(conformance.DeleteBackgroundTask.Rules(contract), hsts)
	report, err := conformance.Run(context.Background(), target,
		conformance.Options{Rules: rules, Only: []string{"no-redirect", "hsts"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range report.Results {
		fmt.Println(r.Rule.ID, r.Outcome)
	}
	// Output:
	// no-redirect passed
	// hsts failed
}
