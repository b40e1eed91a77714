package interop

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
)

// A proxy is a program that stands before the embedded server. Its settings are in the directory of that name.
type proxy struct {
	name, config string
	args         []string
	scheme       string // of the backend, in the settings

	refuses, limits string // what the check finds in answers that the proxy makes, as its defaults leave it
	version         string // with which docs/interop.md was written
	url, summary    string
}

var proxies = []proxy{
	{
		name: "nginx", config: "nginx.conf", args: []string{"-e", "stderr", "-p", ".", "-c", "nginx.conf"},
		scheme: "http://", refuses: "400 Bad Request, text/html", limits: "400 Bad Request, text/html",
		version: "1.22.1", url: "https://nginx.org/",
		summary: "its own 400 for `%00` in a path is an HTML page; its 503 above the limit is repeated, and not judged",
	},
	{
		name: "haproxy", config: "haproxy.cfg", args: []string{"-db", "-f", "haproxy.cfg"},
		limits: "429 Too Many Requests, text/html", version: "2.6.12", url: "https://www.haproxy.org/",
		summary: "its own 429 above the limit is an HTML page; below the limit, the check passes",
	},
}

// logVersion says which version was found: that of the machine, which may not be the one of docs/interop.md.
func (p proxy) logVersion(t *testing.T) {
	t.Helper()
	output, err := command(t, ".", p.name, "-v").CombinedOutput()
	require.NoError(t, err)
	if !strings.Contains(string(output), p.version) {
		t.Logf("docs/interop.md was written with %s %s, this is another: %s", p.name, p.version, output)
	}
}

// A front is where a proxy listens, and the client that trusts its certificate.
type front struct {
	plain, secure string
	tls           *tls.Config
}

// TestProxies: check and client work through proxies of others, and tell when the service behind one is down. Answers
// that a proxy makes itself violate the contract unless it is told what they are: see docs/implementing.md.
func TestProxies(t *testing.T) {
	t.Parallel()
	for _, p := range proxies {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			wanted(t, p.name)
			p.logVersion(t)
			t.Cleanup(func() { // when the tests below have ended
				if !t.Failed() {
					documented(t, p.name, "- **"+p.name+"**: "+p.summary+"\n")
				}
			})
			for name, tc := range map[string]struct{ hooks, limit bool }{
				"defaults":        {},
				"defaults, limit": {limit: true},
				"hooks":           {hooks: true},
				"hooks, limit":    {hooks: true, limit: true},
			} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					server := clienttest.New(t)
					f := p.start(t, server.Listener.Addr().String(), tc.hooks, tc.limit)
					f.passes(t, server, "HTTP 1.1", f.plain, false, p.reason(tc.hooks, tc.limit))
					if tc.limit && !tc.hooks {
						return // which takes long, and is not about the version
					}
					f.passes(t, server, "TLS", f.secure, false, p.reason(tc.hooks, tc.limit))
					f.passes(t, server, "HTTP 2", f.secure, true, p.reason(tc.hooks, tc.limit))
				})
			}
			for name, hooks := range map[string]bool{"defaults, service down": false, "hooks, service down": true} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					server := clienttest.New(t)
					f := p.start(t, "127.0.0.1:1", hooks, false) // where nothing listens
					_, err := f.check(t, server, f.plain, false)
					require.ErrorIs(t, err, conformance.ErrUnavailable)
					err = f.client(t, server, f.plain, false).DeleteTask(t.Context(), server.NewTask())
					require.ErrorIs(t, err, client.ErrUnavailable)
				})
			}
		})
	}
}

// reason is what the check finds in the answers that the proxy makes itself, or "" if nothing.
func (p proxy) reason(hooks, limit bool) string {
	switch {
	case hooks:
		return ""
	case limit:
		return p.limits
	default:
		return p.refuses
	}
}

// passes holds the server behind the proxy against the contract. If there is a reason, the rule error-response is
// violated for it, and nothing else. The client deletes in any case.
func (f front) passes(t *testing.T, server *clienttest.Server, name, url string, http2 bool, reason string) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		report, err := f.check(t, server, url, http2)
		require.NoError(t, err)
		t.Logf("%d requests in %.2f s", report.Requests, report.Duration)
		for _, result := range report.Results {
			if reason != "" && result.Rule.ID == "error-response" {
				assert.Contains(t, fmt.Sprint(result.Violations), reason)
				continue
			}
			assert.Equal(t, conformance.Passed, result.Outcome, "%s: %v", result.Rule.ID, result.Violations)
		}
		assert.Equal(t, reason == "", report.Conforms())
		require.NoError(t, f.client(t, server, url, http2).DeleteTask(t.Context(), server.NewTask()))
	})
}

// start starts a proxy before a backend.
func (p proxy) start(t *testing.T, backend string, hooks, limit bool) front {
	t.Helper()
	dir := t.TempDir()
	plain, secure := freePort(t), freePort(t)
	settings, err := template.ParseFiles(filepath.Join(p.name, p.config))
	require.NoError(t, err)
	var text strings.Builder
	require.NoError(t, settings.Execute(&text, map[string]any{
		"Plain": plain, "TLS": secure, "Backend": p.scheme + backend, "Hooks": hooks, "Limit": limit,
	}))
	require.NoError(t, os.WriteFile(filepath.Join(dir, p.config), []byte(text.String()), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "tmp"), 0o750))

	// The certificate of httptest is good for loopback.
	borrowed := httptest.NewTLSServer(nil)
	borrowed.Close()
	key, err := x509.MarshalPKCS8PrivateKey(borrowed.TLS.Certificates[0].PrivateKey)
	require.NoError(t, err)
	certificate := borrowed.Certificate()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "cert.pem"), append(
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...), 0o600))
	roots := x509.NewCertPool()
	roots.AddCert(certificate)

	run(t, command(t, dir, p.name, p.args...))
	host := func(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
	listens(t, host(plain), p.name)
	listens(t, host(secure), p.name)
	return front{
		plain: "http://" + host(plain), secure: "https://" + host(secure),
		tls: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}
}

func (f front) check(
	t *testing.T, server *clienttest.Server, url string, http2 bool,
) (*conformance.Report, error) {
	t.Helper()
	task := server.NewTask()
	return conformance.Run(t.Context(), conformance.Target{
		Endpoint: url, Token: server.Token,
		IDs: map[string]string{
			"project_id": string(task.ProjectID), "instance_id": string(task.InstanceID), "task_id": string(task.TaskID),
		},
	}, conformance.Options{Strict: true, TLS: f.tls, HTTP2: http2})
}

// client returns a client, whose transport takes HTTP/2 only where it is to.
func (f front) client(t *testing.T, server *clienttest.Server, url string, http2 bool) *client.Client {
	t.Helper()
	protocols := &http.Protocols{}
	protocols.SetHTTP1(!http2)
	protocols.SetHTTP2(http2)
	transport := &http.Transport{TLSClientConfig: f.tls.Clone(), Protocols: protocols}
	t.Cleanup(transport.CloseIdleConnections)
	c, err := client.New(url, client.WithToken(server.Token), client.WithTransport(transport))
	require.NoError(t, err)
	return c
}
