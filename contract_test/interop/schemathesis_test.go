package interop

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

// settings of Schemathesis: every kind of data, and the IDs that the server knows in most requests.
const settings = `seed = 1
continue-on-failure = true
headers = { "X-Auth-Token" = "${DMS_TOKEN}" }
[generation]
max-examples = 300
mode = "all"
[parameters]
"path.project_id" = %q
"path.instance_id" = %q
`

// A verdict is the report of Schemathesis in JSON.
type verdict struct {
	Version   string `json:"schemathesis_version"`
	Complete  bool   `json:"complete"`
	TestCases struct {
		Generated    int `json:"generated"`
		WithFailures int `json:"with_failures"`
		Errored      int `json:"errored"`
	} `json:"test_cases"`
	Failures []struct {
		Code  string `json:"code"`
		Title string `json:"title"`
	} `json:"failures"`
	Errors []any `json:"errors"`
}

// TestSchemathesis: the embedded server keeps the contract for whatever Schemathesis makes of it, with all its checks,
// and a server that does not is found out.
func TestSchemathesis(t *testing.T) {
	t.Parallel()
	wanted(t, "python3")
	for name, tc := range map[string]struct {
		wrap  func(http.Handler) http.Handler
		keeps bool
	}{
		"embedded server": {nil, true},
		"broken server": {func(http.Handler) http.Handler {
			return clienttest.Answer{StatusCode: 500, Header: http.Header{"Content-Type": {"text/html"}}, Body: "<h1>Oh</h1>"}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			server := clienttest.NewServer()
			t.Cleanup(server.Close)
			var deleted atomic.Int64
			server.Wrap(growing(server, &deleted))
			if tc.wrap != nil {
				server.Wrap(tc.wrap)
			}
			got := schemathesis(t, server)
			t.Logf("%+v", got)
			assert.Equal(t, schemathesisVersion, got.Version)
			assert.True(t, got.Complete)
			assert.Empty(t, got.Errors)
			assert.Zero(t, got.TestCases.Errored)
			if !tc.keeps {
				assert.NotEmpty(t, got.Failures)
				return
			}
			assert.Empty(t, got.Failures)
			assert.Zero(t, got.TestCases.WithFailures)
			assert.Greater(t, got.TestCases.Generated, 200)
			assert.Greater(t, deleted.Load(), int64(20), "hardly a request was good")
			documented(t, "schemathesis", fmt.Sprintf("%d test cases of Schemathesis %s, %d failures.\n",
				got.TestCases.Generated, got.Version, len(got.Failures)))
		})
	}
}

// growing gives the server a task for every other ID that is asked for, since Schemathesis cannot make any.
func growing(server *clienttest.Server, deleted *atomic.Int64) func(http.Handler) http.Handler {
	return func(own http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id, err := client.ParseTaskID(r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
			if err == nil && len(id)%2 == 0 {
				server.AddTask(client.TaskRef{ProjectID: server.ProjectID, InstanceID: server.InstanceID, TaskID: id})
			}
			own.ServeHTTP(&counter{w, deleted}, r)
		})
	}
}

// counter counts deletions.
type counter struct {
	http.ResponseWriter
	deleted *atomic.Int64
}

func (c *counter) WriteHeader(status int) {
	if status == http.StatusNoContent {
		c.deleted.Add(1)
	}
	c.ResponseWriter.WriteHeader(status)
}

func schemathesis(t *testing.T, server *clienttest.Server) verdict {
	t.Helper()
	venv := installed(t, "schemathesis-"+schemathesisVersion, func(dir string) *exec.Cmd {
		return command(t, dir, "sh", "-c", "python3 -m venv . && bin/pip install schemathesis=="+schemathesisVersion)
	})
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "schemathesis.toml"),
		fmt.Appendf(nil, settings, server.ProjectID, server.InstanceID), 0o600))
	run := command(t, dir, filepath.Join(venv, "bin", "schemathesis"), "run", contractFile(t), "--url", server.URL,
		"--checks", "all", "--report", "json", "--report-dir", "report", "--no-color")
	run.Env = append(os.Environ(), "DMS_TOKEN="+server.Token)
	output, _ := run.CombinedOutput() // the exit status is 1 for failures, which the report has
	t.Logf("%s", output)
	files, err := filepath.Glob(filepath.Join(dir, "report", "*.json"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	content, err := os.ReadFile(files[0])
	require.NoError(t, err)
	var v verdict
	require.NoError(t, json.Unmarshal(content, &v))
	return v
}
