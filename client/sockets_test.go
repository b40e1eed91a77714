package client_test

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
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

// TestMain demands that no test of this package leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	// stallTimeout bounds an attempt where the server stalls; everywhere else an attempt has patience, which it does
	// not need, so that a slow machine cannot make a test fail.
	stallTimeout = 250 * time.Millisecond
	patience     = 10 * time.Second

	gone        = "HTTP/1.1 204 No Content\r\n\r\n"
	unavailable = "HTTP/1.1 503 Service Unavailable\r\n"
	missing     = "HTTP/1.1 404 Not Found\r\nContent-Length: 46\r\n\r\n" + `{"error_code":"DMS.00404001","error_msg":"No"}`
	filler      = "X-Filler: 0123456789012345678901234567890123456789\r\n"
)

// Retry policies of the suite: delays are there, but nobody wants to wait for them.
var (
	twice  = client.RetryPolicy{Attempts: 2, BaseDelay: time.Millisecond}
	thrice = client.RetryPolicy{Attempts: 3, BaseDelay: time.Millisecond}
	never  = client.RetryPolicy{Attempts: 1}
)

// TestSockets: what becomes of a call when the way to the server, or the server, is faulty. Every case has its own
// sockets on loopback, and says how many connections the client opened, how many whole requests arrived, and what the
// caller was told. No connection is left open by the client.
func TestSockets(t *testing.T) {
	t.Parallel()
	tests := map[string]socketCase{
		"connection refused": {start: refuseConnections, dials: 3, want: breaks(syscall.ECONNREFUSED)},
		"reset before the request is read": {
			start: overTCP(func(p *peer) { p.reset() }),
			dials: 3, want: breaks(syscall.ECONNRESET, syscall.EPIPE),
		},
		"reset within the request": {
			start: overTCP(func(p *peer) { p.begun(); p.reset() }),
			dials: 3, want: breaks(syscall.ECONNRESET, syscall.EPIPE),
		},
		"reset after the request was read": {
			start: overTCP(func(p *peer) { p.request(); p.reset() }),
			dials: 3, requests: 3, want: breaks(syscall.ECONNRESET),
		},
		"reset with retries off": {
			start: overTCP(func(p *peer) { p.request(); p.reset() }), policy: never,
			dials: 1, requests: 1, want: breaks(syscall.ECONNRESET),
		},
		"reset once": {
			start: overTCP(func(p *peer) {
				p.request()
				if p.nth == 1 {
					p.reset()
					return
				}
				p.send(gone)
			}),
			dials: 2, requests: 2, want: succeeds,
		},
		"reset after the task was deleted": {
			start: overTCP(func(p *peer) {
				p.request()
				if p.nth == 1 {
					p.reset()
					return
				}
				p.send(missing)
			}),
			dials: 2, requests: 2, want: succeeds,
		},
		"hung up in place of an answer": {
			start: overTCP(func(p *peer) { p.request() }),
			dials: 3, requests: 3, want: breaks(io.EOF),
		},

		"listens, never accepts": {
			start: neverAccept, policy: twice, timeout: stallTimeout,
			dials: 2, want: breaks(context.DeadlineExceeded),
		},
		"accepts and says nothing": {
			start: overTCP((*peer).silence), policy: twice, timeout: stallTimeout,
			dials: 2, want: breaks(context.DeadlineExceeded),
		},
		"accepts and says nothing, TLS": {
			start: overTLS(overTCP((*peer).silence)), policy: twice, timeout: stallTimeout,
			handshake: 2 * stallTimeout, // a handshake goes on when its request has ended
			dials:     2, want: breaks(context.DeadlineExceeded),
		},
		"stalls before the answer": {
			start: overTCP(func(p *peer) { p.request(); p.silence() }), policy: twice, timeout: stallTimeout,
			dials: 2, requests: 2, want: breaks(context.DeadlineExceeded),
		},
		"stalls in the headers": {
			start:  overTCP(func(p *peer) { p.request(); p.send("HTTP/1.1 204 No Content\r\nX-", "Half: "); p.silence() }),
			policy: twice, timeout: stallTimeout,
			dials: 2, requests: 2, want: breaks(context.DeadlineExceeded),
		},
		"stalls in the body": {
			start: overTCP(func(p *peer) {
				p.request()
				p.send(unavailable, "Content-Length: 200\r\n\r\n", `{"error_code":`)
				p.silence()
			}),
			policy: twice, timeout: stallTimeout,
			dials: 2, requests: 2, want: answers(503, client.ErrUnavailable, context.DeadlineExceeded, ""),
		},
		"stalls in the body of a 200": {
			start:  overTCP(func(p *peer) { p.request(); p.send("HTTP/1.1 200 OK\r\n\r\n{"); p.silence() }),
			policy: twice, timeout: stallTimeout,
			dials: 1, requests: 1, want: answers(200, nil, context.DeadlineExceeded, ""),
		},
		"stalls once": {
			start: overTCP(func(p *peer) {
				p.request()
				if p.nth == 1 {
					p.silence()
					return
				}
				p.send(gone)
			}),
			policy: client.RetryPolicy{Attempts: 9, BaseDelay: time.Millisecond}, timeout: stallTimeout,
			dials: 2, requests: 2, want: succeeds,
		},

		"headers cut off": {
			start: overTCP(func(p *peer) { p.request(); p.send("HTTP/1.1 204 No Content\r\nX-Half: ") }),
			dials: 3, requests: 3, want: breaks(io.ErrUnexpectedEOF),
		},
		"body cut off by length": {
			start: overTCP(func(p *peer) { p.request(); p.send(unavailable, "Content-Length: 200\r\n\r\n", `{"error`) }),
			dials: 3, requests: 3, want: answers(503, client.ErrUnavailable, io.ErrUnexpectedEOF, ""),
		},
		"body cut off in a chunk": {
			start: overTCP(func(p *peer) { p.request(); p.send(unavailable, chunked, "ff\r\n", `{"error`) }),
			dials: 3, requests: 3, want: answers(503, client.ErrUnavailable, io.ErrUnexpectedEOF, ""),
		},
		"body cut off before the last chunk": {
			start: overTCP(func(p *peer) { p.request(); p.send(unavailable, chunked, "2\r\n{}\r\n") }),
			dials: 3, requests: 3, want: answers(503, client.ErrUnavailable, io.ErrUnexpectedEOF, ""),
		},

		"endless headers": {
			start: overTCP(func(p *peer) { p.request(); p.send(unavailable); p.flood(filler) }),
			own:   true, requests: 3, want: says("headers exceeded 65536 bytes"),
		},
		"endless header": {
			start: overTCP(func(p *peer) { p.request(); p.send(unavailable, "X: "); p.flood(strings.Repeat("x", 4096)) }),
			own:   true, requests: 3, want: says("headers exceeded 65536 bytes"),
		},
		"endless interim answers": {
			start: overTCP(func(p *peer) { p.request(); p.flood("HTTP/1.1 103 Early Hints\r\n" + filler + "\r\n") }),
			own:   true, requests: 3, want: says("headers exceeded 65536 bytes"),
		},
		"endless body": {
			start: overTCP(func(p *peer) { p.request(); p.send(unavailable, "\r\n"); p.flood(strings.Repeat("x", 4096)) }),
			dials: 3, requests: 3, want: answers(503, client.ErrUnavailable, nil, "longer than 65536 bytes"),
		},
		"endless chunk": {
			start: overTCP(func(p *peer) {
				p.request()
				p.send(unavailable, chunked, "7fffffff\r\n")
				p.flood(strings.Repeat("x", 4096))
			}),
			dials: 3, requests: 3, want: answers(503, client.ErrUnavailable, nil, "longer than 65536 bytes"),
		},

		"interim 100": {
			start: overTCP(func(p *peer) { p.request(); p.send("HTTP/1.1 100 Continue\r\n\r\n", gone) }),
			dials: 1, requests: 1, want: succeeds,
		},
		"interim 103": {
			start: overTCP(func(p *peer) {
				p.request()
				p.send("HTTP/1.1 103 Early Hints\r\nLink: </>; rel=preload\r\n\r\n", gone)
			}),
			dials: 1, requests: 1, want: succeeds,
		},
		"interim 100 and 103, then 404": {
			start: overTCP(func(p *peer) {
				p.request()
				p.send("HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n", missing)
			}),
			dials: 1, requests: 1, want: answers(404, client.ErrNotFound, nil, "DMS.00404001"),
		},
		"interim 100, then nothing": {
			start:  overTCP(func(p *peer) { p.request(); p.send("HTTP/1.1 100 Continue\r\n\r\n"); p.silence() }),
			policy: twice, timeout: stallTimeout,
			dials: 2, requests: 2, want: breaks(context.DeadlineExceeded),
		},
		"byte by byte": {
			start: overTCP(func(p *peer) { p.request(); p.send(strings.Split(missing, "")...) }),
			dials: 1, requests: 1, want: answers(404, client.ErrNotFound, nil, "DMS.00404001"),
		},
		"answered before the request is read": {
			start: overTCP(func(p *peer) { p.begun(); p.send(gone); p.request() }),
			dials: 1, requests: 1, want: succeeds,
		},
		"503 before the request is read": {
			start: overTCP(func(p *peer) { p.begun(); p.send(unavailable, "Connection: close\r\n\r\n"); p.request() }),
			dials: 3, requests: 3, want: answers(503, client.ErrUnavailable, nil, ""),
		},
		// The second answer belongs to no request, and least of all to the next one.
		"two answers at once": {
			start: overTCP(func(p *peer) {
				if p.nth == 1 {
					p.request()
					p.send(gone + gone)
					p.silence()
					return
				}
				p.request()
				p.send(missing)
			}),
			settle: true, dials: 2, requests: 2, want: succeeds,
			then: []check{answers(404, client.ErrNotFound, nil, "DMS.00404001")},
		},

		"closed after every answer": {
			start: overTCP(func(p *peer) { p.request(); p.send(gone) }),
			dials: 5, requests: 5, want: succeeds, then: []check{succeeds, succeeds, succeeds, succeeds},
		},
		"closed after every answer, retries off": {
			start: overTCP(func(p *peer) { p.request(); p.send(gone) }), policy: never,
			settle: true, dials: 3, requests: 3, want: succeeds, then: []check{succeeds, succeeds},
		},
		"closed after every answer as announced, retries off": {
			start:  overTCP(func(p *peer) { p.request(); p.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n") }),
			policy: never, dials: 3, requests: 3, want: succeeds, then: []check{succeeds, succeeds},
		},
		"closed as the next request arrives": {
			start: overTCP(func(p *peer) { p.request(); p.send(gone); p.begun() }),
			dials: 3, requests: 3, want: succeeds, then: []check{succeeds, succeeds},
		},
		"reset as the next request arrives": {
			start: overTCP(func(p *peer) { p.request(); p.send(gone); p.begun(); p.reset() }),
			dials: 3, requests: 3, want: succeeds, then: []check{succeeds, succeeds},
		},
		// As load balancers do with an idle connection.
		"closed with an unasked 408": {
			start: overTCP(func(p *peer) {
				p.request()
				p.send(gone)
				p.send("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n")
			}),
			dials: 3, requests: 3, want: succeeds, then: []check{succeeds, succeeds},
		},
		"kept alive": {
			start: overHTTP(deletes), policy: never,
			dials: 1, requests: 3, want: succeeds, then: []check{succeeds, succeeds},
		},

		"certificate not trusted": {
			start: untrusted(overHTTP2(deletes)),
			dials: 1, want: breaksAs(new(*tls.CertificateVerificationError), new(x509.UnknownAuthorityError)),
		},
		"TLS expected, none spoken": {
			start:  overTLS(overTCP(func(p *peer) { p.begun(); p.send("HTTP/1.1 400 Bad Request\r\n\r\n") })),
			policy: twice, dials: 2, want: breaks(errAny),
		},

		"HTTP/2": {
			start: overHTTP2(deletes), policy: never,
			dials: 1, requests: 3, want: succeeds, then: []check{succeeds, succeeds},
		},
		"HTTP/2, 503 twice": {
			start: overHTTP2(fails503(2)),
			dials: 1, requests: 3, want: succeeds,
		},
		"HTTP/2, stream reset": {
			start: overHTTP2(aborts),
			dials: 1, requests: 3, want: says("stream error"),
		},
		"HTTP/2, stream reset once": {
			start: overHTTP2(func(w http.ResponseWriter, r *http.Request, nth int32) {
				if nth == 1 {
					aborts(w, r, nth)
				}
				deletes(w, r, nth)
			}),
			dials: 1, requests: 2, want: succeeds,
		},
		"HTTP/2, stream reset in the body": {
			start: overHTTP2(func(w http.ResponseWriter, r *http.Request, nth int32) {
				w.WriteHeader(http.StatusServiceUnavailable)
				_, _ = io.WriteString(w, `{"error_code":`)
				_ = http.NewResponseController(w).Flush()
				aborts(w, r, nth)
			}),
			dials: 1, requests: 3, want: answers(503, client.ErrUnavailable, nil, "stream error"),
		},
		"HTTP/2, GOAWAY after every answer, retries off": {
			start: overHTTP2(func(w http.ResponseWriter, _ *http.Request, _ int32) {
				w.Header().Set("Connection", "close") // HTTP/2 has no such field: the server says GOAWAY
				w.WriteHeader(http.StatusNoContent)
			}),
			policy: never, settle: true, dials: 3, requests: 3, want: succeeds, then: []check{succeeds, succeeds},
		},
		"HTTP/2, stalls": {
			start:  overHTTP2(func(_ http.ResponseWriter, r *http.Request, _ int32) { <-r.Context().Done() }),
			policy: twice, timeout: stallTimeout,
			dials: 1, requests: 2, want: breaks(context.DeadlineExceeded),
		},
		"HTTP/2, endless body": {
			start: overHTTP2(func(w http.ResponseWriter, _ *http.Request, _ int32) {
				w.WriteHeader(http.StatusServiceUnavailable)
				if !flood(w, strings.Repeat("x", 4096)) {
					t.Error("HTTP/2: the client must end the stream")
				}
			}),
			dials: 1, requests: 3, want: answers(503, client.ErrUnavailable, nil, "longer than 65536 bytes"),
		},
	}
	const attempts = 4 // as is the default
	for n := range int32(6) {
		tt := socketCase{
			start: overHTTP(fails503(n)), policy: client.RetryPolicy{BaseDelay: time.Millisecond},
			dials: 1, requests: n + 1, want: succeeds,
		}
		if n >= attempts {
			tt.requests, tt.want = attempts, answers(503, client.ErrUnavailable, nil, "after 4 attempts")
		}
		tests[fmt.Sprintf("503 %d times", n)] = tt
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.run(t)
		})
	}
}

