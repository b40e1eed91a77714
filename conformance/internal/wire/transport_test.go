package wire_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/dmstask/dmstask/conformance/internal/wire"
)

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard) // package http2 logs what servers do wrong
	goleak.VerifyTestMain(m)
}

// A server talks on one connection, which is closed when it returns.
type server func(net.Conn)

// A network has servers in memory, the first for the first connection and so on. The last is for all that follow.
type network struct {
	servers []server
	dialled atomic.Int32
	open    sync.WaitGroup
}

func newNetwork(t *testing.T, servers ...server) *network {
	t.Helper()
	n := &network{servers: servers}
	t.Cleanup(n.open.Wait)
	return n
}

func (n *network) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	serve := n.servers[min(int(n.dialled.Add(1)), len(n.servers))-1]
	n.open.Go(func() {
		defer theirs.Close()
		serve(theirs)
	})
	return ours, nil
}

// answering reads a request of HTTP/1.1, if it is to, and answers with bytes.
func answering(answer string, reads bool) server {
	return func(conn net.Conn) {
		if reads {
			_, _ = http.ReadRequest(bufio.NewReader(conn))
		}
		_, _ = io.WriteString(conn, answer)
	}
}

// silent reads until the client goes.
func silent(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

func newRequest(t *testing.T, method, address string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address+"/a", http.NoBody)
	require.NoError(t, err)
	request.Header.Set("X-Auth-Token", "t")
	request.Header.Set("Keep-Alive", "x") // which is not for HTTP/2
	return request
}

// exchange asks a server once.
func exchange(t *testing.T, transport *wire.Transport, address string) (string, *wire.Response, error) {
	t.Helper()
	transport.Timeout = 10 * time.Second
	sent, response, err := transport.Exchange(t.Context(), newRequest(t, http.MethodDelete, address))
	return string(sent), response, err
}

// TestSlowServers: an answer takes no longer than it may, whatever the server does.
func TestSlowServers(t *testing.T) {
	t.Parallel()
	stalls := func(start string) server {
		return func(conn net.Conn) {
			answering(start, true)(conn)
			silent(conn)
		}
	}
	for name, tc := range map[string]struct {
		server server
		scheme string
		http2  bool
		body   bool // there is an answer, of which the body takes too long
	}{
		"TLS":                   {silent, "https://", false, false},
		"HTTP/2":                {silent, "http://", true, false},
		"no answer":             {silent, "http://", false, false},
		"nothing is read":       {nil, "http://", true, false},
		"in the first word":     {stalls("HTT"), "http://", false, false},
		"in the header section": {stalls("HTTP/1.1 404 No\r\n"), "http://", false, false},
		"in the body":           {stalls("HTTP/1.1 404 No\r\n\r\nx"), "http://", false, true},
		"after an interim one":  {stalls("HTTP/1.1 103 E\r\n\r\n"), "http://", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.server == nil {
				tc.server = func(net.Conn) { <-t.Context().Done() }
			}
			transport := &wire.Transport{
				Timeout: 50 * time.Millisecond, HTTP2: tc.http2, Dial: newNetwork(t, tc.server).dial,
			}
			_, r, err := transport.Exchange(t.Context(), newRequest(t, http.MethodDelete, tc.scheme+"dms.invalid"))
			if tc.body {
				require.NoError(t, err)
				err = r.BodyErr
			}
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.EqualError(t, err, "no answer within 50ms")
		})
	}
}

// TestCancel: the end of the context is the end, whatever the exchange waits for.
func TestCancel(t *testing.T) {
	t.Parallel()
	why := errors.New("enough")
	proxy := func(*url.URL) (*url.URL, error) { return &url.URL{Scheme: "http", Host: "example.com"}, nil }
	for _, transport := range []*wire.Transport{{}, {HTTP2: true}, {HTTP2: true, Proxy: proxy}} {
		ctx, cancel := context.WithCancelCause(t.Context())
		transport.Dial = newNetwork(t, func(conn net.Conn) { cancel(why); silent(conn) }).dial
		transport.Timeout = 10 * time.Second
		_, _, err := transport.Exchange(ctx, newRequest(t, http.MethodDelete, "http://dms.invalid"))
		require.ErrorIs(t, err, why)

		ctx, cancel = context.WithCancelCause(t.Context())
		transport.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			cancel(why)
			<-ctx.Done()
			return nil, ctx.Err()
		}
		_, _, err = transport.Exchange(ctx, newRequest(t, http.MethodDelete, "http://dms.invalid"))
		require.ErrorIs(t, err, why)
	}
}

// TestNetwork: without a function that dials, the network is the machine's.
func TestNetwork(t *testing.T) {
	t.Parallel()
	loopback := httptest.NewServer(http.NotFoundHandler())
	_, r, err := exchange(t, new(wire.Transport), loopback.URL)
	require.NoError(t, err)
	assert.Equal(t, http.StatusNotFound, r.Status)
	loopback.Close()
	sent, _, err := exchange(t, new(wire.Transport), loopback.URL)
	noConnection := (*wire.ConnectError)(nil)
	require.ErrorAs(t, err, &noConnection)
	require.ErrorContains(t, err, "no connection: ")
	require.ErrorContains(t, err, "connection refused")
	assert.Contains(t, sent, "DELETE /a") // what would have been sent
}
