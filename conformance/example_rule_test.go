package conformance_test

import (
	"context"
	"fmt"

	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
)

// checkWithRule is on docs/check.md, word for word.
func checkWithRule(ctx context.Context, target conformance.Target) (*conformance.Report, error) {
	hsts := conformance.Rule{
		ID:   "hsts",
		Says: "Every response tells clients to use HTTPS only.",
		Fix:  "Send Strict-Transport-Security with every response.",
		Demands: []conformance.Demand{{
			Level: conformance.MUST, Source: conformance.RFC("6797", "6.1"),
			Check: func(x *conformance.Exchange) *conformance.Finding {
				if x.Header.Get("Strict-Transport-Security") != "" {
					return nil
				}
				return &conformance.Finding{Want: "a Strict-Transport-Security field"}
			},
		}},
	}
	contract, err := conformance.DefaultContract()
	if err != nil {
		return nil, err
	}
	rules := append(conformance.DeleteBackgroundTask.Rules(contract), hsts)
	report, err := conformance.Run(ctx, target, conformance.Options{Rules: rules})
	return report, err
}

func ExampleRule() {
	server := clienttest.NewServer()
	defer server.Close()
	task := server.NewTask()
	report, err := checkWithRule(context.Background(), conformance.Target{
		Handler: server.Config.Handler,
		IDs: map[string]string{
			"project_id": string(task.ProjectID), "instance_id": string(task.InstanceID), "task_id": string(task.TaskID),
		},
		Token: server.Token,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	last := report.Results[len(report.Results)-1]
	fmt.Println(report.Count(conformance.Failed), "failed:", last.Rule.ID)
	// Output: 1 failed: hsts
}
