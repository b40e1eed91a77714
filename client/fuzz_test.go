package client_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

// The contract tests have a fuzz target for IDs, package retryafter one for its field, and package secret one for
// redaction.

// FuzzAnswer: whatever a server answers, nil is a 204 and an error is one short line.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{"", apiError("DMS.00404001"), `{"error_code":"\u001b[2J"}`, "\xff", "<html>", "[[[["} {
		f.Add(404, body, "r-1", "7", "/elsewhere")
		f.Add(301, body, "\x1b", "Fri, 31 Dec 9999 23:59:59 GMT", "http://[x")
	}
	f.Add(204, "", "", "", "")
	f.Fuzz(func(t *testing.T, code int, body, requestID, retryAfter, location string) {
		c := newClient(t, remote, client.WithToken(token), client.WithHTTPClient(play(
			status(code, body, "X-Request-Id", requestID, "Retry-After", retryAfter, "Location", location))))
		err := c.DeleteTask(t.Context(), task)
		if code == http.StatusNoContent {
			require.NoError(t, err)
			return
		}
		answer := requireAPIError(t, err, code)
		require.GreaterOrEqual(t, answer.RetryAfter, time.Duration(0))
		require.Less(t, len(err.Error()), 4000)
		require.False(t, strings.ContainsFunc(err.Error(), func(r rune) bool { return !unicode.IsPrint(r) }), err)
		n := 0
		for _, sentinel := range sentinels {
			if answer.Is(sentinel) {
				n++
			}
		}
		require.LessOrEqual(t, n, 1)
	})
}

// FuzzServer: what New takes for an endpoint leads every request to the path of the contract, and to no other.
func FuzzServer(f *testing.F) {
	for _, server := range []string{
		remote, remote + "/a/../b", remote + "/v2", "https://0::", "https://[::1]:80/%2e%2e/x", "http://u:p@h?q#f",
		"https://h//x;y",
	} {
		f.Add(server)
	}
	f.Fuzz(func(t *testing.T, server string) {
		wire := play(deleted)
		c, err := client.New(server, client.WithHTTPClient(wire))
		if err != nil {
			require.ErrorIs(t, err, client.ErrInvalid)
			return
		}
		require.NoError(t, c.DeleteTask(t.Context(), task))
		require.NoError(t, rawDelete(t, c, task))
		ours, generated := wire.requests[0].URL, wire.requests[1].URL
		require.Equal(t, generated.String(), ours.String())
		require.True(t, strings.HasSuffix(ours.EscapedPath(), path))
		require.NotEmpty(t, ours.Hostname())
		require.Nil(t, ours.User)
		require.Empty(t, ours.RawQuery+ours.Fragment)
		require.NotContains(t, ours.EscapedPath(), "/../")
	})
}
