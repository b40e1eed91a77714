package wire_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance/internal/wire"
)

// TestSession: a connection is kept as long as the server keeps it and it is known where an answer ends.
func TestSession(t *testing.T) {
	t.Parallel()
	const whole = "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n{}"
	// keeping answers one request after the other.
	keeping := func(answers ...string) server {
		return func(conn net.Conn) {
			answers := slices.Clone(answers)
			for reader := bufio.NewReader(conn); ; {
				request, err := http.ReadRequest(reader)
				if err != nil {
					return
				}
				assert.False(t, request.Close, "the server is not asked to close the connection")
				_, _ = io.WriteString(conn, answers[0])
				answers = append(answers[1:], answers[0])
			}
		}
	}
	const empty, chunked = "HTTP/1.1 204 No\r\n\r\n", "HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
	const interim = "HTTP/1.1 103 E\r\n\r\n"
	const closing = "HTTP/1.1 404 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
	const old, open = "HTTP/1.0 404 No\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 404 No\r\n\r\n{}"
	much := slices.Repeat([]step{data(false, strings.Repeat("x", 1<<14))}, 6)
	much = slices.Concat([]step{head(false, ":status", "404")}, much, []step{data(true, "")})
	certificate, trusted := newCertificate(t)
	settings := &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}
	found, begun := head(true, ":status", "404"), head(false, ":status", "404")
	for name, tc := range map[string]struct {
		servers []server
		http2   bool
		scheme  string
		hosts   [3]string // that are asked
		dials   int32
		excess  int64 // of the first answer
	}{
		"kept":              {[]server{keeping(empty, interim+chunked, whole)}, false, "http", [3]string{}, 1, 0},
		"kept, HTTP/2":      {[]server{h2(found)}, true, "http", [3]string{}, 1, 0},
		"kept, TLS":         {[]server{secured(certificate, keeping(whole))}, false, "https", [3]string{}, 1, 0},
		"other host":        {[]server{keeping(whole)}, false, "http", [3]string{"a", "b", "b"}, 2, 0},
		"Connection: close": {[]server{keeping(closing), keeping(whole)}, false, "http", [3]string{}, 2, 0},
		"HTTP/1.0":          {[]server{keeping(old), keeping(whole)}, false, "http", [3]string{}, 2, 0},
		"up to the end":     {[]server{answering(open, true), keeping(whole)}, false, "http", [3]string{}, 2, 0},
		"excess":            {[]server{keeping(whole + "more"), keeping(whole)}, false, "http", [3]string{}, 2, 4},
		"content of a 204":  {[]server{keeping(empty + "{}"), keeping(whole)}, false, "http", [3]string{}, 2, 2},
		"malformed":         {[]server{keeping("HTTP/1.1 4\r\n\r\n"), keeping(whole)}, false, "http", [3]string{}, 2, 0},
		"going away":        {[]server{h2(found, goAway(1, 0)), h2(found)}, true, "http", [3]string{}, 2, 0},
		"much":              {[]server{h2(much...)}, true, "http", [3]string{}, 1, 0},
		"reset":             {[]server{h2(begun, reset(2)), h2(found)}, true, "http", [3]string{}, 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inMemory := newNetwork(t, tc.servers...)
			session := (&wire.Transport{Timeout: 10 * time.Second, HTTP2: tc.http2, Dial: inMemory.dial, TLS: settings}).Keep()
			for i, host := range tc.hosts {
				_, r, err := session.Exchange(t.Context(), newRequest(t, http.MethodDelete, tc.scheme+"://example.com"+host))
				require.NoError(t, err)
				assert.Equal(t, name == "reset" && i == 0, r.BodyErr != nil)
				if i == 0 {
					assert.Equal(t, tc.excess, r.Excess)
				}
			}
			assert.Equal(t, tc.dials, inMemory.dialled.Load())
			require.NoError(t, session.Close())
			require.NoError(t, session.Close(), "again")
		})
	}
}

// TestClosedSession: a connection that the server has closed without a word is not used again. In memory that is known
// at once.
func TestClosedSession(t *testing.T) {
	t.Parallel()
	closed := make(chan struct{}, 3)
	inMemory := newNetwork(t, func(conn net.Conn) {
		answering("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", true)(conn)
		_ = conn.Close()
		closed <- struct{}{}
	})
	session := (&wire.Transport{Timeout: 10 * time.Second, Dial: inMemory.dial}).Keep()
	for range cap(closed) {
		_, _, err := session.Exchange(t.Context(), newRequest(t, http.MethodDelete, "http://dms.invalid"))
		require.NoError(t, err)
		<-closed
	}
	assert.Equal(t, int32(3), inMemory.dialled.Load())
	require.NoError(t, session.Close())
}

// TestBrokenSession: after an error there is a new connection.
func TestBrokenSession(t *testing.T) {
	t.Parallel()
	inMemory := newNetwork(t, answering("SSH", true), silent)
	session := (&wire.Transport{Timeout: 50 * time.Millisecond, Dial: inMemory.dial}).Keep()
	for _, words := range []string{"does not speak HTTP/1.1", "no answer within", "no answer within"} {
		_, _, err := session.Exchange(t.Context(), newRequest(t, http.MethodDelete, "http://dms.invalid"))
		require.ErrorContains(t, err, words)
	}
	assert.Equal(t, int32(3), inMemory.dialled.Load())
}
