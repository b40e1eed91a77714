package wire_test

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
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

// serve has a transport talk to servers in memory, the first for the first connection and so on. The last is for all
// that follow. It counts connections.
func serve(t *testing.T, transport *wire.Transport, servers ...server) *atomic.Int32 {
	t.Helper()
	dials, open := new(atomic.Int32), new(sync.WaitGroup)
	t.Cleanup(open.Wait)
	transport.Timeout = cmp.Or(transport.Timeout, 10*time.Second)
	transport.Dial = func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		talk := servers[min(int(dials.Add(1)), len(servers))-1]
		open.Go(func() { defer theirs.Close(); talk(theirs) })
		return ours, nil
	}
	return dials
}

// crlf makes line ends of what tables have for them.
var crlf = strings.NewReplacer("|", "\r\n")

// answering reads a request of HTTP/1.1, if it is to, and answers. What follows a ~ comes later.
func answering(answer string, reads bool) server {
	return func(conn net.Conn) {
		if reads {
			_, _ = http.ReadRequest(bufio.NewReader(conn))
		}
		for part := range strings.SplitSeq(answer, "~") {
			_, _ = io.WriteString(conn, crlf.Replace(part))
		}
	}
}

// keeping answers one request after the other, unless it is asked to close the connection.
func keeping(answers ...string) server {
	return func(conn net.Conn) {
		reader := bufio.NewReader(conn)
		for i, closing := 0, false; !closing; i++ {
			request, err := http.ReadRequest(reader)
			if err != nil {
				return
			}
			closing = request.Close
			_, _ = io.WriteString(conn, crlf.Replace(answers[i%len(answers)]))
		}
	}
}

// silent reads until the client goes.
func silent(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

type exchange = func(context.Context, *http.Request) ([]byte, *wire.Response, error)

// ask makes a request, such as "DELETE http://a". That with a POST has content.
func ask(ctx context.Context, t *testing.T, by exchange, what string) (string, *wire.Response, error) {
	t.Helper()
	method, address, _ := strings.Cut(what, " ")
	content := map[string]string{http.MethodPost: "{}"}[method]
	request, err := http.NewRequestWithContext(ctx, method, address+"/a", strings.NewReader(content))
	require.NoError(t, err)
	request.Header.Set("X-Auth-Token", "t")
	request.Header.Set("Keep-Alive", "x") // which is not for HTTP/2
	sent, r, err := by(ctx, request)
	return string(sent), r, err
}

// A trial asks once, or in a session several times, separated by commas.
type trial struct {
	by      *wire.Transport
	asks    string
	gets    string // the bytes of the first answer, 100 at most; "": none
	says    string // what is wrong with it, or came instead
	dials   int32
	servers []server
}

func over(http2 bool, asks, gets, says string, dials int32, servers ...server) trial {
	return trial{&wire.Transport{HTTP2: http2}, asks, gets, says, dials, servers}
}

func try(t *testing.T, trials map[string]trial) {
	t.Helper()
	for name, tc := range trials {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dials, session, asks := serve(t, tc.by, tc.servers...), tc.by.Keep(), strings.Split(tc.asks, ",")
			for i, what := range asks {
				by := map[bool]exchange{true: tc.by.Exchange, false: session.Exchange}[len(asks) == 1]
				sent, r, err := ask(t.Context(), t, by, what)
				assert.NotContains(t, sent, "Proxy-Authorization")
				if i > 0 {
					says(t, "", r, err)
					continue
				}
				says(t, tc.says, r, err)
				require.Equal(t, tc.gets != "", r != nil)
				if r != nil {
					assert.Equal(t, crlf.Replace(tc.gets), string(r.Raw[:min(len(r.Raw), 100)]))
					assert.True(t, strings.HasPrefix(string(r.Content()), string(r.Body)))
					assert.Regexp(t, map[string]string{
						wire.HTTP1: `^\w+ \S*/a HTTP/1.1\r\n`, wire.HTTP2: `^\w+ /a HTTP/2\r\nHost: .*\r\nX-Auth-Token: t\r\n\r\n$`,
					}[r.Proto], sent)
					assert.Equal(t, r.Proto == wire.HTTP1 && len(asks) == 1, strings.Contains(sent, "\nConnection: close\r\n"))
				}
			}
			assert.Equal(t, tc.dials, dials.Load())
			require.NoError(t, session.Close())
			require.NoError(t, session.Close(), "again")
		})
	}
}

