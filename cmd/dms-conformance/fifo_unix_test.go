//go:build unix

package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// newFIFO makes a pipe that nobody has opened.
func newFIFO(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fifo")
	require.NoError(t, unix.Mkfifo(path, 0o600))
	return path
}

// TestFIFO: a pipe whose other end nobody opens keeps no command longer than --timeout, and none after a signal.
func TestFIFO(t *testing.T) {
	t.Parallel()
	const tls = "--endpoint=https://127.0.0.1:1"
	for name, args := range map[string][]string{
		"output":     {"--output=FIFO"},
		"report":     {"--report=junit=NEW", "--report=html=FIFO"},
		"token file": {"--token-file=FIFO"},
		"contract":   {"--contract=FIFO"},
		"cacert":     {"--cacert=FIFO", tls},
		"list":       {"--list", "--output=FIFO"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, env := newServer(t)
			fifo := newFIFO(t)
			replace := strings.NewReplacer("FIFO", fifo, "NEW", fifo+"2")
			for i := range args {
				args[i] = replace.Replace(args[i])
			}
			ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, errInterrupted)
			defer cancel()
			var stdout, stderr strings.Builder
			assert.Equal(t, unchecked, run(ctx, args, lookup(env), &stdout, &stderr))
			assert.Contains(t, stderr.String(), "fifo: interrupted\n")
			if name != "list" {
				got := command(t, env, append(args, "--timeout=100ms")...)
				assert.Equal(t, unchecked, got.status)
				assert.Contains(t, got.stderr, "fifo: --timeout 100ms is over\n")
				assert.Empty(t, got.stdout)
			}
			assert.Empty(t, server.Requests())
			assert.NoFileExists(t, fifo+"2")
		})
	}
}

// TestFullFIFO: a report that nobody takes keeps no command after a signal.
func TestFullFIFO(t *testing.T) {
	t.Parallel()
	fifo := newFIFO(t)
	end, err := unix.Open(fifo, unix.O_RDWR|unix.O_NONBLOCK, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = unix.Close(end) })
	for err == nil {
		_, err = unix.Write(end, make([]byte, 512))
	}
	require.ErrorIs(t, err, unix.EAGAIN)

	ctx, interrupt := context.WithCancelCause(t.Context())
	stdout := writer(func(b []byte) (int, error) {
		if strings.Contains(string(b), "conforms to contract") { // and so the run is over
			interrupt(errInterrupted)
		}
		return len(b), nil
	})
	var stderr strings.Builder
	assert.Equal(t, unchecked, run(ctx, []string{"--report=json=" + fifo}, lookup(nil), stdout, &stderr))
	assert.Contains(t, stderr.String(), "writing the report: interrupted")
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }
