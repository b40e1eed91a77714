// Package examples_test builds the examples and runs them as a user does.
package examples_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

// build makes all examples, each of which is short enough to be read at once, and returns where they are.
func build(t *testing.T) (dir string) {
	t.Helper()
	programs, err := filepath.Glob("*/main.go")
	require.NoError(t, err)
	require.Len(t, programs, 6)
	for _, program := range programs {
		source, err := os.ReadFile(program) //nolint:gosec // G304: an example; it also has go test notice a change of it
		require.NoError(t, err)
		assert.LessOrEqual(t, bytes.Count(source, []byte("\n")), 80, program)
	}
	dir = t.TempDir()
	// Symbols are left out because linking is most of the work.
	build := []string{"build", "-buildvcs=false", "-ldflags=-s -w", "-o", dir, "./..."}
	cmd := exec.CommandContext(t.Context(), "go", build...) //nolint:gosec // G204: what is built is in this repository
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return dir
}

// A place is where examples run: a server with a task, and a directory.
type place struct {
	*clienttest.Server
	task     client.TaskRef
	bin, dir string
}

func newPlace(t *testing.T, bin string) place {
	t.Helper()
	server := clienttest.New(t)
	return place{server, server.NewTask(), bin, t.TempDir()}
}

// run runs a command line with the variables that the README names, and returns what it prints and its exit status.
func (p place) run(t *testing.T, name string, args ...string) (out string, status int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(p.bin, name), args...) //nolint:gosec // G204: an example
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "DMS_ENDPOINT="+p.URL, "DMS_TOKEN="+p.Token, "DMS_PROJECT_ID="+string(p.ProjectID),
		"DMS_INSTANCE_ID="+string(p.InstanceID), "DMS_TASK_ID="+string(p.task.TaskID))
	text, err := cmd.CombinedOutput()
	if err != nil {
		require.ErrorAs(t, err, new(*exec.ExitError))
	}
	assert.NotContains(t, string(text), p.Token)
	return string(text), cmd.ProcessState.ExitCode()
}

// list writes a file with task IDs.
func (p place) list(t *testing.T, tasks ...client.TaskRef) {
	t.Helper()
	var text strings.Builder
	for _, task := range tasks {
		text.WriteString(string(task.TaskID) + "\n")
	}
	require.NoError(t, os.WriteFile(filepath.Join(p.dir, "tasks.txt"), []byte(text.String()), 0o600))
}

func TestExamples(t *testing.T) {
	t.Parallel()
	bin := build(t)
	t.Run("delete-one", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, bin)
		out, status := p.run(t, "delete-one")
		assert.Zero(t, status, out)
		assert.False(t, p.HasTask(p.task))
		out, status = p.run(t, "delete-one")
		assert.Equal(t, 1, status)
		assert.Contains(t, out, "not found")
	})
	t.Run("sandbox", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, bin)
		out, status := p.run(t, "sandbox", filepath.Join(bin, "delete-one"))
		assert.Zero(t, status, out)
		assert.Regexp(t, `received DELETE /v2/\w{32}/instances/[\w-]{36}/tasks/[\w-]+\n.*still exists: false`, out)
		assert.Empty(t, p.Requests(), "the command asked another server than that of the sandbox")
		_, status = p.run(t, "sandbox", "false")
		assert.Equal(t, 1, status)
	})
	t.Run("delete-many", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, bin)
		other, unknown, running := p.NewTask(), p.task, p.NewTask()
		unknown.TaskID = "unknown"
		p.AddRunningTask(running)
		p.list(t, p.task, other, unknown, running)
		out, status := p.run(t, "delete-many", "-dry-run", "tasks.txt")
		assert.Zero(t, status)
		assert.Equal(t, 4, strings.Count(out, "would delete task "), out)
		assert.Empty(t, p.Requests())
		out, status = p.run(t, "delete-many", "tasks.txt")
		assert.Equal(t, 1, status)
		assert.Contains(t, out, "2 deleted, 1 did not exist, 1 failed, 0 without a result")
		assert.Contains(t, out, string(running.TaskID)+": ")

		p.Reset()
		unknown.TaskID = ".."
		p.list(t, running, unknown)
		out, status = p.run(t, "delete-many", "tasks.txt")
		assert.Equal(t, 1, status)
		assert.Contains(t, out, "task_id")
		assert.Empty(t, p.Requests(), "a list with a mistake was begun")
	})
	t.Run("cleanup", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, bin)
		running := p.NewTask()
		p.AddRunningTask(running)
		p.list(t, p.task, running)
		for _, metrics := range []string{
			"dms_attempts{status=\"204\",retried=\"false\"} 1\n" +
				"dms_attempts{status=\"400\",retried=\"false\"} 1\n" +
				"dms_tasks{deleted=\"false\",busy=\"true\"} 1\ndms_tasks{deleted=\"true\",busy=\"false\"} 1\n",
			"dms_attempts{status=\"400\",retried=\"false\"} 1\n" +
				"dms_attempts{status=\"404\",retried=\"false\"} 1\n" +
				"dms_tasks{deleted=\"false\",busy=\"true\"} 1\ndms_tasks{deleted=\"true\",busy=\"false\"} 1\n",
		} {
			out, status := p.run(t, "cleanup")
			assert.Zero(t, status, out)
			written, err := os.ReadFile(filepath.Join(p.dir, "dms.prom"))
			require.NoError(t, err)
			assert.Equal(t, metrics, string(written))
		}
		p.ExpireToken(p.Token)
		out, status := p.run(t, "cleanup")
		assert.Equal(t, 1, status, out)
	})
	t.Run("token-source", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, bin)
		out, status := p.run(t, "token-source", "printenv", "DMS_TOKEN")
		assert.Zero(t, status, out)
		assert.False(t, p.HasTask(p.task))
		for _, command := range []string{"echo another-token-than-that", "true", "false", "no-such-command"} {
			before := len(p.Requests())
			out, status = p.run(t, "token-source", strings.Fields(command)...)
			assert.Equal(t, 1, status, out)
			assert.LessOrEqual(t, len(p.Requests())-before, 2)
		}
	})
	t.Run("testing", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, bin)
		out, status := p.run(t, "testing")
		assert.Zero(t, status, out)
		assert.Contains(t, out, "1 deleted")
	})
}
