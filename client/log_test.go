package client_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

func TestLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		echo := func(req *http.Request) (*http.Response, error) {
			return status(503, `{"error_code":"DMS.111501025","error_msg":"`+req.Header.Get("X-Auth-Token")+`"}`,
				"X-Request-Id", req.Header.Get("X-Auth-Token"))(req)
		}
		var out bytes.Buffer
		c, err := client.New(remote, client.WithToken(token), client.WithHTTPClient(play(echo, reset, deleted)),
			client.WithLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		require.NoError(t, err)
		require.NoError(t, c.DeleteTask(t.Context(), task))

		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		require.Len(t, lines, 5)
		for i, want := range [][]string{
			{"level=DEBUG", "attempt=1", "status=503", "code=DMS.111501025", "method=DELETE", "path=" + path, "took="},
			{"level=WARN", "attempt=1", "status=503", "delay="},
			{"level=DEBUG", "attempt=2", "connection reset"},
			{"level=WARN", "attempt=2", "connection reset", "delay="},
			{"level=DEBUG", "attempt=3", "status=204"},
		} {
			for _, says := range want {
				assert.Contains(t, lines[i], says)
			}
		}
		assert.NotContains(t, out.String(), token)
	})
}

// TestLogLevel: a logger that does not want debug gets the retries alone; no logger at all is fine too.
func TestLogLevel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		for _, logger := range []*slog.Logger{slog.New(slog.NewTextHandler(&out, nil)), nil} {
			c, err := client.New(remote, client.WithHTTPClient(play(down, deleted)), client.WithLogger(logger))
			require.NoError(t, err)
			require.NoError(t, c.DeleteTask(t.Context(), task))
		}
		assert.Equal(t, 1, strings.Count(out.String(), "\n"))
		assert.Contains(t, out.String(), "will try again")
	})
}