const chunked = "Transfer-Encoding: chunked\r\n\r\n"

// A socketCase is a server, what the client is told to do, and what is to become of it.
type socketCase struct {
	start     starter
	policy    client.RetryPolicy // thrice, if it is zero
	timeout   time.Duration      // of an attempt
	handshake time.Duration      // the most that a TLS handshake may take
	own       bool               // the client has its own transport, whose connections nobody can count

	dials    int32 // connections that the client opened
	requests int32 // requests that arrived whole

	want   check   // what the call comes to
	then   []check // and calls after it
	settle bool    // before the next call, the client has seen that the connection is closed
}

func (tt socketCase) run(t *testing.T) {
	t.Helper()
	s := &site{}
	tt.start(t, s)
	t.Cleanup(s.stop)
	wire := tap(s.roots)
	wire.TLSHandshakeTimeout = cmp.Or(tt.handshake, patience)
	opts := []client.ClientOption{
		client.WithTimeout(cmp.Or(tt.timeout, 2*patience)), // connections must not wait for it to be closed
		client.WithRetry(cmp.Or(tt.policy, thrice)),
	}
	if !tt.own {
		opts = append(opts, client.WithHTTPClient(&http.Client{Transport: wire}))
	}
	c, err := client.New(s.url, opts...)
	require.NoError(t, err)

	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	defer cancel()
	tt.want(t, c.DeleteTask(ctx, task))
	for _, want := range tt.then {
		if tt.settle {
			wire.requireClosed(t, nil)
		}
		want(t, c.DeleteTask(ctx, task))
	}
	require.NoError(t, ctx.Err(), "a call must end by itself")
	wire.closeIdle(t)
	s.stop() // a request may be read after its call has ended
	assert.Equal(t, tt.dials, wire.dials.Load(), "connections")
	assert.Equal(t, tt.requests, s.requests.Load(), "requests")
}

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

