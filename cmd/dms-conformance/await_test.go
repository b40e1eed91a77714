package main

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A plug is a stream that nobody reads, and tells when somebody writes to it.
type plug struct {
	written func()
	pulled  <-chan struct{}
}

func (p plug) Write(b []byte) (int, error) {
	p.written()
	<-p.pulled
	return len(b), nil
}

// TestOutlet: whoever reads slowly is waited for, and after an interruption for a moment only.
func TestOutlet(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		interrupted, read time.Duration // when
		takes             time.Duration
		err               error
	}{
		"read":                     {2 * time.Hour, time.Hour, time.Hour, nil},
		"interrupted":              {time.Hour, 2 * time.Hour, time.Hour + grace, errInterrupted},
		"interrupted, but read":    {time.Hour, time.Hour + grace/2, time.Hour + grace/2, nil},
		"interrupted before, read": {0, grace / 2, grace / 2, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, interrupt := context.WithCancelCause(t.Context())
				pulled := make(chan struct{})
				time.AfterFunc(tc.read, func() { close(pulled) })
				time.AfterFunc(tc.interrupted, func() { interrupt(errInterrupted) })
				synctest.Wait()
				began := time.Now()
				_, err := outlet{ctx, plug{func() {}, pulled}}.Write([]byte("text"))
				assert.Equal(t, tc.takes, time.Since(began))
				require.ErrorIs(t, err, tc.err)
				<-pulled
			})
		})
	}
}

// TestBlockedOutput: a signal ends the command when nobody reads its output, and the report in a file is written.
func TestBlockedOutput(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-v"}, {"--format=json"}, {"--list"}, {"--schema"}, {"--help"}, {"--version"}} {
		t.Run(args[0], func(t *testing.T) {
			t.Parallel()
			ctx, interrupt := context.WithCancelCause(t.Context())
			pulled := make(chan struct{})
			t.Cleanup(func() { close(pulled) })
			file := t.TempDir() + "/report"
			checks := args[0] == "-v" || args[0] == "--format=json"
			if checks {
				args = append(args, "--report=text="+file)
			}
			var stderr strings.Builder
			stdout := plug{func() { interrupt(errInterrupted) }, pulled}
			assert.Equal(t, unchecked, run(ctx, args, lookup(nil), stdout, &stderr))
			assert.Contains(t, stderr.String(), "interrupted")
			if checks {
				assert.Contains(t, read(t, file), "no-secret-echo")
			}
		})
	}
}
