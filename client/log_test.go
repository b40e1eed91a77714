package client_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

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
		c := newClient(t, remote, usual, client.WithToken(token), client.WithHTTPClient(play(echo, reset, deleted)),
			client.WithLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		require.NoError(t, c.DeleteTask(t.Context(), task))

		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		require.Len(t, lines, 5)
		for i, want := range [][]string{
			{
				"level=DEBUG", "attempt=1", "status=503", "code=DMS.111501025", "operation=DeleteBackgroundTask", "method=DELETE",
				"path=" + path, "took=",
			},
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

// TestOnAttempt: what the log tells, as values.
func TestOnAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := func(req *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return status(429, apiError("APIG.0308"), "Retry-After", "7", "X-Request-Id", "r-1")(req)
		}
		var got []client.Attempt
		c := newClient(t, remote, usual, client.WithHTTPClient(play(slow, reset, deleted)),
			client.WithOnAttempt(func(a client.Attempt) { got = append(got, a) }))
		require.NoError(t, c.DeleteTask(t.Context(), task))
		require.NoError(t, rawDelete(t, c, task))
		require.Len(t, got, 4)
		require.ErrorIs(t, got[0].Err, client.ErrThrottled)
		require.ErrorIs(t, got[1].Err, syscall.ECONNRESET)
		got[0].Err, got[1].Err, got[1].Delay = nil, nil, 0 // which is random
		attempt := client.Attempt{
			Operation: "DeleteBackgroundTask", Method: http.MethodDelete, Host: "dms.example.com", Path: path,
		}
		want := []client.Attempt{attempt, attempt, attempt, attempt}
		want[0].Number, want[0].StatusCode, want[0].Code, want[0].RequestID = 1, 429, "APIG.0308", "r-1"
		want[0].Duration, want[0].Retried, want[0].Delay = time.Second, true, 7*time.Second
		want[1].Number, want[1].Retried = 2, true
		want[2].Number, want[2].StatusCode = 3, 204
		want[3].Number, want[3].StatusCode = 1, 204
		assert.Equal(t, want, got)
	})
}
