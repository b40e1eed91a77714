//go:build unix

package contract_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/dmstask/dmstask/client/clienttest"
)

// signalled starts the command for a server, sends it one signal once there is reason to, and returns what it leaves.
func signalled(
	t *testing.T, s *clienttest.Server, args []string, once func(), with os.Signal,
) (status int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // kills a command that does not heed the signal
	defer cancel()
	cmd := exec.CommandContext(ctx, binary(t), args...) //nolint:gosec // G204: the command of this repository
	cmd.Env = append(os.Environ(),
		"DMS_ENDPOINT="+s.URL, "DMS_PROJECT_ID="+string(s.ProjectID), "DMS_INSTANCE_ID="+string(s.InstanceID),
		"DMS_TASK_ID=", "DMS_TOKEN="+s.Token)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(t, cmd.Start())
	once()
	require.NoError(t, cmd.Process.Signal(with))
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// TestSignal: the first signal ends a run, whose results so far are printed and go to files.
func TestSignal(t *testing.T) {
	t.Parallel()
	for _, with := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(with.String(), func(t *testing.T) {
			t.Parallel()
			s := clienttest.NewServer()
			t.Cleanup(s.Close)
			var answered atomic.Int32
			stalls := make(chan struct{}, 1)
			s.Wrap(func(own http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if answered.Add(1) <= 10 {
						own.ServeHTTP(w, r)
						return
					}
					stalls <- struct{}{}
					<-r.Context().Done()
				})
			})
			file := filepath.Join(t.TempDir(), "report.txt")
			args := []string{"--timeout=1h", "--report=text=" + file}
			status, stdout, stderr := signalled(t, s, args, func() { <-stalls }, with)
			assert.Equal(t, 2, status, stderr)
			assert.Contains(t, stderr, "could not be checked: stopped: interrupted")
			assert.Contains(t, stdout, "pass  MUST    unknown-task ")
			assert.Contains(t, stdout, "could not be checked")
			content, err := os.ReadFile(file) //nolint:gosec // G304: a file of this test
			require.NoError(t, err)
			assert.Equal(t, stdout, string(content))
		})
	}
}

// TestSignalWhileReading: the first signal ends the command also when it waits for somebody who writes to a pipe.
func TestSignalWhileReading(t *testing.T) {
	t.Parallel()
	s := clienttest.NewServer()
	t.Cleanup(s.Close)
	fifo := filepath.Join(t.TempDir(), "fifo")
	require.NoError(t, unix.Mkfifo(fifo, 0o600))
	status, stdout, stderr := signalled(t, s, []string{"--timeout=1h", "--token-file=" + fifo}, func() {
		// Returns when the command has opened the other end, and so has got to reading.
		writing, err := os.OpenFile(fifo, os.O_WRONLY, 0) //nolint:gosec // G304: a file of this test
		require.NoError(t, err)
		t.Cleanup(func() { _ = writing.Close() })
	}, os.Interrupt)
	assert.Equal(t, 2, status)
	assert.Contains(t, stderr, "fifo: interrupted\n")
	assert.Empty(t, stdout)
	assert.Empty(t, s.Requests())
}
