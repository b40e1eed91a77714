package conformancetest_test

import (
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/conformancetest"
)

func newTarget(t *testing.T) (*clienttest.Server, conformance.Target) {
	t.Helper()
	server := clienttest.New(t)
	task := server.NewTask()
	return server, conformance.Target{
		Handler: server.Config.Handler,
		IDs: map[string]string{
			"project_id": string(task.ProjectID), "instance_id": string(task.InstanceID), "task_id": string(task.TaskID),
		},
		Token: server.Token,
	}
}

// TestConforming: every rule is a subtest that passes.
func TestConforming(t *testing.T) {
	t.Parallel()
	_, target := newTarget(t)
	report := conformancetest.Test(t, target, conformance.Options{Strict: true})
	assert.True(t, report.Conforms())
}

// faulty says to TestFaulty that it is the one that TestOutput runs.
const faulty = "DMSTASK_FAULTY_HANDLER"

// TestFaulty is meant to fail, as a process of its own. It prints which requests were sent.
func TestFaulty(t *testing.T) {
	if os.Getenv(faulty) == "" {
		t.Skip("run by TestOutput")
	}
	server, target := newTarget(t)
	own := target.Handler
	target.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet:
			w.WriteHeader(http.StatusNoContent)
		case http.MethodPut:
			clienttest.Error(400, "DMS.00400070", "A malformed task ID.", nil).ServeHTTP(w, r)
		default:
			own.ServeHTTP(w, r)
		}
	})
	conformancetest.Test(t, target, conformance.Options{Skip: []string{"delete"}})
	for _, r := range server.Requests() {
		t.Logf("sent %s %s", r.Method, r.Target)
	}
}

// TestOutput: a violated MUST fails its subtest, a violated SHOULD is logged, and -run sends what the selected rules
// need.
func TestOutput(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		run            string
		contains, lack []string
		most           int // requests
	}{
		"all": {"^TestFaulty$", []string{
			"--- FAIL: TestFaulty/safe-methods", "anything other than the response to a deletion",
			"--- PASS: TestFaulty/unsupported-method",
			"405 Method Not Allowed", "--- PASS: TestFaulty/unknown-task",
		}, []string{"TestFaulty/delete"}, 90},
		"one rule":       {"^TestFaulty$/^unknown-instance$", []string{"--- PASS: TestFaulty"}, []string{"safe-methods"}, 1},
		"one that looks": {"^TestFaulty$/^no-redirect$", []string{"--- PASS: TestFaulty/no-redirect"}, nil, 90},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run="+tc.run) //nolint:gosec // G204: this test
			cmd.Env = append(os.Environ(), faulty+"=1")
			out, err := cmd.CombinedOutput()
			if name == "all" {
				require.Error(t, err)
			}
			for _, text := range tc.contains {
				assert.Contains(t, string(out), text)
			}
			for _, text := range tc.lack {
				assert.NotContains(t, string(out), text)
			}
			sent := strings.Count(string(out), " sent ")
			assert.Positive(t, sent)
			assert.LessOrEqual(t, sent, tc.most)
		})
	}
}
