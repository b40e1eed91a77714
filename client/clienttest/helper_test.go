package clienttest_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

func newServer(t *testing.T) *clienttest.Server {
	t.Helper()
	srv := clienttest.NewServer()
	t.Cleanup(srv.Close)
	return srv
}

// target is where a task is.
func target(ref client.TaskRef) string {
	return fmt.Sprintf("/v2/%s/instances/%s/tasks/%s", ref.ProjectID, ref.InstanceID, ref.TaskID)
}

// An answer is what a test looks at.
type answer struct {
	status int
	code   string // error_code of a JSON body
	header http.Header
	body   string
	excess string // what came after the answer, until the server hung up
}

// send writes a request by hand: http.Client would clean up the target that a test is about.
func send(t *testing.T, srv *clienttest.Server, method, target, token string) answer {
	t.Helper()
	u, err := url.Parse(srv.URL)
	require.NoError(t, err)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", u.Host)
	require.NoError(t, err)
	defer conn.Close()

	field := ""
	if token != "" {
		field = "X-Auth-Token: " + token + "\r\n"
	}
	_, err = fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n", method, target, u.Host, field)
	require.NoError(t, err)

	r := bufio.NewReader(conn)
	resp, err := http.ReadResponse(r, &http.Request{Method: method})
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	excess, err := io.ReadAll(r)
	require.NoError(t, err)

	var parsed client.Error
	if len(body) > 0 && resp.Header.Get("Content-Type") == "application/json" {
		require.NoError(t, json.Unmarshal(body, &parsed))
		require.NotEmpty(t, parsed.ErrorMsg)
	}
	return answer{resp.StatusCode, parsed.ErrorCode, resp.Header, string(body), string(excess)}
}

func requireAnswer(t *testing.T, got answer, status int, code string) {
	t.Helper()
	require.Equal(t, status, got.status, got.body)
	require.Equal(t, code, got.code, got.body)
	if status != http.StatusNoContent {
		require.Equal(t, []string{"application/json"}, got.header["Content-Type"])
	}
}