// breaks demands an error that is no answer, for one of these causes.
func breaks(causes ...error) check {
	return func(t *testing.T, err error) {
		t.Helper()
		requireNoAnswer(t, err)
		for _, cause := range causes {
			if errors.Is(err, cause) || errors.Is(cause, errAny) {
				return
			}
		}
		require.Failf(t, "another cause", "%v (%T)", err, errors.Unwrap(err))
	}
}

func breaksAs(targets ...any) check {
	return func(t *testing.T, err error) {
		t.Helper()
		requireNoAnswer(t, err)
		for _, target := range targets {
			require.ErrorAs(t, err, target)
		}
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
}

// A site is where the server of a case is, and what arrived there.
type site struct {
	url      string
	roots    *x509.CertPool // whom the client trusts
	requests atomic.Int32
	stop     func() // waits for those that are under way; may be called twice
}

// A starter starts the server of a case.
type starter func(*testing.T, *site)

// A handler is an http.HandlerFunc that knows which request it has, counted from 1.
type handler func(w http.ResponseWriter, r *http.Request, nth int32)

func deletes(w http.ResponseWriter, _ *http.Request, _ int32) { w.WriteHeader(http.StatusNoContent) }

func aborts(http.ResponseWriter, *http.Request, int32) { panic(http.ErrAbortHandler) }

// fails503 answers 503 n times, and 204 from then on.
func fails503(n int32) handler {
	return func(w http.ResponseWriter, _ *http.Request, nth int32) {
		if nth > n {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, apiError("DMS.111501025"))
	}
}

func (h handler) unstarted(s *site) *httptest.Server {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h(w, r, s.requests.Add(1))
	}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells of faults that are made on purpose
	return srv
}

