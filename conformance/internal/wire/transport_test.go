package wire_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/dmstask/dmstask/conformance/internal/wire"
)

// quiet keeps what servers say of handshakes that are meant to fail.
var quiet = log.New(io.Discard, "", 0)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// exchange asks a server once.
func exchange(t *testing.T, transport *wire.Transport, address string) (string, *wire.Response, error) {
	t.Helper()
	if transport.Timeout == 0 {
		transport.Timeout = 10 * time.Second
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, address+"/a", http.NoBody)
	require.NoError(t, err)
	request.Header.Set("X-Auth-Token", "t")
	sent, response, err := transport.Exchange(t.Context(), request)
	return string(sent), response, err
}

// listen has f talk to every connection.
func listen(t *testing.T, f func(net.Conn)) (address string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			f(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-done })
	return listener.Addr().String()
}

// answering reads a request of HTTP/1.1 and answers with bytes.
func answering(answer string) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = http.ReadRequest(bufio.NewReader(conn))
		_, _ = io.WriteString(conn, answer)
	}
}

func TestHTTP1(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer  string
		status  int
		body    string
		bodyErr string
		excess  int64
		text    string
		err     string
	}{
		"plain": {"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n{}", 404, "{}", "", 0, "", ""},
		"chunks": {
			"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", 404, "{}", "", 0,
			"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n{}", "",
		},
		"204 and more": {"HTTP/1.1 204 No\r\n\r\n{}", 204, "", "", 2, "", ""},
		"interim":      {"HTTP/1.1 103 E\r\n\r\nHTTP/1.1 204 No\r\n\r\n", 204, "", "", 0, "", ""},
		"cut off":      {"HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\n{}", 404, "{}", "unexpected EOF", 0, "", ""},
		"204, and chunks": {
			"HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", 204, "", "", 17,
			"HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n{}", "",
		},
		"more after the body": {
			"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n{}more", 404, "{}", "", 4,
			"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n{}more", "",
		},
		"two lengths": {
			"HTTP/1.1 404 No\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 404, "", "Content-Length", 0, "", "",
		},
		"two lengths, no end": {
			"HTTP/1.1 404 No\r\nContent-Length: 2\r\nContent-Length: 3\r\n", 0, "", "", 0, "", "no HTTP response after",
		},
		"HTTP/1.0 in chunks": {
			"HTTP/1.0 404 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 404, "", "HTTP/1.0 has no", 0, "", "",
		},
		"other version":   {"HTTP/7.3 404 No\r\n\r\n", 0, "", "", 0, "", "the status line says HTTP/7.3"},
		"version to come": {"HTTP/1.2 404 No\r\n\r\n", 0, "", "", 0, "", "the status line says HTTP/1.2"},
		"other, interim":  {"HTTP/3.0 103 E\r\n\r\nHTTP/1.1 204 No\r\n\r\n", 0, "", "", 0, "", "says HTTP/3.0"},
		"upgrade":         {"HTTP/1.1 101 S\r\n\r\n", 101, "", "", 0, "", ""},
		"nothing":         {"", 0, "", "", 0, "", "the server closed the connection without an answer"},
		"other":           {"SSH-2.0-x\r\n", 0, "", "", 0, "", "no HTTP response after 11 bytes"},
		"HTTP/2":          {"\x00\x00\x12\x04\x00\x00\x00\x00\x00", 0, "", "", 0, "", "use --http2"},
		"endless":         {"HTTP/1.1 404 No\r\n\r\n" + strings.Repeat("x", 1<<20), 404, "", "longer than 262144", 0, "", ""},
		"endless names":   {"HTTP/1.1 404 No\r\n" + strings.Repeat("X: y\r\n", 1<<18), 0, "", "", 0, "", "section is longer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent, r, err := exchange(t, &wire.Transport{}, "http://"+listen(t, answering(tc.answer)))
			assert.Contains(t, sent, "DELETE /a HTTP/1.1\r\n")
			assert.Contains(t, sent, "Connection: close\r\n")
			if tc.err != "" {
				require.ErrorContains(t, err, tc.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, "HTTP/1.1", r.Proto)
			assert.Equal(t, tc.status, r.Status)
			assert.Equal(t, tc.excess, r.Excess)
			if tc.bodyErr != "" {
				require.ErrorContains(t, r.BodyErr, tc.bodyErr)
				return
			}
			require.NoError(t, r.BodyErr)
			assert.Equal(t, tc.body, string(r.Body))
			if tc.text != "" {
				assert.Equal(t, tc.text, string(r.Text()))
			}
		})
	}
}

