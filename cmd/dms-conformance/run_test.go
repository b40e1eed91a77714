package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
)

const secret = "s3cret-t0ken"

// result is what a run of the command leaves behind.
type result struct {
	status         int
	stdout, stderr string
}

func command(t *testing.T, env map[string]string, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), args, func(name string) string { return env[name] }, &stdout, &stderr)
	return result{status, stdout.String(), stderr.String()}
}

func newServer(t *testing.T) (server *clienttest.Server, env map[string]string) {
	t.Helper()
	server = clienttest.NewServer()
	t.Cleanup(server.Close)
	server.AddToken(secret, server.ProjectID)
	return server, map[string]string{
		"DMS_ENDPOINT":    server.URL,
		"DMS_PROJECT_ID":  string(server.ProjectID),
		"DMS_INSTANCE_ID": string(server.InstanceID),
		"DMS_TASK_ID":     string(server.NewTask().TaskID),
		"DMS_TOKEN":       secret,
	}
}

func TestEmbedded(t *testing.T) {
	t.Parallel()
	got := command(t, nil)
	assert.Equal(t, conforms, got.status)
	assert.Contains(t, got.stderr, "the embedded server is checked")
	assert.Equal(t, len(conformance.Rules()), strings.Count(got.stdout, "\npass")+1)
	assert.Contains(t, got.stdout, "16 passed, 0 failed, 0 warned, 0 skipped")
}

func TestWithoutTarget(t *testing.T) {
	t.Parallel()
	help := command(t, nil, "--help")
	assert.Equal(t, conforms, help.status)
	assert.Empty(t, help.stderr)
	for _, flag := range []string{
		"endpoint", "project-id", "instance-id", "task-id", "token-file", "strict", "rule", "skip", "format", "output",
		"list", "timeout", "version", "help",
	} {
		assert.Contains(t, help.stdout, "  --"+flag)
	}
	for _, line := range strings.Split(help.stdout, "\n") {
		assert.LessOrEqual(t, len(line), 100, line)
	}

	list := command(t, nil, "--list")
	assert.Equal(t, conforms, list.status)
	for _, rule := range conformance.Rules() {
		assert.Contains(t, list.stdout, rule.ID+" ("+string(rule.Level))
		assert.Contains(t, list.stdout, rule.Sources[0].Text)
	}

	version := command(t, nil, "--version")
	assert.Equal(t, conforms, version.status)
	assert.Regexp(t, `^dms-conformance \d+\.\d+\.\d+\n$`, version.stdout)
}

// TestUsage: a mistake says what it is, leaves standard output alone, never shows the token, and sends nothing.
func TestUsage(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, []byte("\n"), 0o600))
	server, env := newServer(t)
	for says, args := range map[string][]string{
		"-nonsense":                        {"--nonsense"},
		"no token as an argument":          {"--token", secret},
		"set DMS_TOKEN":                    {"--token=" + secret},
		"arguments that are no flags":      {secret},
		`--format "xml"`:                   {"--format=xml"},
		"--timeout -1s":                    {"--timeout=-1s"},
		"invalid value":                    {"--timeout=soon"},
		`there is no rule "x"`:             {"--rule=x"},
		`there is no rule "y"`:             {"--skip=y"},
		`task_id ".."`:                     {"--task-id=.."},
		`project_id "x"`:                   {"--project-id=x"},
		"absolute URL":                     {"--endpoint=example.com"},
		"no such file":                     {"--token-file=/nonexistent"},
		"two kinds of credentials":         {"--token-file=" + empty, "--cloud=x"},
		"is empty":                         {"--token-file=" + empty},
		"nonexistent/report: no such file": {"--output=/nonexistent/report"},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			got := command(t, env, args...)
			assert.Equal(t, unchecked, got.status)
			assert.Empty(t, got.stdout)
			assert.Contains(t, got.stderr, says)
			assert.NotContains(t, got.stderr, secret)
			assert.Empty(t, server.Requests())
		})
	}
}

// TestWithoutEndpoint: values for a server that is not named have no effect, and that is said.
func TestWithoutEndpoint(t *testing.T) {
	t.Parallel()
	got := command(t, nil, "--task-id=x", "--project-id=y")
	assert.Equal(t, unchecked, got.status)
	assert.Contains(t, got.stderr, "--project-id, --task-id without --endpoint")

	got = command(t, map[string]string{"DMS_TASK_ID": "x"})
	assert.Equal(t, conforms, got.status)
	assert.Contains(t, got.stderr, "DMS_TASK_ID has no effect")
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	server, env := newServer(t)
	got := command(t, env)
	assert.Equal(t, conforms, got.status, got.stdout)
	assert.Empty(t, got.stderr)
	assert.Contains(t, got.stdout, server.URL+" conforms to contract")
	assert.NotContains(t, got.stdout, secret)
}

func TestTokenFile(t *testing.T) {
	t.Parallel()
	_, env := newServer(t)
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(secret+"\n"), 0o600))
	env["DMS_TOKEN"] = "overridden"
	assert.Equal(t, conforms, command(t, env, "--token-file="+file).status)
	assert.Equal(t, unchecked, command(t, env).status)
}

