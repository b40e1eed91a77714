package conformance_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/report"
)

// newAPI stands for an implementation of the API in Go: a handler, and what the check may use there.
func newAPI() (*clienttest.Server, conformance.Target) {
	server := clienttest.NewServer()
	task := server.NewTask()
	return server, conformance.Target{
		Handler:    server.Config.Handler,
		ProjectID:  string(task.ProjectID),
		InstanceID: string(task.InstanceID),
		TaskID:     string(task.TaskID), // its record is deleted
		Token:      server.Token,
	}
}

// In a test of your own, it is one line: conformance.Test(t, target).
func ExampleTest() {
	api, target := newAPI()
	defer api.Close()
	tests := []testing.InternalTest{{
		Name: "TestConformance",
		F: func(t *testing.T) {
			t.Helper()
			conformance.Test(t, target, conformance.Strict())
		},
	}}
	fmt.Println(testing.RunTests(func(_, _ string) (bool, error) { return true, nil }, tests))
	// Output: true
}

func ExampleRun() {
	api, target := newAPI()
	defer api.Close()
	result, err := conformance.Run(context.Background(), target, conformance.Skip("delete"))
	if err != nil {
		fmt.Println(err) // the server could not be checked
		return
	}
	fmt.Println(result.Conforms(), result.Count(conformance.Passed), "passed")
	if err := report.Write(io.Discard, result, report.HTML); err != nil {
		fmt.Println(err)
	}
	// Output: true 15 passed
}

// A rule of one's own looks at all answers, or has probes.
func ExampleRuleset() {
	api, target := newAPI()
	defer api.Close()
	hsts := conformance.Rule{
		ID:      "hsts",
		Level:   conformance.MUST,
		Demands: "Every answer tells clients to come back over TLS only.",
		Sources: []conformance.Source{{Text: "RFC 6797 section 6.1"}},
		Check: func(j *conformance.Judgement, a *conformance.Answer) {
			if a.Header.Get("Strict-Transport-Security") == "" {
				j.Violated(conformance.MUST, conformance.StatusLine(), conformance.Source{Text: "RFC 6797 section 6.1"},
					"a Strict-Transport-Security field", "none")
			}
		},
	}
	head := conformance.Rule{
		ID:      "no-head",
		Level:   conformance.SHOULD,
		Demands: "HEAD is not supported.",
		Sources: []conformance.Source{{Text: "the API guide of this house"}},
		Probes:  []conformance.Probe{{Name: "no-head", Method: http.MethodHead}},
		Check: func(j *conformance.Judgement, a *conformance.Answer) {
			if a.Status != http.StatusMethodNotAllowed {
				j.Violated(conformance.SHOULD, conformance.StatusLine(), conformance.Source{Text: "the API guide"}, "405", "")
			}
		},
	}
	result, err := conformance.Run(context.Background(), target,
		conformance.Ruleset(append(conformance.Rules(), hsts, head)...), conformance.Only("hsts", "no-head"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range result.Results {
		fmt.Println(r.Rule.ID, r.Outcome)
	}
	// Output:
	// no-head passed
	// hsts failed
}