// TestHTTP1OverTLSFirst: HTTP/2 is for servers that refuse HTTP/1.1, and for those of whom it is asked.
func TestHTTP1OverTLSFirst(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		speaks []string
		http2  bool
		proto  string
		err    string
	}{
		"both":                    {[]string{"h2", "http/1.1"}, false, "HTTP/1.1", ""},
		"both, HTTP/2 asked for":  {[]string{"h2", "http/1.1"}, true, "HTTP/2", ""},
		"HTTP/2 only":             {[]string{"h2"}, false, "HTTP/2", ""},
		"HTTP/1.1, HTTP/2 wanted": {[]string{"http/1.1"}, true, "", "no application protocol"},
		"no word about it":        {nil, true, "", "does not speak HTTP/2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requests := 0
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests++
				assert.Equal(t, "t", r.Header.Get("X-Auth-Token"))
				assert.Equal(t, "/a", r.URL.Path)
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusNotFound)
				_, _ = io.WriteString(w, "{}")
			}))
			server.Config.ErrorLog = quiet
			server.EnableHTTP2 = len(tc.speaks) > 0 && tc.speaks[0] == "h2"
			server.TLS = &tls.Config{NextProtos: tc.speaks, MinVersion: tls.VersionTLS12}
			// Go's own server would take a client of HTTP/1.1 too if it is to speak HTTP/2, and adds HTTP/1.1 to nothing.
			server.TLS.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
				config := server.TLS.Clone()
				config.NextProtos = tc.speaks
				if tc.speaks != nil && !slices.ContainsFunc(hello.SupportedProtos, func(p string) bool {
					return slices.Contains(tc.speaks, p)
				}) {
					config.NextProtos = []string{"other"}
				}
				return config, nil
			}
			server.StartTLS()
			t.Cleanup(server.Close)
			trusted := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
			transport := &wire.Transport{
				TLS: &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}, HTTP2: tc.http2,
			}
			for range 2 {
				sent, r, err := exchange(t, transport, server.URL)
				if tc.err != "" {
					require.ErrorContains(t, err, tc.err)
					assert.Zero(t, requests)
					return
				}
				require.NoError(t, err)
				require.NoError(t, r.BodyErr)
				assert.Contains(t, sent, "DELETE /a "+tc.proto+"\r\n")
				assert.Contains(t, sent, "X-Auth-Token: t\r\n")
				assert.Equal(t, tc.proto, r.Proto)
				assert.Equal(t, 404, r.Status)
				assert.Equal(t, "{}", string(r.Body))
				assert.Equal(t, "application/json", r.Head.Get("Content-Type"))
				assert.Contains(t, string(r.Text()), tc.proto+" 404")
			}
			assert.Equal(t, 2, requests)
		})
	}
}

// h2 answers on one connection of HTTP/2 in the clear, with frames.
func h2(t *testing.T, answer func(*http2.Framer, func(fields ...string) []byte)) string {
	t.Helper()
	return listen(t, func(conn net.Conn) {
		preface := make([]byte, len(http2.ClientPreface))
		_, _ = io.ReadFull(conn, preface)
		framer := http2.NewFramer(conn, conn)
		_ = framer.WriteSettings()
		for {
			frame, err := framer.ReadFrame()
			if err != nil {
				return
			}
			if frame.Header().Type == http2.FrameHeaders {
				break
			}
		}
		var block bytes.Buffer
		encoder := hpack.NewEncoder(&block)
		answer(framer, func(fields ...string) []byte {
			block.Reset()
			for i := 0; i < len(fields); i += 2 {
				_ = encoder.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
			}
			return block.Bytes()
		})
		for { // until the client goes
			if _, err := framer.ReadFrame(); err != nil {
				return
			}
		}
	})
}

