package client_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/dmstask/dmstask/client"
)

// TestMain demands that no test of this package leaves a goroutine behind, and so no connection either.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "made-up-0123456789"

// remote is a host that no test may reach: it is only ever used with a doer instead of the network.
const remote = "https://dms.example.com"

var task = client.TaskRef{
	ProjectID:  "0e5a9c6e2c8f4b1d9a7c3f5e8b2d4a61",
	InstanceID: "69b3e5c4-6b0f-4e0c-9a55-2f6d0c8d7b1e",
	TaskID:     "8abfa7b372160bfd0172165864064079",
}

// once switches retries off.
var once = client.WithRetry(client.RetryPolicy{Attempts: 1})

// usual switches them on for a client of newClient.
var usual = client.WithRetry(client.RetryPolicy{})

// Retry policies with delays that nobody has to wait for.
var (
	twice  = client.RetryPolicy{Attempts: 2, BaseDelay: time.Millisecond}
	thrice = client.RetryPolicy{Attempts: 3, BaseDelay: time.Millisecond}
)

// signed signs requests, in a way that no test looks at.
var signed = client.WithSigner(func(*http.Request) error { return nil })

// path is where task is.
const path = "/v2/0e5a9c6e2c8f4b1d9a7c3f5e8b2d4a61/instances/69b3e5c4-6b0f-4e0c-9a55-2f6d0c8d7b1e" +
	"/tasks/8abfa7b372160bfd0172165864064079"

// sentinels are all meanings that an error can have.
var sentinels = []error{
	client.ErrInvalid, client.ErrNotFound, client.ErrInstanceNotFound, client.ErrUnauthorized, client.ErrForbidden,
	client.ErrBusy, client.ErrThrottled, client.ErrWrongEndpoint, client.ErrUnavailable,
}

// A doer stands in for the network: for what must not be sent, and for answers that no real server can be made to give.
type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(req *http.Request) (*http.Response, error) { return d(req) }

// A transport stands in for the network below an http.Client.
type transport func(*http.Request) (*http.Response, error)

func (r transport) RoundTrip(req *http.Request) (*http.Response, error) { return r(req) }

func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// newClient makes a client that does not try again, unless the options say otherwise: most tests are about one attempt.
func newClient(tb testing.TB, server string, opts ...client.Option) *client.Client {
	tb.Helper()
	c, err := client.New(server, append([]client.Option{once}, opts...)...)
	require.NoError(tb, err)
	return c
}

// newTransport makes a transport for one test. The default one is shared: who closes a server of httptest closes its
// idle connections, also one that another test has just taken.
func newTransport(t *testing.T) *http.Transport {
	t.Helper()
	own := &http.Transport{}
	t.Cleanup(own.CloseIdleConnections)
	return own
}

// serve starts a server for answers that clienttest does not give.
func serve(t *testing.T, handler http.HandlerFunc) (url string) {
	t.Helper()
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	return srv.URL
}

// overTCP starts a server that writes an answer by itself, and then hangs up.
func overTCP(t *testing.T, answer func(*net.TCPConn)) (url string) {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if assert.NoError(t, err) {
			defer conn.Close()
			answer(conn.(*net.TCPConn))
		}
	})
}

// serveRaw starts a server that answers with these bytes and hangs up.
func serveRaw(t *testing.T, response string) (url string) {
	t.Helper()
	return overTCP(t, func(conn *net.TCPConn) { _, _ = io.WriteString(conn, response) })
}

func requireAPIError(t *testing.T, err error, status int) *client.APIError {
	t.Helper()
	var apiErr *client.APIError
	require.ErrorAs(t, err, &apiErr)
	require.Equal(t, status, apiErr.StatusCode)
	return apiErr
}

// requireMeaning demands this sentinel and no other; nil demands none.
func requireMeaning(t *testing.T, want, err error) {
	t.Helper()
	for _, sentinel := range sentinels {
		if sentinel == want { //nolint:errorlint // sentinels themselves are compared, not what wraps them
			require.ErrorIs(t, err, sentinel)
		} else {
			require.NotErrorIs(t, err, sentinel)
		}
	}
}
