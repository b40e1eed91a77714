package main

import (
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// newTerminal returns a terminal for the command, and what a person sees there once the command is through.
func newTerminal(t *testing.T) (terminal *os.File, seen func() string) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = person.Close() })
	fd := int(person.Fd())
	require.NoError(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	require.NoError(t, err)
	terminal, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	return terminal, func() string {
		require.NoError(t, terminal.Close())
		content, _ := io.ReadAll(person) // the error is that nobody is there any more
		return string(content)
	}
}

// TestTerminal: colours and progress are for terminals that can show them.
func TestTerminal(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		variable         string
		colors, progress bool
	}{
		"xterm":     {"TERM=xterm", true, true},
		"dumb":      {"TERM=dumb", false, false},
		"no colour": {"NO_COLOR=1", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, env := newServer(t)
			server.Wrap(func(http.Handler) http.Handler {
				return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			})
			variable, value, _ := strings.Cut(tc.variable, "=")
			env[variable] = value
			stdout, printed := newTerminal(t)
			stderr, shown := newTerminal(t)
			// An answer has a sixth of the time, which is long enough for the progress to be shown.
			assert.Equal(t, unchecked, run(t.Context(), []string{"--timeout=4s"}, lookup(env), stdout, stderr))
			assert.Equal(t, tc.colors, strings.Contains(printed(), "\x1b["))
			assert.Equal(t, tc.progress, strings.Contains(shown(), "\r\x1b[K"))
		})
	}
}