func headers(framer *http2.Framer, block []byte, last bool) {
	_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block, EndHeaders: true, EndStream: last})
}

func TestHTTP2(t *testing.T) {
	t.Parallel()
	type encode = func(...string) []byte
	for name, tc := range map[string]struct {
		answer  func(*http2.Framer, encode)
		raw     string
		content string
		bodyErr string
		err     string
	}{
		"204": {
			func(f *http2.Framer, e encode) { headers(f, e(":status", "204"), true) }, "HTTP/2 204\r\n\r\n", "", "", "",
		},
		"204 with content": {func(f *http2.Framer, e encode) {
			headers(f, e(":status", "204"), false)
			_ = f.WriteData(1, true, []byte("{}"))
		}, "HTTP/2 204\r\n\r\n{}", "{}", "", ""},
		"interim, trailers": {func(f *http2.Framer, e encode) {
			headers(f, e(":status", "103", "link", "x"), false)
			headers(f, e(":status", "404", "content-length", "2"), false)
			_ = f.WriteData(1, false, []byte("{"))
			_ = f.WriteData(1, false, []byte("}"))
			headers(f, e("x-trailer", "x"), true)
		}, "HTTP/2 103\r\nlink: x\r\n\r\nHTTP/2 404\r\ncontent-length: 2\r\n\r\n{}x-trailer: x\r\n",
			"{}x-trailer: x\r\n", "", ""},
		"trailers that go on": {func(f *http2.Framer, e encode) {
			headers(f, e(":status", "404"), false)
			headers(f, e("x-trailer", "x"), false)
		}, "", "", "trailers do not end the stream", ""},
		"interim at the end": {
			func(f *http2.Framer, e encode) { headers(f, e(":status", "103"), true) }, "", "", "",
			"ends with an interim response",
		},
		"another stream": {func(f *http2.Framer, e encode) {
			_ = f.WriteHeaders(http2.HeadersFrameParam{
				StreamID: 3, BlockFragment: e(":status", "404"), EndHeaders: true, EndStream: true,
			})
		}, "", "", "", "a frame HEADERS of stream 3 comes unasked"},
		"content of another stream": {func(f *http2.Framer, e encode) {
			headers(f, e(":status", "404"), false)
			_ = f.WriteData(5, true, []byte("{}"))
		}, "", "", "a frame DATA of stream 5 comes unasked", ""},
		"reset of another stream": {
			func(f *http2.Framer, _ encode) { _ = f.WriteRSTStream(3, http2.ErrCodeInternal) }, "", "", "",
			"a frame RST_STREAM of stream 3 comes unasked",
		},
		"push": {func(f *http2.Framer, e encode) {
			_ = f.WritePushPromise(http2.PushPromiseParam{
				StreamID: 1, PromiseID: 2, BlockFragment: e(":method", "GET"), EndHeaders: true,
			})
		}, "", "", "", "PUSH_PROMISE"},
		"signed status": {
			func(f *http2.Framer, e encode) { headers(f, e(":status", "+0404"), true) }, "", "", "", `the status is "+0404"`,
		},
		"ping and settings": {func(f *http2.Framer, e encode) {
			_ = f.WritePing(false, [8]byte{1})
			_ = f.WriteSettings(http2.Setting{ID: http2.SettingMaxFrameSize, Val: 1 << 15})
			headers(f, e(":status", "404"), true)
		}, "HTTP/2 404\r\n\r\n", "", "", ""},
		"length with zeros": {func(f *http2.Framer, e encode) {
			headers(f, e(":status", "404", "content-length", "02"), false)
			_ = f.WriteData(1, true, []byte("{}"))
		}, "HTTP/2 404\r\ncontent-length: 02\r\n\r\n{}", "{}", "", ""},
		"length that is none": {
			func(f *http2.Framer, e encode) { headers(f, e(":status", "404", "content-length", "-0"), true) }, "", "",
			"Content-Length is -0", "",
		},
		"status in the trailers": {func(f *http2.Framer, e encode) {
			headers(f, e(":status", "404"), false)
			headers(f, e(":status", "204"), true)
		}, "", "", "a pseudo-header field is in the trailers", ""},
		"endless interim answers in a few bytes each": {func(f *http2.Framer, e encode) {
			fields := append([]string{":status", "103"}, slices.Repeat([]string{"x", strings.Repeat("x", 3000)}, 60)...)
			headers(f, e(fields[:4]...), false) // into the table
			for range 100 {
				headers(f, e(fields...), false)
			}
		}, "", "", "", "longer than 262144 bytes"},
		"other length": {func(f *http2.Framer, e encode) {
			headers(f, e(":status", "404", "content-length", "3"), false)
			_ = f.WriteData(1, true, []byte("{}"))
		}, "", "", "Content-Length is 3, and there are 2 bytes", ""},
		"reset in the body": {func(f *http2.Framer, e encode) {
			headers(f, e(":status", "404"), false)
			_ = f.WriteRSTStream(1, http2.ErrCodeInternal)
		}, "", "", "resets the stream: INTERNAL_ERROR", ""},
		"reset": {
			func(f *http2.Framer, _ encode) { _ = f.WriteRSTStream(1, http2.ErrCodeRefusedStream) }, "", "", "",
			"REFUSED_STREAM",
		},
		"goes away": {
			func(f *http2.Framer, _ encode) { _ = f.WriteGoAway(0, http2.ErrCodeNo, []byte("x")) }, "", "", "", "goes away",
		},
		"no status": {func(f *http2.Framer, e encode) { headers(f, e("x", "y"), true) }, "", "", "", `the status is ""`},
		"odd status": {
			func(f *http2.Framer, e encode) { headers(f, e(":status", "-1"), true) }, "", "", "", `the status is "-1"`,
		},
		"content first": {
			func(f *http2.Framer, _ encode) { _ = f.WriteData(1, true, []byte("x")) }, "", "", "", "content comes before",
		},
		"broken compression": {
			func(f *http2.Framer, _ encode) { headers(f, bytes.Repeat([]byte{0xff}, 6), true) }, "", "", "", "no HTTP/2",
		},
		"endless content": {func(f *http2.Framer, e encode) {
			headers(f, e(":status", "404"), false)
			for f.WriteData(1, false, make([]byte, 1<<14)) == nil {
				continue
			}
		}, "", "", "longer than 262144 bytes", ""},
		"endless settings": {func(f *http2.Framer, _ encode) {
			for f.WriteSettings(http2.Setting{ID: http2.SettingMaxFrameSize, Val: 1 << 15}) == nil {
				continue
			}
		}, "", "", "", "longer than 262144 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, r, err := exchange(t, &wire.Transport{HTTP2: true}, "http://"+h2(t, tc.answer))
			if tc.err != "" {
				require.ErrorContains(t, err, tc.err)
				return
			}
			require.NoError(t, err)
			if tc.bodyErr != "" {
				require.ErrorContains(t, r.BodyErr, tc.bodyErr)
				return
			}
			require.NoError(t, r.BodyErr)
			assert.Equal(t, tc.raw, string(r.Raw))
			assert.Equal(t, tc.content, string(r.Content()))
		})
	}
}

