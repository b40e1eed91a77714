package client_test

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
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

// TestMain demands that no test of this package leaves a goroutine behind, and so no connection either.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	// stallTimeout bounds an attempt where the server stalls; everywhere else an attempt has patience, which it does
	// not need, so that a slow machine cannot make a test fail.
	stallTimeout = 250 * time.Millisecond
	patience     = 20 * time.Second

	gone        = "HTTP/1.1 204 No Content\r\n\r\n"
	unavailable = "HTTP/1.1 503 Service Unavailable\r\n"
	missing     = "HTTP/1.1 404 Not Found\r\nContent-Length: 46\r\n\r\n" + `{"error_code":"DMS.00404001","error_msg":"No"}`
)

// Retry policies of the suite: delays are there, but nobody wants to wait for them.
var (
	twice  = client.RetryPolicy{Attempts: 2, BaseDelay: time.Millisecond}
	thrice = client.RetryPolicy{Attempts: 3, BaseDelay: time.Millisecond}
)

// TestSockets: what becomes of a call when the way to the server, or the server, is faulty. Every case has its own
// sockets on loopback, and says how many whole requests arrived, and what the caller was told.
func TestSockets(t *testing.T) {
	t.Parallel()
	isReset := breaks(syscall.ECONNRESET, syscall.EPIPE)
	for name, tc := range map[string]struct {
		start    starter
		requests int32 // that arrived whole
		want     check
		stalls   bool // the attempts run into a short timeout
	}{
		"connection refused":               {refuseConnections, 0, breaks(syscall.ECONNREFUSED), false},
		"reset before the request is read": {overTCP(func(p *peer) { p.reset() }), 0, isReset, false},
		"reset after the request was read": {overTCP(func(p *peer) { p.request(); p.reset() }), 3, isReset, false},
		"reset, then deleted": {overTCP(func(p *peer) {
			p.request()
			if p.nth == 1 {
				p.reset()
			}
			p.send(gone)
		}), 2, succeeds, false},
		"deleted and reset, then not found": {overTCP(func(p *peer) {
			p.request()
			if p.nth == 1 {
				p.reset()
			}
			p.send(missing)
		}), 2, succeeds, false},
		"reset before it is read, then not found": {overTCP(func(p *peer) {
			if p.nth == 1 {
				p.reset()
			}
			p.request()
			p.send(missing)
		}), 1, nil, false}, // whether the request was written is a matter of chance

		"accepts and says nothing": {overTCP((*peer).silence), 0, breaks(context.DeadlineExceeded), true},
		"accepts and says nothing, TLS": {
			overTLS(overTCP((*peer).silence)), 0, breaks(context.DeadlineExceeded), true,
		},
		"stalls before the answer": {
			overTCP(func(p *peer) { p.request(); p.silence() }), 2, breaks(context.DeadlineExceeded), true,
		},
		"stalls in the body": {
			overTCP(func(p *peer) { p.request(); p.send(unavailable, "Content-Length: 9\r\n\r\n", "{"); p.silence() }), 2,
			answers(503, client.ErrUnavailable, context.DeadlineExceeded, "cut off or broken after 1 bytes"), true,
		},
		"stalls in the body of a 404": {
			overTCP(func(p *peer) { p.request(); p.send(strings.TrimSuffix(missing, "}")); p.silence() }), 2,
			answers(404, nil, context.DeadlineExceeded, "cut off or broken after 45 bytes"), true,
		},
		"cut off in a chunk": {
			overTCP(func(p *peer) { p.request(); p.send(unavailable, chunked, "ff\r\n", `{"error`) }), 3,
			answers(503, client.ErrUnavailable, io.ErrUnexpectedEOF, "cut off or broken after 7 bytes"), false,
		},
		"endless headers": {overTCP(func(p *peer) {
			p.request()
			p.send(unavailable)
			p.flood("X-Filler: " + strings.Repeat("x", 1000) + "\r\n")
		}), 3, says("headers exceeded 65536 bytes"), false},
		"endless interim answers": {overTCP(func(p *peer) {
			p.request()
			p.flood("HTTP/1.1 103 Early Hints\r\nX-Filler: " + strings.Repeat("x", 1000) + "\r\n\r\n")
		}), 3, says("headers exceeded 65536 bytes"), false},
		"endless body": {overTCP(func(p *peer) {
			p.request()
			p.send(unavailable, "\r\n")
			p.flood(strings.Repeat("x", 4096))
		}), 3, answers(503, client.ErrUnavailable, nil, "longer than 65536 bytes"), false},
		"interim answers": {overTCP(func(p *peer) {
			p.request()
			p.send("HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n", missing)
		}), 1, answers(404, client.ErrNotFound, nil, "DMS.00404001"), false},
		"503 before the request is read": {
			overTCP(func(p *peer) { _, _ = p.in.Peek(1); p.send(unavailable, "Connection: close\r\n\r\n"); p.request() }), 3,
			answers(503, client.ErrUnavailable, nil, ""), false,
		},
		// The second answer belongs to no request.
		"two answers at once": {overTCP(func(p *peer) { p.request(); p.send(gone + missing) }), 1, succeeds, false},

		"certificate not trusted": {
			untrusted(overHTTP2(deletes)), 0, breaksAs(new(*tls.CertificateVerificationError), new(x509.UnknownAuthorityError)),
			false,
		},
		"TLS expected, none spoken": {
			overTLS(overTCP(func(p *peer) { _, _ = p.in.Peek(1); p.send("HTTP/1.1 400 Bad Request\r\n\r\n") })), 0,
			breaks(errAny), false,
		},
		"HTTP/2":               {overHTTP2(deletes), 1, succeeds, false},
		"HTTP/2, stream reset": {overHTTP2(aborts), 3, says("stream error"), false},
		"HTTP/2, stalls": {
			overHTTP2(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), 2,
			breaks(context.DeadlineExceeded), true,
		},
		"HTTP/2, endless body": {overHTTP2(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
			if !flood(w, strings.Repeat("x", 4096)) {
				t.Error("HTTP/2: the client must end the stream")
			}
		}), 3, answers(503, client.ErrUnavailable, nil, "longer than 65536 bytes"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &site{}
			tc.start(t, s)
			t.Cleanup(s.stop)
			wire := newTransport(t)
			wire.TLSClientConfig = &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12}
			wire.ForceAttemptHTTP2 = true
			policy, timeout := thrice, time.Duration(0)
			if tc.stalls {
				policy, timeout = twice, stallTimeout
			}
			opts := []client.Option{client.WithRetry(policy), client.WithTimeout(cmp.Or(timeout, patience))}
			if !strings.HasPrefix(name, "endless") { // these are about the transport of ours
				opts = append(opts, client.WithTransport(wire))
			}
			c := newClient(t, s.url, opts...)
			err := c.DeleteTask(t.Context(), task)
			if tc.want != nil {
				tc.want(t, err)
			}
			wire.CloseIdleConnections()
			s.stop() // a request may be read after its call has ended
			assert.Equal(t, tc.requests, s.requests.Load(), "requests")
		})
	}
}

