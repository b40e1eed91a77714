package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestProxy: a proxy is that of the environment of the process, and so the test is not parallel. Nobody but the proxy
// knows the host.
func TestProxy(t *testing.T) {
	for _, name := range []string{
		"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "REQUEST_METHOD",
	} {
		t.Setenv(name, "")
	}
	for name, tc := range map[string]struct {
		variable, endpoint string
		args               []string
	}{
		"plain": {"HTTP_PROXY", "http://dms.invalid", nil},
		"TLS":   {"HTTPS_PROXY", "https://dms.invalid", []string{"--insecure"}},
	} {
		t.Run(name, func(t *testing.T) {
			server, env := newServer(t)
			secured := httptest.NewTLSServer(server.Config.Handler)
			t.Cleanup(secured.Close)
			var asked atomic.Int32
			proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				assert.Equal(t, "dms.invalid", strings.TrimSuffix(r.Host, ":443"))
				if r.Method == http.MethodConnect {
					tunnel(w, r, secured.Listener.Addr())
					return
				}
				server.Config.Handler.ServeHTTP(w, r)
			}))
			t.Cleanup(proxy.Close)
			t.Setenv(tc.variable, proxy.URL)
			env["DMS_ENDPOINT"] = tc.endpoint
			got := command(t, env, tc.args...)
			assert.Equal(t, conforms, got.status, got.stdout+got.stderr)
			assert.Contains(t, got.stdout, tc.endpoint+" conforms")
			assert.Len(t, server.Requests(), int(asked.Load()))
			assert.NotZero(t, asked.Load())
		})
	}
}

// tunnel connects a client with a server (RFC 9110 section 9.3.6).
func tunnel(w http.ResponseWriter, r *http.Request, to net.Addr) {
	server, err := new(net.Dialer).DialContext(r.Context(), to.Network(), to.String())
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
	_, _ = io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() { _, _ = io.Copy(server, buffered) }()
	_, _ = io.Copy(client, server)
}