// says checks what is wrong by its words: "" is nothing, and ^ stands for the beginning.
func says(t *testing.T, words string, r *wire.Response, err error) {
	t.Helper()
	if r != nil {
		require.NoError(t, err)
		err = errors.Join(r.BodyErr, r.Malformed)
	}
	if words == "" {
		require.NoError(t, err)
		return
	}
	require.Error(t, err)
	require.Contains(t, "^"+err.Error(), words)
	require.NotContains(t, err.Error(), "s3cret", "the password of a proxy")
}

const once, thrice = "DELETE http://a", "DELETE http://a,DELETE http://a,DELETE http://a"

// TestSession: a connection is kept as long as the server keeps it and it is known where an answer ends.
func TestSession(t *testing.T) {
	t.Parallel()
	const whole, empty, chunks = "HTTP/1.1 404 No|Content-Length: 2||{}", "HTTP/1.1 204 No||", "HTTP/1.1 404 No|" + chunked
	const closing, old = "HTTP/1.1 404 No|Connection: close|Content-Length: 0||", "HTTP/1.0 404 No|Content-Length: 0||"
	const open, bad, found2 = "HTTP/1.1 404 No||{}", "HTTP/1.1 4||", "HTTP/2 404||"
	begun, found := head(false, "404"), h2(head(true, "404"))
	much := slices.Concat([]step{begun}, slices.Repeat([]step{data(false, strings.Repeat("x", 1<<14))}, 6),
		[]step{data(true, "")})
	try(t, map[string]trial{
		"kept":              over(false, thrice, empty, "", 1, keeping(empty, "HTTP/1.1 103 E||"+chunks, whole)),
		"kept, HTTP/2":      over(true, thrice, found2, "", 1, found),
		"other host":        over(false, once+","+once+"b", whole, "", 2, keeping(whole)),
		"Connection: close": over(false, thrice, closing, "", 2, keeping(closing), keeping(whole)),
		"HTTP/1.0":          over(false, thrice, old, "", 2, keeping(old), keeping(whole)),
		"up to the end":     over(false, thrice, open, "", 2, answering(open, true), keeping(whole)),
		"excess":            over(false, thrice, whole+"more", "", 2, keeping(whole+"more"), keeping(whole)),
		"content of a 204":  over(false, thrice, empty+"{}", "", 2, keeping(empty+"{}"), keeping(whole)),
		"malformed":         over(false, thrice, bad, "status line", 2, keeping(bad), keeping(whole)),
		"no HTTP":           over(false, thrice, "", "its response begins with", 2, answering("SSH", true), keeping(whole)),
		"going away":        over(true, thrice, found2, "", 2, h2(head(true, "404"), goAway(1, 0)), found),
		"much":              over(true, thrice, found2+strings.Repeat("x", 86), "", 1, h2(much...)),
		"reset":             over(true, thrice, found2, "reset the stream", 2, h2(begun, reset(2)), found),
	})
}

// TestClosedSession: a connection that the server has closed without a word is not used again. In memory that is known
// at once.
func TestClosedSession(t *testing.T) {
	t.Parallel()
	closed, transport := make(chan struct{}, 3), new(wire.Transport)
	dials := serve(t, transport, func(conn net.Conn) {
		answering("HTTP/1.1 404 No|Content-Length: 0||", true)(conn)
		_ = conn.Close()
		closed <- struct{}{}
	})
	for session := transport.Keep(); dials.Load() < 3; <-closed {
		before := dials.Load()
		_, r, err := ask(t.Context(), t, session.Exchange, once)
		says(t, "", r, err)
		require.Equal(t, before+1, dials.Load())
	}
}

// TestSlowServers: an answer takes no longer than it may, whatever the server does.
func TestSlowServers(t *testing.T) {
	t.Parallel()
	row := func(http2 bool, asks, gets, says, start string) trial {
		stalls := func(conn net.Conn) { answering(start, start != "")(conn); silent(conn) }
		return trial{&wire.Transport{Timeout: 50 * time.Millisecond, HTTP2: http2}, asks, gets, says, 1, []server{stalls}}
	}
	const late, x = "^no full response within 50ms", "HTTP/1.1 404 No||x"
	try(t, map[string]trial{
		"TLS":                   row(false, "DELETE https://a", "", late, ""),
		"HTTP/2":                row(true, once, "", late, ""),
		"no answer":             row(false, once, "", late, ""),
		"in the first word":     row(false, once, "", late, "HTT"),
		"in the header section": row(false, once, "", late, "HTTP/1.1 404 No|"),
		"in the body":           row(false, once, x, late, x),
		"after an interim one":  row(false, once, "", late, "HTTP/1.1 103 E||"),
	})
}

