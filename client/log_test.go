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

// TestLog: the log and the hook tell of every attempt, and of no credential.
func TestLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		echo := func(req *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return status(503, `{"error_code":"DMS.111501025","error_msg":"`+token+`"}`,
				"X-Request-Id", token, "Retry-After", "7")(req)
		}
		var out bytes.Buffer
		var got []client.Attempt
		c := newClient(t, remote, usual, client.WithToken(token), client.WithHTTPClient(play(echo, reset, deleted)),
			client.WithLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))),
			client.WithOnAttempt(func(a client.Attempt) { got = append(got, a) }))
		require.NoError(t, c.DeleteTask(t.Context(), task))
		require.NoError(t, rawDelete(t, c, task))

		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		require.Len(t, lines, 6)
		for i, want := range [][]string{
			{
				"level=DEBUG", "attempt=1", "status=503", "code=DMS.111501025", "operation=DeleteBackgroundTask", "method=DELETE",
				"path=" + path, "took=1s",
			},
			{"level=WARN", "attempt=1", "status=503", "delay=7s"},
			{"level=DEBUG", "attempt=2", "connection reset"},
			{"level=WARN", "attempt=2", "connection reset", "delay="},
			{"level=DEBUG", "attempt=3", "status=204"},
		} {
			for _, says := range want {
				assert.Contains(t, lines[i], says)
			}
		}
		assert.NotContains(t, out.String(), token)

		require.Len(t, got, 4)
		require.ErrorIs(t, got[0].Err, client.ErrUnavailable)
		require.ErrorIs(t, got[1].Err, syscall.ECONNRESET)
		got[0].Err, got[1].Err, got[1].Delay = nil, nil, 0 // which is random
		attempt := client.Attempt{
			Operation: "DeleteBackgroundTask", Method: http.MethodDelete, Host: "dms.example.com", Path: path,
		}
		want := []client.Attempt{attempt, attempt, attempt, attempt}
		want[0].Number, want[0].StatusCode, want[0].Code, want[0].RequestID = 1, 503, "DMS.111501025", "[redacted]"
		want[0].Duration, want[0].Retried, want[0].Delay = time.Second, true, 7*time.Second
		want[1].Number, want[1].Retried = 2, true
		want[2].Number, want[2].StatusCode = 3, 204
		want[3].Number, want[3].StatusCode = 1, 204
		assert.Equal(t, want, got)
	})
}