// TestWithoutSettings: a server begins with SETTINGS (RFC 9113 section 3.4).
func TestWithoutSettings(t *testing.T) {
	t.Parallel()
	_, _, err := exchange(t, &wire.Transport{HTTP2: true}, "http://"+listen(t, func(conn net.Conn) {
		_ = http2.NewFramer(conn, conn).WritePing(false, [8]byte{})
		_, _ = io.Copy(io.Discard, conn)
	}))
	require.ErrorContains(t, err, "the first frame is PING and not SETTINGS")
}

// TestNoHTTP2: a server that answers in HTTP/1.1 is told apart from one that is silent.
func TestNoHTTP2(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"HTTP/1.1 400 Bad Request\r\n\r\n", "SSH", strings.Repeat("x", 1<<20)} {
		_, _, err := exchange(t, &wire.Transport{HTTP2: true}, "http://"+listen(t, func(conn net.Conn) {
			_, _ = io.ReadFull(conn, make([]byte, len(http2.ClientPreface)))
			_, _ = io.WriteString(conn, answer)
			_ = conn.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, conn) // unread bytes would reset the connection
		}))
		require.ErrorContains(t, err, "no HTTP/2: ", answer[:3])
	}
}

// TestCertificates: what is wrong is said in words, and what to do.
func TestCertificates(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = quiet
	server.StartTLS()
	t.Cleanup(server.Close)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	gone := httptest.NewServer(nil)
	gone.Close()
	trusted := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	for name, tc := range map[string]struct {
		url    string
		config *tls.Config
		says   string
	}{
		"not trusted": {server.URL, nil, "name the CA that issued it with --cacert"},
		"other host": {
			server.URL, &tls.Config{RootCAs: trusted, ServerName: "dms.invalid", MinVersion: tls.VersionTLS12},
			"for another host than dms.invalid",
		},
		"expired": {server.URL, &tls.Config{
			RootCAs: trusted, MinVersion: tls.VersionTLS12,
			Time: func() time.Time { return time.Date(2150, 1, 1, 0, 0, 0, 0, time.UTC) },
		}, "has expired"},
		"no TLS":  {strings.Replace(plain.URL, "http:", "https:", 1), nil, "is http:// meant?"},
		"refused": {gone.URL, nil, "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent, r, err := exchange(t, &wire.Transport{TLS: tc.config}, tc.url)
			assert.Nil(t, r)
			require.ErrorContains(t, err, tc.says)
			noConnection := (*wire.ConnectError)(nil)
			require.ErrorAs(t, err, &noConnection)
			assert.Contains(t, err.Error(), "no connection: ")
			assert.Contains(t, sent, "DELETE /a") // what would have been sent
		})
	}
	insecure := &tls.Config{InsecureSkipVerify: true} //nolint:gosec // G402: what is tested
	_, _, err := exchange(t, &wire.Transport{TLS: insecure}, server.URL)
	require.NoError(t, err)
	assert.Empty(t, insecure.NextProtos, "the settings are the caller's")
}