// TestCancel: the end of the context is the end, whatever the exchange waits for.
func TestCancel(t *testing.T) {
	t.Parallel()
	why := errors.New("enough")
	proxy := func(*url.URL) (*url.URL, error) { return &url.URL{Scheme: "http", Host: "example.com"}, nil }
	for _, transport := range []*wire.Transport{{}, {HTTP2: true}, {HTTP2: true, Proxy: proxy}} {
		ctx, cancel := context.WithCancelCause(t.Context())
		serve(t, transport, func(conn net.Conn) { cancel(why); silent(conn) })
		_, _, err := ask(ctx, t, transport.Exchange, once)
		require.ErrorIs(t, err, why)

		ctx, cancel = context.WithCancelCause(t.Context())
		transport.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			cancel(why)
			<-ctx.Done()
			return nil, ctx.Err()
		}
		_, _, err = ask(ctx, t, transport.Exchange, once)
		require.ErrorIs(t, err, why)
	}
}

// TestNetwork: without a function that dials, the network is the machine's.
func TestNetwork(t *testing.T) {
	t.Parallel()
	loopback, transport := httptest.NewServer(http.NotFoundHandler()), &wire.Transport{Timeout: 10 * time.Second}
	_, r, err := ask(t.Context(), t, transport.Exchange, "DELETE "+loopback.URL)
	require.NoError(t, err)
	assert.Equal(t, http.StatusNotFound, r.Status)
	loopback.Close()
	sent, _, err := ask(t.Context(), t, transport.Exchange, "DELETE "+loopback.URL)
	noConnection := (*wire.ConnectError)(nil)
	require.ErrorAs(t, err, &noConnection)
	assert.Regexp(t, "^no connection: .*connection refused", err.Error())
	assert.Contains(t, sent, "DELETE /a") // what would have been sent
	transport.Timeout = time.Nanosecond
	_, _, err = ask(t.Context(), t, transport.Exchange, "DELETE "+loopback.URL)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// newCertificate returns the settings of a server with a certificate for example.com, and of clients that trust it.
func newCertificate(t *testing.T) (certificate, trusted *tls.Config) {
	t.Helper()
	issuer := httptest.NewTLSServer(nil)
	defer issuer.Close()
	trusted = &tls.Config{RootCAs: issuer.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, MinVersion: 0x303}
	t.Cleanup(func() { assert.Empty(t, trusted.NextProtos, "the settings are the caller's") })
	return &tls.Config{Certificates: issuer.TLS.Certificates, MinVersion: tls.VersionTLS12}, trusted
}

// secured serves over TLS, for these protocols: HTTP/2 if that is agreed on.
func secured(config *tls.Config, serve server, protocols ...string) server {
	config = config.Clone()
	config.NextProtos = protocols
	return func(conn net.Conn) {
		secured := tls.Server(conn, config)
		defer func() { _ = secured.Close() }()
		switch {
		case secured.HandshakeContext(context.Background()) != nil:
		case secured.ConnectionState().NegotiatedProtocol == "h2":
			h2(head(true, "404"))(secured)
		default:
			serve(secured)
		}
	}
}

// TestTLS: HTTP/2 is for servers that refuse HTTP/1.1, and for those of whom it is asked. What is wrong is said in
// words.
func TestTLS(t *testing.T) {
	t.Parallel()
	certificate, good := newCertificate(t)
	named, expired := good.Clone(), good.Clone()
	named.ServerName = "example.com"
	expired.Time = func() time.Time { return time.Date(2150, 1, 1, 0, 0, 0, 0, time.UTC) }
	insecure := &tls.Config{InsecureSkipVerify: true} //nolint:gosec // G402: what is tested
	const one, found, no2 = "HTTP/1.1 404 No|Content-Length: 0||", "HTTP/2 404||", "the server does not speak HTTP/2"
	row := func(http2 bool, config *tls.Config, host, gets, says string, dials int32, protocols ...string) trial {
		asks := "DELETE https://" + host
		if gets == "" {
			says = "^no connection: " + says
		} else { // where a server speaks HTTP/1.1 for another time, it is not asked for it again
			asks += "," + asks + ":444"
		}
		servers := []server{secured(certificate, keeping(one), protocols...)}
		if slices.Contains(protocols, "other") {
			servers = append(servers, secured(certificate, answering("SSH", true), "h2"))
		}
		return trial{&wire.Transport{HTTP2: http2, TLS: config}, asks, gets, says, dials, servers}
	}
	const host, other = "example.com", "dms.invalid"
	const unknown = "the certificate is not trusted: name the CA that issued it with --cacert"
	const forOther, plain = "the certificate is not for the host dms", "HTTP/1.0 400 No||"
	try(t, map[string]trial{
		"both":                       row(false, good, host, one, "", 2, "h2", "http/1.1"),
		"both, HTTP/2 asked for":     row(true, good, host, found, "", 2, "h2", "http/1.1"),
		"HTTP/2 only":                row(false, good, host, found, "", 3, "other"),
		"HTTP/1.1, HTTP/2 asked for": row(true, good, host, "", no2, 1, "http/1.1"),
		"no word, HTTP/2 asked for":  row(true, good, host, "", no2, 1),
		"any certificate":            row(false, insecure, other, one, "", 2),
		"other name":                 row(false, named, other, one, "", 2),
		"not trusted":                row(false, nil, host, "", unknown, 1),
		"other host":                 row(false, good, other, "", forOther, 1),
		"expired":                    row(false, expired, host, "", "the certificate has expired", 1),
		"no TLS":                     over(false, "DELETE https://a", "", "did you mean http:", 1, answering(plain, false)),
	})
}

// TestProxy: a proxy reads requests in the clear, and makes a tunnel for TLS and HTTP/2.
func TestProxy(t *testing.T) {
	t.Parallel()
	certificate, trusted := newCertificate(t)
	const settings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00" // which come early
	// proxying checks a request, answers it, and hands the connection on.
	proxying := func(line, answer string, next server) server {
		return func(conn net.Conn) {
			request, err := http.ReadRequest(bufio.NewReader(conn))
			if err != nil {
				return
			}
			assert.Equal(t, line, request.Method+" "+request.RequestURI)
			told := map[bool]string{true: "Basic dTpzM2NyZXQ="}[line != "DELETE /a"]
			assert.Equal(t, told, request.Header.Get("Proxy-Authorization"))
			assert.Equal(t, request.Method == http.MethodConnect, request.Header.Get("X-Auth-Token") == "")
			_, _ = io.WriteString(conn, crlf.Replace(answer))
			next(conn)
		}
	}
	end := func(net.Conn) {}
	prior := func(conn net.Conn) {
		_, _ = io.WriteString(conn, settings[5:])
		h2(head(true, "404"))(conn)
	}
	row := func(scheme, asks, gets, says string, servers ...server) trial {
		through := &url.URL{Scheme: scheme, Host: "example.com:3128", User: url.UserPassword("u", "s3cret")}
		return trial{&wire.Transport{
			TLS: trusted, HTTP2: strings.HasPrefix(gets, "HTTP/2"),
			Proxy: func(*url.URL) (*url.URL, error) { return through, map[string]error{"": errors.New("s3cret")}[scheme] },
		}, "DELETE " + asks + "://example.com", gets, says, int32(len(servers)), servers} //nolint:gosec // G115: a few
	}
	const to443, to80, whole = "CONNECT example.com:443", "CONNECT example.com:80", "DELETE http://example.com/a"
	const ok, found, denied = "HTTP/1.1 200 OK||", "HTTP/1.1 404 No||", "HTTP/1.1 407 No||"
	const length, coded = "HTTP/1.1 200 OK|Content-Length: 10||", "HTTP/1.1 200 OK|Transfer-Encoding: chunked||"
	const said, refuses = "^no connection: proxy example.com:3128: ", "it refuses to connect to example.com:443: "
	const unknown = "407 Proxy Authentication Required; put a valid user name and password into the URL"
	backend := secured(certificate, proxying("DELETE /a", found, end))
	try(t, map[string]trial{
		"plain":                row("http", "http", found, "", proxying(whole, found, end)),
		"plain, over TLS":      row("https", "http", found, "", secured(certificate, proxying(whole, found, end))),
		"plain, refused":       row("http", "http", "", said+unknown, proxying(whole, denied, end)),
		"tunnel":               row("http", "https", found, "", proxying(to443, ok, backend)),
		"tunnel with a length": row("http", "https", found, "", proxying(to443, length, backend)),
		"tunnel in chunks":     row("http", "https", found, "", proxying(to443, coded, backend)),
		"tunnel over TLS":      row("https", "https", found, "", secured(certificate, proxying(to443, ok, backend))),
		"prior knowledge":      row("http", "http", "HTTP/2 404||", "", proxying(to80, ok+settings[:5], prior)),
		"tunnel refused":       row("http", "https", "", said+refuses+unknown, proxying(to443, denied, silent)),
		"no answer":            row("http", "https", "", said+"no response to CONNECT", proxying(to443, "", end)),
		"no TLS":               row("https", "https", "", said+"the server does not speak TLS", answering(found, false)),
		"other kind":           row("socks5", "https", "", said+"only http and https proxies are supported"),
		"no URL":               row("", "http", "", "^no connection: the proxy settings of the environment cannot be used"),
	})
}
