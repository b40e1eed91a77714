package interop

import (
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance"
)

// explained says why a mock does not keep rules: it answers from the contract and has no state.
//
//nolint:gosec // G101 takes the names of rules for credentials
var explained = map[string]string{
	"unknown-task":          "a mock has no tasks, and reports any task as deleted",
	"unknown-instance":      "a mock has no instances either",
	"invalid-credentials":   "a mock checks that there is a token, but accepts any",
	"foreign-project":       "a mock does not know which project a token is for",
	"delete-twice":          "a mock does not remember what it has deleted",
	"case-of-instance-id":   "for the same reason as an unknown task",
	"near-miss-task-id":     "IDs that the contract allows are answered like an unknown task",
	"near-miss-credentials": "a mock treats all wrong credentials alike",
	"malformed-project-id":  "Prism answers 400 with the contract's only example for it, a malformed task ID",
	"malformed-instance-id": "for the same reason",
	"malformed-task-id": "Prism exits when a path has percent-encoded bytes that are not UTF-8, and was restarted " +
		"for the other rules",
	"error-response": "for PUT, POST and PATCH, which the contract does not define, Prism answers with " +
		"its own application/problem+json",
	"unsupported-method": "Prism's 405 has no Allow field",
}

// TestPrism checks a mock of our contract: the rules that a server without state can keep are kept, the others are
// violated, each for its reason.
func TestPrism(t *testing.T) {
	t.Parallel()
	wanted(t, "npm")
	target := conformance.Target{
		IDs: map[string]string{
			"project_id":  "0e5a9c6e2c8f4b1d9a7c3f5e8b2d4a61",
			"instance_id": "69b3e5c4-6b0f-4e0c-9a55-2f6d0c8d7b1e",
			"task_id":     "8abfa7b372160bfd0172165864064079",
		},
		Token: "made-up", // which Prism does not look at
	}
	outcomes := map[string]conformance.Outcome{}
	for _, options := range []conformance.Options{
		{Skip: []string{"delete", "malformed-task-id"}},
		// In one run with all, a task of which a mock says that an unknown instance has lost it is gone.
		{Only: []string{"delete", "delete-empty", "delete-twice"}},
		{Only: []string{"malformed-task-id"}},
	} {
		target.Endpoint = startPrism(t)
		report, err := conformance.Run(t.Context(), target, options)
		if options.Only == nil {
			require.NoError(t, err)
		}
		for _, result := range report.Results {
			outcomes[result.Rule.ID] = result.Outcome
			for _, v := range result.Violations {
				t.Logf("%s: expected %s; got %s", result.Rule.ID, v.Expected, v.Got)
			}
		}
	}
	var table strings.Builder
	table.WriteString("| rule | outcome | why |\n| --- | --- | --- |\n")
	contract, err := conformance.DefaultContract()
	require.NoError(t, err)
	for _, rule := range conformance.DeleteBackgroundTask.Rules(contract) {
		outcome, why := outcomes[rule.ID], explained[rule.ID]
		assert.Equal(t, outcome == conformance.Passed, why == "", "%s %s: %s", rule.ID, outcome, why)
		fmt.Fprintf(&table, "| %s | %s | %s |\n", rule.ID, outcome, why)
	}
	documented(t, "prism", table.String())
}

// startPrism returns the URL of a mock of the contract.
func startPrism(t *testing.T) string {
	t.Helper()
	dir := installed(t, "prism-"+prismVersion, func(dir string) *exec.Cmd {
		return command(t, dir, "npm", "install", "--prefix", ".", "--no-audit", "--no-fund", "--ignore-scripts",
			"@stoplight/prism-cli@"+prismVersion)
	})
	port := strconv.Itoa(freePort(t))
	run(t, command(t, dir, "node", "node_modules/@stoplight/prism-cli/dist/index.js", "mock", "--host", "127.0.0.1",
		"--port", port, contractFile(t)))
	address := net.JoinHostPort("127.0.0.1", port)
	listens(t, address, "Prism")
	return "http://" + address
}
