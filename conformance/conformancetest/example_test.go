package conformancetest_test

import (
	"net/http"
	"testing"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/conformancetest"
)

// newAPI stands for the handler of somebody who implements the API.
func newAPI() http.Handler {
	server := clienttest.NewServer()
	server.Close() // the handler alone is needed
	const project, instance = "0e5a9c6e2c8f4b1d9a7c3f5e8b2d4a61", "69b3e5c4-6b0f-4e0c-9a55-2f6d0c8d7b1e"
	server.AddToken("a-token-of-that-project", project)
	server.AddTask(client.TaskRef{ProjectID: project, InstanceID: instance, TaskID: "8abfa7b372160bfd0172165864064079"})
	return server.Config.Handler
}

// TestConformance is in the README, word for word.
func TestConformance(t *testing.T) {
	conformancetest.Test(t, conformance.Target{
		Handler: newAPI(), // yours: an http.Handler
		IDs: map[string]string{
			"project_id":  "0e5a9c6e2c8f4b1d9a7c3f5e8b2d4a61",
			"instance_id": "69b3e5c4-6b0f-4e0c-9a55-2f6d0c8d7b1e",
			"task_id":     "8abfa7b372160bfd0172165864064079", // its record is deleted
		},
		Token: "a-token-of-that-project",
	}, conformance.Options{Strict: true})
}
