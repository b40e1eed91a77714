package wire_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance/internal/wire"
)

// newCertificate returns a certificate for example.com, and who trusts it.
func newCertificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	issuer := httptest.NewUnstartedServer(nil)
	issuer.StartTLS()
	defer issuer.Close()
	trusted := issuer.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	return &tls.Config{Certificates: issuer.TLS.Certificates, MinVersion: tls.VersionTLS12}, trusted
}

// secured serves over TLS. It refuses clients that offer no protocol of those that it speaks.
func secured(config *tls.Config, serve server, protocols ...string) server {
	config = config.Clone()
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		config := config.Clone()
		config.NextProtos = protocols
		common := func(p string) bool { return slices.Contains(protocols, p) }
		if protocols != nil && !slices.ContainsFunc(hello.SupportedProtos, common) {
			config.NextProtos = []string{"other"} // crypto/tls would let clients of HTTP/1.1 connect to a server of HTTP/2
		}
		return config, nil
	}
	return func(conn net.Conn) {
		conn = tls.Server(conn, config)
		defer conn.Close()
		if conn.(*tls.Conn).HandshakeContext(context.Background()) != nil {
			return
		}
		if conn.(*tls.Conn).ConnectionState().NegotiatedProtocol == "h2" {
			serve = h2(head(true, ":status", "404"))
		}
		serve(conn)
	}
}

// TestTLS: HTTP/2 is for servers that refuse HTTP/1.1, and for those of whom it is asked. What is wrong is said in
// words.
func TestTLS(t *testing.T) {
	t.Parallel()
	certificate, trusted := newCertificate(t)
	http1 := answering("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", true)
	later := func() time.Time { return time.Date(2150, 1, 1, 0, 0, 0, 0, time.UTC) }
	good := &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}
	named := &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12, ServerName: "example.com"}
	expired := &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12, Time: later}
	insecure := &tls.Config{InsecureSkipVerify: true} //nolint:gosec // G402: what is tested
	const host, other, no2 = "example.com", "dms.invalid", "the server does not speak HTTP/2"
	for name, tc := range map[string]struct {
		speaks []string // "": no TLS
		http2  bool
		config *tls.Config
		host   string
		proto  string
		dials  int32 // of two exchanges
		err    string
	}{
		"both":                       {[]string{"h2", "http/1.1"}, false, good, host, "HTTP/1.1", 2, ""},
		"both, HTTP/2 asked for":     {[]string{"h2", "http/1.1"}, true, good, host, "HTTP/2", 2, ""},
		"HTTP/2 only":                {[]string{"h2"}, false, good, host, "HTTP/2", 3, ""},
		"HTTP/1.1, HTTP/2 asked for": {[]string{"http/1.1"}, true, good, host, "", 1, no2},
		"no word, HTTP/2 asked for":  {nil, true, good, host, "", 1, no2},
		"any certificate":            {nil, false, insecure, other, "HTTP/1.1", 2, ""},
		"other name":                 {nil, false, named, other, "HTTP/1.1", 2, ""},
		"not trusted":                {nil, false, nil, host, "", 1, "name the CA that issued it with --cacert"},
		"other host":                 {nil, false, good, other, "", 1, "for another host than dms.invalid"},
		"expired":                    {nil, false, expired, host, "", 1, "has expired"},
		"no TLS":                     {[]string{""}, false, good, host, "", 1, "is http:// meant?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inMemory := newNetwork(t, secured(certificate, http1, tc.speaks...))
			if slices.Contains(tc.speaks, "") {
				inMemory = newNetwork(t, answering("HTTP/1.0 400 No\r\n\r\n", false))
			}
			transport := &wire.Transport{HTTP2: tc.http2, Dial: inMemory.dial, TLS: tc.config}
			for range 2 {
				_, r, err := exchange(t, transport, "https://"+tc.host)
				says(t, err, tc.err)
				if tc.err != "" {
					noConnection := (*wire.ConnectError)(nil)
					require.ErrorAs(t, err, &noConnection)
					break
				}
				require.NoError(t, r.BodyErr)
				assert.Equal(t, tc.proto, r.Proto)
				assert.Equal(t, 404, r.Status)
				assert.Empty(t, tc.config.NextProtos, "the settings are the caller's")
			}
			assert.Equal(t, tc.dials, inMemory.dialled.Load())
		})
	}
}

