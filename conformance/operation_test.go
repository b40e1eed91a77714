package conformance_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance"
)

// others are two more operations: a GET with a task, and one without. Paths and names are not those of the vendor,
// which the contract may have one day; see make change-day.
const (
	ofInstance = `{name: project_id, in: path, required: true, schema: {type: string, pattern: '^[0-9a-f]{32}$'}},
        {name: instance_id, in: path, required: true, schema: {type: string, format: uuid}}`
	others = `  /v3/{project_id}/instances/{instance_id}/tasks/{task_id}:
    get:
      operationId: ShowTask
      parameters: [` + ofInstance + `, {name: task_id, in: path, required: true, schema: {type: string}}]
      responses:
        '200': {description: A task., content: {application/json: {schema: {type: object, required: [id, status]}}}}
        '404': {$ref: '#/components/responses/NotFound'}
  /v3/{project_id}/instances/{instance_id}/tasks:
    get:
      operationId: ListTasks
      parameters: [` + ofInstance + `]
      responses:
        '200': {description: Tasks., content: {application/json: {schema: {type: array, items: {type: object}}}}}
        '404': {$ref: '#/components/responses/NotFound'}
`
)

// shows asks for a 200 with content as the contract has it.
func shows(x *conformance.Exchange) *conformance.Finding {
	if x.Status != http.StatusOK {
		return &conformance.Finding{Want: "{2xx}", Where: conformance.StatusLine}
	}
	if err := x.Contract.ValidateResponse(x.Status, x.Header, x.Body); err != nil {
		return &conformance.Finding{Want: "a task as the contract has it", Got: err.Error(), Where: conformance.Content}
	}
	return nil
}

// TestOtherOperations: an operation of another method, or without a task, is a contract and a value, with rules of this
// package and others. That nothing else is needed is the point.
func TestOtherOperations(t *testing.T) {
	t.Parallel()
	own := []string{strings.Repeat("0a", 16), "69b3e5c4-6b0f-4e0c-9a55-2f6d0c8d7b1e", "a-task"}
	for _, tc := range []struct {
		operation, body, unknown string
		shown                    conformance.Outcome
	}{
		{"ShowTask", `{"id": "a-task", "status": "SUCCESS"}`, "unknown-task", conformance.Passed},
		{"ShowTask", `{"id": "a-task"}`, "unknown-task", conformance.Failed},
		{"ListTasks", `[{}]`, "unknown-instance", conformance.Passed},
	} {
		t.Run(tc.body, func(t *testing.T) {
			t.Parallel()
			c, err := loadAs(tc.operation, "\ncomponents:\n", "\n"+others+"\ncomponents:\n")
			require.NoError(t, err)
			target := conformance.Target{IDs: map[string]string{}, Token: "made-up-token-of-a-test"}
			path := c.String()[len("GET "):]
			for i, p := range c.Parameters() {
				target.IDs[p.Name], path = own[i], strings.Replace(path, "{"+p.Name+"}", own[i], 1)
			}
			target.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if r.Method+r.URL.Path != "GET"+path {
					w.WriteHeader(http.StatusNotFound)
					_, _ = w.Write([]byte(`{"error_code": "DMS.00404022", "error_msg": "m"}`))
					return
				}
				_, _ = w.Write([]byte(tc.body))
			})
			r, err := conformance.Run(t.Context(), target, conformance.Options{Contract: c, Rules: []conformance.Rule{{
				ID: "show", Says: "A task is shown with {200}.", Probes: []conformance.Probe{{Name: "show"}},
				Demands: []conformance.Demand{{conformance.MUST, conformance.OpenAPI, shows}},
			}, conformance.UnknownRule(c.Parameters()[len(target.IDs)-1])}})
			require.NoError(t, err)
			assert.Equal(t, tc.shown, result(t, r, "show").Outcome)
			assert.Equal(t, conformance.Passed, result(t, r, tc.unknown).Outcome)
			assert.Equal(t, tc.operation, r.OperationID)
		})
	}
}

// TestOnlyTasksAreChanged: whatever the rules ask for, a path that is not that of a task gets no method that could
// change something.
func TestOnlyTasksAreChanged(t *testing.T) {
	t.Parallel()
	c, err := loadAs("ListTasks", "\ncomponents:\n", "\n"+others+"\ncomponents:\n")
	require.NoError(t, err)
	_, target := newTarget(t)
	delete(target.IDs, "task_id")
	methods := map[string]bool{}
	answer(&target, func(r *http.Request) bool { methods[r.Method] = true; return false }, nil)
	_, _ = conformance.Run(t.Context(), target, conformance.Options{Contract: c})
	assert.Equal(t, map[string]bool{"GET": true, "HEAD": true}, methods)
}