func overHTTP(h handler) starter {
	return func(t *testing.T, s *site) {
		t.Helper()
		srv := h.unstarted(s)
		srv.Start()
		s.url, s.stop = srv.URL, srv.Close
	}
}

func overHTTP2(h handler) starter {
	return func(t *testing.T, s *site) {
		t.Helper()
		srv := handler(func(w http.ResponseWriter, r *http.Request, nth int32) {
			if r.ProtoMajor != 2 {
				t.Errorf("%s in place of HTTP/2", r.Proto)
			}
			h(w, r, nth)
		}).unstarted(s)
		srv.EnableHTTP2 = true
		srv.StartTLS()
		s.url, s.stop, s.roots = srv.URL, srv.Close, x509.NewCertPool()
		s.roots.AddCert(srv.Certificate())
	}
}

// overTLS has the client speak TLS to a server.
func overTLS(start starter) starter {
	return func(t *testing.T, s *site) {
		t.Helper()
		start(t, s)
		s.url = "https" + strings.TrimPrefix(s.url, "http")
	}
}

// untrusted has the client not trust a server.
func untrusted(start starter) starter {
	return func(t *testing.T, s *site) {
		t.Helper()
		start(t, s)
		s.roots = nil
	}
}

// overTCP has serve talk to every connection, and hangs up when it returns.
func overTCP(serve func(*peer)) starter {
	return func(t *testing.T, s *site) {
		t.Helper()
		listener := listen(t, s)
		var peers sync.WaitGroup
		peers.Go(func() {
			for nth := 1; ; nth++ {
				conn, err := listener.Accept()
				if err != nil {
					return // it is closed
				}
				peers.Go(func() {
					defer conn.Close()
					// A client that does not hang up must not hold up the test for ever.
					_ = conn.SetDeadline(time.Now().Add(4 * patience))
					serve(&peer{Conn: conn, nth: nth, t: t, site: s, in: bufio.NewReader(conn)})
				})
			}
		})
		s.stop = func() {
			_ = listener.Close()
			peers.Wait()
		}
	}
}