// TestSlowServers: an answer takes no longer than it may, whatever the server does, and the end of the context is the
// end.
func TestSlowServers(t *testing.T) {
	t.Parallel()
	wait := func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }
	drip := func(head, drop string) func(net.Conn) {
		return func(conn net.Conn) {
			_, _ = http.ReadRequest(bufio.NewReader(conn))
			_, err := io.WriteString(conn, head)
			for ticker := time.NewTicker(10 * time.Millisecond); err == nil; <-ticker.C {
				_, err = io.WriteString(conn, drop)
			}
		}
	}
	for name, tc := range map[string]struct {
		server func(net.Conn)
		scheme string
		http2  bool
		body   bool // there is an answer, of which the body takes too long
	}{
		"TLS":            {wait, "https://", false, false},
		"HTTP/2":         {wait, "http://", true, false},
		"no answer":      {wait, "http://", false, false},
		"dripping names": {drip("HTTP/1.1 404 No\r\n", "X: y\r\n"), "http://", false, false},
		"dripping body":  {drip("HTTP/1.1 404 No\r\n\r\n", "x"), "http://", false, true},
		"interim":        {drip("", "HTTP/1.1 103 E\r\n\r\n"), "http://", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transport := &wire.Transport{Timeout: 200 * time.Millisecond, HTTP2: tc.http2}
			_, r, err := exchange(t, transport, tc.scheme+listen(t, tc.server))
			if tc.body {
				require.NoError(t, err)
				err = r.BodyErr
			}
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorContains(t, err, "no answer within 200ms")
		})
	}

	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	address := listen(t, func(conn net.Conn) { cancel(why); wait(conn) })
	request, err := http.NewRequestWithContext(ctx, http.MethodDelete, "http://"+address, http.NoBody)
	require.NoError(t, err)
	_, _, err = (&wire.Transport{Timeout: time.Minute}).Exchange(ctx, request)
	require.ErrorIs(t, err, why)
}