// TestConnectionsThatClose: a server that closes connections in one way or the other disturbs no later call.
func TestConnectionsThatClose(t *testing.T) {
	t.Parallel()
	for name, serve := range map[string]func(*peer){
		"after every answer": func(p *peer) { p.request(); p.send(gone) },
		"as announced": func(p *peer) {
			p.request()
			p.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
		},
		"as the next request arrives": func(p *peer) { p.request(); p.send(gone); _, _ = p.in.Peek(1) },
		"reset as the next arrives":   func(p *peer) { p.request(); p.send(gone); _, _ = p.in.Peek(1); p.reset() },
		"with an unasked 408":         func(p *peer) { p.request(); p.send(gone, "HTTP/1.1 408 Request Timeout\r\n\r\n") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &site{}
			overTCP(serve)(t, s)
			t.Cleanup(s.stop)
			c := newClient(t, s.url, client.WithTransport(newTransport(t)), client.WithRetry(thrice))
			for range 5 {
				require.NoError(t, c.DeleteTask(t.Context(), task))
			}
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
		require.Failf(t, "another cause", "%v", err)
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
	require.Equal(t, 1, strings.Count(err.Error(), string(task.TaskID)), "the IDs are named once")
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

func deletes(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

func aborts(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func overHTTP2(handler http.HandlerFunc) starter {
	return func(t *testing.T, s *site) {
		t.Helper()
		srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			assert.Equal(t, 2, r.ProtoMajor)
			s.requests.Add(1)
			handler(w, r)
		}))
		srv.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells of faults that are made on purpose
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

// send writes to a client, which may have gone.
func (p *peer) send(parts ...string) { _, _ = io.WriteString(p, strings.Join(parts, "")) }

// flood writes for ever, or so it seems, and reports whether the other side hung up. What the sockets hold by
// themselves is a few MiB.
func flood(w io.Writer, block string) (hungUp bool) {
	for sent := 0; sent < 64<<20; sent += len(block) {
		if _, err := io.WriteString(w, block); err != nil {
			return true
		}
	}
	return false
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