func TestNothingIsDeletedWithoutTaskID(t *testing.T) {
	t.Parallel()
	_, env := newServer(t)
	delete(env, "DMS_TASK_ID")
	got := command(t, env)
	assert.Equal(t, conforms, got.status)
	assert.Contains(t, got.stdout, "skip  MUST    delete                 no task ID was given")
}

// TestStrict: a SHOULD that is violated counts with --strict only.
func TestStrict(t *testing.T) {
	t.Parallel()
	server, env := newServer(t)
	delete(env, "DMS_TASK_ID")
	server.Wrap(func(own http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPatch {
				r.Method = http.MethodDelete // 404 in place of 405
			}
			own.ServeHTTP(w, r)
		})
	})
	got := command(t, env)
	assert.Equal(t, conforms, got.status)
	assert.Contains(t, got.stdout, "WARN  MUST    unsupported-method")
	assert.Contains(t, got.stdout, "      sent      PATCH /v2/")
	assert.Contains(t, got.stdout, "X-Auth-Token: [redacted]")
	assert.Contains(t, got.stdout, "      got       404 Not Found")
	assert.Contains(t, got.stdout, "      expected  405 Method Not Allowed")
	assert.Contains(t, got.stdout, "      source    DMS API Reference")
	assert.Equal(t, conformsNot, command(t, env, "--strict").status)
	assert.Equal(t, conforms, command(t, env, "--strict", "--skip=unsupported-method").status)
}

func TestJSON(t *testing.T) {
	t.Parallel()
	_, env := newServer(t)
	file := filepath.Join(t.TempDir(), "report.json")
	got := command(t, env, "--format=json", "--output="+file, "--rule=missing-credentials", "--rule=no-redirect")
	assert.Equal(t, conforms, got.status)
	assert.Empty(t, got.stdout)
	content, err := os.ReadFile(file) //nolint:gosec // G304: a file of this test
	require.NoError(t, err)
	var report conformance.Report
	require.NoError(t, json.Unmarshal(content, &report))
	assert.Len(t, report.Results, 2)
	assert.Equal(t, 1, report.Requests)
}

// TestOutputIsKept: a report is replaced by a report only, and by the whole of it.
func TestOutputIsKept(t *testing.T) {
	t.Parallel()
	_, env := newServer(t)
	file := filepath.Join(t.TempDir(), "report")
	require.NoError(t, os.WriteFile(file, bytes.Repeat([]byte("old\n"), 10_000), 0o600))
	assert.Equal(t, unchecked, command(t, env, "--rule=nonesuch", "--output="+file).status)
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.EqualValues(t, 40_000, info.Size())
	assert.Equal(t, conforms, command(t, env, "--output="+file).status)
	content, err := os.ReadFile(file) //nolint:gosec // G304: a file of this test
	require.NoError(t, err)
	assert.NotContains(t, string(content), "old")
}

// TestUncheckable: what is known is printed, and the exit status does not call it a violation.
func TestUncheckable(t *testing.T) {
	t.Parallel()
	_, env := newServer(t)
	env["DMS_TOKEN"] = "wrong"
	got := command(t, env)
	assert.Equal(t, unchecked, got.status)
	assert.Contains(t, got.stderr, "could not be checked: the server refuses the credentials")
	assert.NotContains(t, got.stdout, "FAIL")

	stalling, env := newServer(t)
	stalling.Wrap(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	})
	got = command(t, env, "--timeout=2s")
	assert.Equal(t, unchecked, got.status)
	assert.Contains(t, got.stderr, "the server does not answer")
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	_, env := newServer(t)
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	var stdout, stderr bytes.Buffer
	status := run(ctx, nil, func(name string) string { return env[name] }, &stdout, &stderr)
	assert.Equal(t, unchecked, status)
	assert.Contains(t, stderr.String(), "stopped")
	assert.Equal(t, len(conformance.Rules()), strings.Count(stdout.String(), "skip "))
}

func TestPlainHTTPIsWarnedAbout(t *testing.T) {
	t.Parallel()
	for endpoint, warned := range map[string]bool{
		"http://dms.example.com": true, "https://dms.example.com": false,
		"http://127.0.0.1:1": false, "http://[::1]:1": false, "http://localhost:1": false,
	} {
		var stderr bytes.Buffer
		warnPlainHTTP(conformance.Target{Endpoint: endpoint, Token: secret}, &stderr)
		assert.Equal(t, warned, strings.Contains(stderr.String(), "over plain http"), endpoint)
		assert.NotContains(t, stderr.String(), secret)
	}
}

// TestFullDisk: a report that cannot be written is no success.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	for _, format := range []string{formatText, formatJSON} {
		var stderr bytes.Buffer
		status := run(t.Context(), []string{"--format=" + format}, func(string) string { return "" }, full{}, &stderr)
		assert.Equal(t, unchecked, status)
		assert.Contains(t, stderr.String(), "writing the report")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, os.ErrClosed }