// TestMemory: an endless answer is not kept.
func TestMemory(t *testing.T) {
	flood := func(conn net.Conn) {
		_, _ = http.ReadRequest(bufio.NewReader(conn))
		_, err := io.WriteString(conn, "HTTP/1.1 404 No\r\n\r\n")
		for filler := make([]byte, 1<<20); err == nil; {
			_, err = conn.Write(filler)
		}
	}
	address := listen(t, flood)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, r, err := exchange(t, &wire.Transport{}, "http://"+address)
	require.NoError(t, err)
	require.ErrorContains(t, r.BodyErr, "longer than")
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20))
	assert.LessOrEqual(t, len(r.Raw), wire.MaxResponse)
}

func TestProxy(t *testing.T) {
	t.Parallel()
	backend := httptest.NewUnstartedServer(http.NotFoundHandler())
	backend.Config.ErrorLog = quiet
	backend.StartTLS()
	t.Cleanup(backend.Close)
	trusted := backend.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs

	tunnelAfter := func(answer string, w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "Basic dTpzM2NyZXQ=", r.Header.Get("Proxy-Authorization"))
		assert.Empty(t, r.Header.Get("X-Auth-Token"))
		server, err := new(net.Dialer).DialContext(r.Context(), "tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer server.Close()
		client, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer client.Close()
		_, _ = io.WriteString(client, answer)
		go func() { _, _ = io.Copy(server, buffered) }()
		_, _ = io.Copy(client, server)
	}
	tunnel := func(w http.ResponseWriter, r *http.Request) {
		tunnelAfter("HTTP/1.1 200 Connection established\r\n\r\n", w, r)
	}
	for name, tc := range map[string]struct {
		target  string
		handler http.HandlerFunc
		scheme  string
		status  int
		err     string
	}{
		"tunnel": {backend.URL, tunnel, "http", 404, ""},
		"refused": {backend.URL, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusProxyAuthRequired)
		}, "http", 0, "407 Proxy Authentication Required"},
		"cannot connect": {"https://127.0.0.1:1", tunnel, "http", 0, "502 Bad Gateway"},
		"plain": {"http://dms.invalid", func(w http.ResponseWriter, r *http.Request) {
			assert.Equal(t, "http://dms.invalid/a", r.URL.String())
			assert.Equal(t, "Basic dTpzM2NyZXQ=", r.Header.Get("Proxy-Authorization"))
			w.WriteHeader(http.StatusTeapot)
		}, "http", 418, ""},
		"tunnel with a length": {backend.URL, func(w http.ResponseWriter, r *http.Request) {
			tunnelAfter("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", w, r)
		}, "http", 404, ""},
		"tunnel in chunks": {backend.URL, func(w http.ResponseWriter, r *http.Request) {
			tunnelAfter("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", w, r)
		}, "http", 404, ""},
		"plain, refused": {"http://dms.invalid", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusProxyAuthRequired)
		}, "http", 0, "407 Proxy Authentication Required; put a user"},
		"other kind": {backend.URL, nil, "socks5", 0, "only http and https proxies"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := httptest.NewServer(tc.handler)
			t.Cleanup(proxy.Close)
			through := &url.URL{
				Scheme: tc.scheme, Host: strings.TrimPrefix(proxy.URL, "http://"), User: url.UserPassword("u", "s3cret"),
			}
			sent, r, err := exchange(t, &wire.Transport{
				TLS:   &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12},
				Proxy: func(*url.URL) (*url.URL, error) { return through, nil },
			}, tc.target)
			assert.NotContains(t, sent, "Proxy-Authorization")
			if tc.err != "" {
				require.ErrorContains(t, err, tc.err)
				require.ErrorContains(t, err, "proxy "+through.Host)
				assert.NotContains(t, err.Error(), "s3cret")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tc.status, r.Status)
		})
	}
	broken := errors.New("u:s3cret")
	_, _, err := exchange(t, &wire.Transport{
		Proxy: func(*url.URL) (*url.URL, error) { return nil, broken },
	}, backend.URL)
	require.ErrorContains(t, err, "the settings of the environment")
	assert.NotContains(t, err.Error(), "s3cret")
}