// neverAccept leaves the connections to the kernel, which takes them.
func neverAccept(t *testing.T, s *site) {
	t.Helper()
	listener := listen(t, s)
	s.stop = func() { _ = listener.Close() }
}

// refuseConnections gives the address of the near end of a connection: nobody listens there, and nobody else can.
func refuseConnections(t *testing.T, s *site) {
	t.Helper()
	listener := listen(t, s)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", listener.Addr().String())
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	s.stop = func() { _ = conn.Close() }
	s.url = "http://" + conn.LocalAddr().String()
}

func listen(t *testing.T, s *site) net.Listener {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.url = "http://" + listener.Addr().String()
	return listener
}

// A peer is the server's end of a connection.
type peer struct {
	net.Conn

	nth  int // of the connections, counted from 1
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

// begun waits for the first byte of a request, which is still to be read.
func (p *peer) begun() { _, _ = p.in.Peek(1) }

func (p *peer) send(parts ...string) {
	for _, part := range parts {
		if _, err := io.WriteString(p, part); err != nil {
			return // the client has gone
		}
	}
}

// flood sends a part for ever, which the client is to end.
func (p *peer) flood(part string) {
	if !flood(p, part) {
		p.t.Error("the client must hang up")
	}
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

// A tapped transport knows its connections.
type tapped struct {
	*http.Transport

	dials atomic.Int32
	mu    sync.Mutex
	open  []*tappedConn
}

type tappedConn struct {
	net.Conn

	closed func()
	done   chan struct{}
}

func (c *tappedConn) Close() error {
	c.closed()
	return c.Conn.Close()
}

func tap(roots *x509.CertPool) *tapped {
	wire := &tapped{}
	wire.Transport = &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			wire.dials.Add(1)
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			done := make(chan struct{})
			c := &tappedConn{conn, sync.OnceFunc(func() { close(done) }), done}
			wire.mu.Lock()
			defer wire.mu.Unlock()
			wire.open = append(wire.open, c)
			return c, nil
		},
		TLSClientConfig:   &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2: true,
	}
	return wire
}

// closeIdle has the client close the connections that it keeps, and demands that these were all. The transport of
// HTTP/2 has a little to do when a stream has ended, and then must be told again.
func (w *tapped) closeIdle(t *testing.T) {
	t.Helper()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	w.requireClosed(t, again.C)
}

// requireClosed waits until all connections are closed, and closes idle ones whenever it is told to.
func (w *tapped) requireClosed(t *testing.T, closeIdle <-chan time.Time) {
	t.Helper()
	w.mu.Lock()
	open := w.open
	w.open = nil
	w.mu.Unlock()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for len(open) > 0 {
		select {
		case <-open[0].done:
			open = open[1:]
		case <-closeIdle:
			w.CloseIdleConnections()
		case <-timeout.C:
			t.Fatalf("%d connections are left open", len(open))
		}
	}
}
