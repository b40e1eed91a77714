package client_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/dmstask/dmstask/client"
)

// TestMain demands that no test of this package leaves a goroutine behind, and so no connection either.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	// stallTimeout bounds an attempt where the server stalls; everywhere else an attempt has patience, which it does
	// not need, so that a slow machine cannot make a test fail.
	stallTimeout = 250 * time.Millisecond
	patience     = 20 * time.Second

	missing = "HTTP/1.1 404 Not Found\r\nContent-Length: 46\r\n\r\n" + `{"error_code":"DMS.00404001","error_msg":"No"}`
)

// Retry policies of the suite: delays are there, but nobody wants to wait for them.
var (
	twice  = client.RetryPolicy{Attempts: 2, BaseDelay: time.Millisecond}
	thrice = client.RetryPolicy{Attempts: 3, BaseDelay: time.Millisecond}
)

// TestSockets: what becomes of a call when a server is faulty. Every case has its own sockets on loopback, and says how
// many whole requests arrived, and what the caller was told. TestCutAnswers has servers that hang up.
func TestSockets(t *testing.T) {
	t.Parallel()
	stalls := breaks(context.DeadlineExceeded)
	for name, tc := range map[string]struct {
		serve    func(*peer)
		timeout  time.Duration
		requests int32 // that arrived whole
		want     check
	}{
		"reset":                    {func(p *peer) { p.request(); p.reset() }, patience, 3, breaks(syscall.ECONNRESET)},
		"stalls before the answer": {func(p *peer) { p.request(); p.silence() }, stallTimeout, 3, stalls},
		"stalls in the body of a 404": {
			func(p *peer) { p.request(); p.send(strings.TrimSuffix(missing, "}")); p.silence() }, stallTimeout, 3,
			answers(404, nil, context.DeadlineExceeded, "cut off or broken after 45 bytes"),
		},
		"endless headers": {func(p *peer) {
			p.request()
			p.send("HTTP/1.1 503 Service Unavailable\r\n")
			p.flood("X-Filler: " + strings.Repeat("x", 1000) + "\r\n")
		}, patience, 3, says("headers exceeded 65536 bytes")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := overTCP(t, tc.serve)
			c := newClient(t, s.url, client.WithRetry(thrice), client.WithTimeout(tc.timeout))
			tc.want(t, c.DeleteTask(t.Context(), task))
			s.stop() // a request may be read after its call has ended
			assert.Equal(t, tc.requests, s.requests.Load(), "requests")
		})
	}
}

const chunked = "Transfer-Encoding: chunked\r\n\r\n"

// A check is what is demanded of the result of a call.
type check func(*testing.T, error)

func succeeds(t *testing.T, err error) {
	t.Helper()
	require.NoError(t, err)
}

// answers demands an answer with this status and meaning; cause and text are left out where they are nil and "".
func answers(status int, meaning, cause error, text string) check {
	return func(t *testing.T, err error) {
		t.Helper()
		requireStatus(t, err, status)
		requireMeaning(t, meaning, err)
		if cause != nil {
			require.ErrorIs(t, err, cause)
		}
		require.ErrorContains(t, err, text)
	}
}

// breaks demands an error that is no answer, for this cause.
func breaks(cause error) check {
	return func(t *testing.T, err error) {
		t.Helper()
		requireNoAnswer(t, err)
		require.ErrorIs(t, err, cause)
	}
}

// says demands an error that is no answer, and that can be told by its text only.
func says(text string) check {
	return func(t *testing.T, err error) {
		t.Helper()
		requireNoAnswer(t, err)
		require.ErrorContains(t, err, text)
	}
}

func requireNoAnswer(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	require.NotErrorAs(t, err, new(*client.APIError))
	requireMeaning(t, nil, err)
	require.Equal(t, 1, strings.Count(err.Error(), string(task.TaskID)), "the IDs are named once")
}

// A site is where the server of a case is, and what arrived there.
type site struct {
	url      string
	requests atomic.Int32
	stop     func() // waits for those that are under way; may be called twice
}

// overTCP has serve talk to every connection, and hangs up when it returns.
func overTCP(t *testing.T, serve func(*peer)) *site {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &site{url: "http://" + listener.Addr().String()}
	var peers sync.WaitGroup
	peers.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // it is closed
			}
			peers.Go(func() {
				defer conn.Close()
				// A client that does not hang up must not hold up the test for ever.
				_ = conn.SetDeadline(time.Now().Add(4 * patience))
				serve(&peer{Conn: conn, t: t, site: s, in: bufio.NewReader(conn)})
			})
		}
	})
	s.stop = func() {
		_ = listener.Close()
		peers.Wait()
	}
	t.Cleanup(s.stop)
	return s
}

// A peer is the server's end of a connection.
type peer struct {
	net.Conn

	t    *testing.T
	site *site
	in   *bufio.Reader
}

// request reads a request, if one comes.
func (p *peer) request() {
	if req, err := http.ReadRequest(p.in); err == nil {
		_, _ = io.Copy(io.Discard, req.Body)
		p.site.requests.Add(1)
	}
}

// send writes to a client, which may have gone.
func (p *peer) send(parts ...string) { _, _ = io.WriteString(p, strings.Join(parts, "")) }

// flood sends a part for ever, or so it seems, which the client is to end. What the sockets hold by themselves is a few
// MiB.
func (p *peer) flood(part string) {
	for sent := 0; sent < 64<<20; sent += len(part) {
		if _, err := io.WriteString(p, part); err != nil {
			return
		}
	}
	p.t.Error("the client must hang up")
}

// silence lasts until the client hangs up.
func (p *peer) silence() { _, _ = io.Copy(io.Discard, p.in) }

// reset has the kernel send RST.
func (p *peer) reset() {
	if tcp, ok := p.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = p.Close()
}