// TestProxyOverTLS is trusted as a server is, and named if it is not.
func TestProxyOverTLS(t *testing.T) {
	t.Parallel()
	proxy := httptest.NewUnstartedServer(http.NotFoundHandler())
	proxy.Config.ErrorLog = quiet
	proxy.StartTLS()
	t.Cleanup(proxy.Close)
	through, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	transport := &wire.Transport{Proxy: func(*url.URL) (*url.URL, error) { return through, nil }}
	_, _, err = exchange(t, transport, "http://dms.invalid")
	require.ErrorContains(t, err, "no connection: proxy "+through.Host+": the certificate of the server is not trusted")
	connectError := (*wire.ConnectError)(nil)
	require.ErrorAs(t, err, &connectError)

	transport.TLS = proxy.Client().Transport.(*http.Transport).TLSClientConfig
	_, r, err := exchange(t, transport, "http://dms.invalid")
	require.NoError(t, err)
	assert.Equal(t, http.StatusNotFound, r.Status)
}

// TestProxyForHTTP2: no proxy reads HTTP/2 in the clear; it makes a tunnel.
func TestProxyForHTTP2(t *testing.T) {
	t.Parallel()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, http.MethodConnect, r.Method)
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(proxy.Close)
	through, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	_, _, err = exchange(t, &wire.Transport{
		HTTP2: true, Proxy: func(*url.URL) (*url.URL, error) { return through, nil },
	}, "http://dms.invalid")
	require.ErrorContains(t, err, "403 Forbidden")
}

// TestHEAD has a length and no content, in both versions of HTTP.
func TestHEAD(t *testing.T) {
	t.Parallel()
	ask := func(transport *wire.Transport, address string) *wire.Response {
		transport.Timeout = 10 * time.Second
		request, err := http.NewRequestWithContext(t.Context(), http.MethodHead, "http://"+address, http.NoBody)
		require.NoError(t, err)
		_, r, err := transport.Exchange(t.Context(), request)
		require.NoError(t, err)
		return r
	}
	r := ask(new(wire.Transport), listen(t, answering("HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n")))
	require.NoError(t, r.BodyErr)
	assert.Zero(t, r.Excess)
	r = ask(new(wire.Transport), listen(t, answering("HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n{}")))
	assert.Equal(t, int64(2), r.Excess)
	for _, content := range []string{"", "{}"} {
		r = ask(&wire.Transport{HTTP2: true}, h2(t, func(f *http2.Framer, e func(...string) []byte) {
			headers(f, e(":status", "404", "content-length", "2"), false)
			_ = f.WriteData(1, true, []byte(content))
		}))
		assert.Equal(t, content != "", r.BodyErr != nil)
	}
}

// TestLateContent: what a server writes a little after a 204 is still seen.
func TestLateContent(t *testing.T) {
	t.Parallel()
	address := listen(t, func(conn net.Conn) {
		_, _ = http.ReadRequest(bufio.NewReader(conn))
		_, _ = io.WriteString(conn, "HTTP/1.1 204 No\r\n\r\n")
		<-time.After(400 * time.Millisecond)
		_, _ = io.WriteString(conn, "{}")
	})
	_, r, err := exchange(t, new(wire.Transport), "http://"+address)
	require.NoError(t, err)
	assert.Equal(t, int64(2), r.Excess)
}

// TestOtherVersionStalls: that a server speaks HTTP/2 is known, also if it keeps the connection open.
func TestOtherVersionStalls(t *testing.T) {
	t.Parallel()
	address := listen(t, func(conn net.Conn) {
		_, _ = http.ReadRequest(bufio.NewReader(conn))
		_, _ = io.WriteString(conn, "\x00\x00\x00\x04\x00\x00\x00\x00\x00")
		_, _ = io.Copy(io.Discard, conn)
	})
	_, _, err := exchange(t, &wire.Transport{Timeout: 200 * time.Millisecond}, "http://"+address)
	require.ErrorContains(t, err, "use --http2")
}
