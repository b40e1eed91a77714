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