// TestProxy: a proxy reads requests in the clear, and makes a tunnel for TLS and HTTP/2.
func TestProxy(t *testing.T) {
	t.Parallel()
	certificate, trusted := newCertificate(t)
	const settings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00" // which come early
	backend := secured(certificate, func(conn net.Conn) {
		request, err := http.ReadRequest(bufio.NewReader(conn))
		if assert.NoError(t, err) {
			assert.Equal(t, "/a", request.RequestURI)
			assert.Empty(t, request.Header.Get("Proxy-Authorization"))
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 404 No\r\n\r\n")
	})
	prior := func(conn net.Conn) {
		_, _ = io.WriteString(conn, settings[5:])
		h2(head(true, ":status", "404"))(conn)
	}
	// proxying checks a request, answers it, and hands the connection on.
	proxying := func(line, answer string, next server) server {
		return func(conn net.Conn) {
			request, err := http.ReadRequest(bufio.NewReader(conn))
			if err != nil {
				return
			}
			assert.Equal(t, line, request.Method+" "+request.RequestURI)
			assert.Equal(t, "Basic dTpzM2NyZXQ=", request.Header.Get("Proxy-Authorization"))
			assert.Equal(t, request.Method == http.MethodConnect, request.Header.Get("X-Auth-Token") == "")
			_, _ = io.WriteString(conn, answer)
			if next != nil {
				next(conn)
			}
		}
	}
	const connect, whole = "CONNECT example.com:443", "DELETE http://example.com/a"
	const ok, found, denied = "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 404 No\r\n\r\n", "HTTP/1.1 407 No\r\n\r\n"
	const length, chunked = "Content-Length: 10\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"
	const unknown = "407 Proxy Authentication Required; put a user and a password that it knows into the URL"
	for name, tc := range map[string]struct {
		server        server
		proxy, target string
		http2         bool
		err           string
	}{
		"plain":                {proxying(whole, found, nil), "http", "http", false, ""},
		"plain, over TLS":      {secured(certificate, proxying(whole, found, nil)), "https", "http", false, ""},
		"plain, refused":       {proxying(whole, denied, nil), "http", "http", false, "proxy example.com:3128: " + unknown},
		"tunnel":               {proxying(connect, ok, backend), "http", "https", false, ""},
		"tunnel with a length": {proxying(connect, ok[:len(ok)-2]+length, backend), "http", "https", false, ""},
		"tunnel in chunks":     {proxying(connect, ok[:len(ok)-2]+chunked, backend), "http", "https", false, ""},
		"tunnel over TLS":      {secured(certificate, proxying(connect, ok, backend)), "https", "https", false, ""},
		"prior knowledge":      {proxying("CONNECT example.com:80", ok+settings[:5], prior), "http", "http", true, ""},
		"tunnel refused":       {proxying(connect, denied, silent), "http", "https", false, "to example.com:443: " + unknown},
		"no answer":            {proxying(connect, "", nil), "http", "https", false, "no answer to CONNECT"},
		"no TLS":               {answering(found, false), "https", "https", false, "does not speak TLS"},
		"other kind":           {nil, "socks5", "https", false, "only http and https proxies"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			through := &url.URL{Scheme: tc.proxy, Host: "example.com:3128", User: url.UserPassword("u", "s3cret")}
			sent, r, err := exchange(t, &wire.Transport{
				TLS: &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}, HTTP2: tc.http2,
				Proxy: func(*url.URL) (*url.URL, error) { return through, nil }, Dial: newNetwork(t, tc.server).dial,
			}, tc.target+"://example.com")
			assert.NotContains(t, sent, "Proxy-Authorization")
			says(t, err, tc.err)
			if tc.err == "" {
				assert.Equal(t, 404, r.Status)
				return
			}
			noConnection := (*wire.ConnectError)(nil)
			require.ErrorAs(t, err, &noConnection)
			require.ErrorContains(t, err, "proxy example.com:3128: ")
			assert.NotContains(t, err.Error(), "s3cret")
		})
	}
	_, _, err := exchange(t, &wire.Transport{
		Proxy: func(*url.URL) (*url.URL, error) { return nil, errors.New("u:s3cret") },
	}, "http://example.com")
	require.ErrorContains(t, err, "the settings of the environment")
	assert.NotContains(t, err.Error(), "s3cret")
}
