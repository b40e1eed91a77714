package conformance_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask"
	"github.com/dmstask/dmstask/conformance"
)

// showTask is a GET on the path of the contract, as a second operation would have it, and listTasks one without a task.
const (
	showTask = `    get:
      operationId: ShowBackgroundTask
      parameters:
        - {name: project_id, in: path, required: true, schema: {type: string, pattern: '^[0-9a-f]{32}$'}}
        - {name: instance_id, in: path, required: true, schema: {type: string, format: uuid}}
        - {name: task_id, in: path, required: true, schema: {type: string, pattern: '^[0-9a-zA-Z_-]{1,64}$'}}
      responses:
        '200':
          description: The task.
          content:
            application/json:
              schema: {type: object, required: [id, status], properties: {id: {type: string}, status: {type: string}}}
        '401': {$ref: '#/components/responses/Unauthorized'}
        '404': {$ref: '#/components/responses/NotFound'}
`
	listTasks = `  /v2/{project_id}/instances/{instance_id}/tasks:
    get:
      operationId: ListBackgroundTasks
      parameters:
        - {name: project_id, in: path, required: true, schema: {type: string, pattern: '^[0-9a-f]{32}$'}}
        - {name: instance_id, in: path, required: true, schema: {type: string, format: uuid}}
      responses:
        '200': {description: The tasks., content: {application/json: {schema: {type: array, items: {type: object}}}}}
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
	document := bytes.Replace(dmstask.Contract(), []byte("\n    delete:\n"), []byte("\n"+showTask+"    delete:\n"), 1)
	document = bytes.Replace(document, []byte("\ncomponents:\n"), []byte("\n"+listTasks+"\ncomponents:\n"), 1)
	shown := conformance.Rule{
		ID: "show", Says: "A task is shown with {200}.", Probes: []conformance.Probe{{Name: "show"}},
		Demands: []conformance.Demand{{conformance.MUST, conformance.OpenAPI, shows}},
	}
	own := map[string]string{
		"project_id": strings.Repeat("0a", 16), "instance_id": "69b3e5c4-6b0f-4e0c-9a55-2f6d0c8d7b1e", "task_id": "a-task",
	}
	for name, tc := range map[string]struct {
		operation conformance.Operation
		body      string
		outcomes  map[string]conformance.Outcome
	}{
		"show": {
			conformance.Operation{ID: "ShowBackgroundTask", Rules: func(c *conformance.Contract) []conformance.Rule {
				return []conformance.Rule{shown, conformance.UnknownRule(c.Parameters()[2])}
			}},
			`{"id": "a-task", "status": "SUCCESS"}`,
			map[string]conformance.Outcome{"show": conformance.Passed, "unknown-task": conformance.Passed},
		},
		"show, without a status": {
			conformance.Operation{ID: "ShowBackgroundTask", Rules: func(*conformance.Contract) []conformance.Rule {
				return []conformance.Rule{shown}
			}},
			`{"id": "a-task"}`, map[string]conformance.Outcome{"show": conformance.Failed},
		},
		"list": {
			conformance.Operation{ID: "ListBackgroundTasks", Rules: func(c *conformance.Contract) []conformance.Rule {
				return []conformance.Rule{shown, conformance.UnknownRule(c.Parameters()[1])}
			}},
			`[{}]`, map[string]conformance.Outcome{"show": conformance.Passed, "unknown-instance": conformance.Passed},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := conformance.LoadContract(document, tc.operation.ID)
			require.NoError(t, err)
			ids := map[string]string{}
			for _, p := range c.Parameters() {
				ids[p.Name] = own[p.Name]
			}
			api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, ids["instance_id"]) ||
					ids["task_id"] != "" && !strings.HasSuffix(r.URL.Path, ids["task_id"]) {
					w.WriteHeader(http.StatusNotFound)
					_, _ = w.Write([]byte(`{"error_code": "DMS.00404022", "error_msg": "m"}`))
					return
				}
				_, _ = w.Write([]byte(tc.body))
			})
			r, err := conformance.Run(t.Context(), conformance.Target{Handler: api, IDs: ids, Token: "made-up-token-of-a-test"},
				conformance.Options{Contract: c, Rules: tc.operation.Rules(c)})
			require.NoError(t, err)
			got := map[string]conformance.Outcome{}
			for _, result := range r.Results {
				got[result.Rule.ID] = result.Outcome
			}
			assert.Equal(t, tc.outcomes, got)
			assert.Equal(t, tc.operation.ID, r.OperationID)
		})
	}
}
