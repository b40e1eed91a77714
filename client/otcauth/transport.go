package otcauth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"sync/atomic"

	"github.com/opentelekomcloud/gophertelekomcloud/openstack"
)

// newHTTPClient heeds what the cloud says about TLS, which the SDK reads and forgets.
func newHTTPClient(cloud *openstack.Cloud) (*http.Client, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if cloud.Verify != nil && !*cloud.Verify {
		config.InsecureSkipVerify = true // as the user has written
	}
	if cloud.CACertFile != "" {
		pem, err := os.ReadFile(cloud.CACertFile)
		if err != nil {
			return nil, fmt.Errorf("cacert: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("cacert: there is no certificate in %s", cloud.CACertFile)
		}
	}
	if cloud.ClientCertFile != "" {
		pair, err := tls.LoadX509KeyPair(cloud.ClientCertFile, cloud.ClientKeyFile)
		if err != nil {
			return nil, fmt.Errorf("cert and key: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	if standard, ok := http.DefaultTransport.(*http.Transport); ok {
		transport = standard.Clone()
	}
	transport.TLSClientConfig = config
	transport.MaxIdleConnsPerHost = 100 // one host is all that there is
	transport.MaxResponseHeaderBytes = 64 << 10
	return &http.Client{Transport: transport}, nil
}

// maxLogin is how much of an answer of the identity service is read. A catalog has some hundred kilobytes.
const maxLogin = 8 << 20

// forLogin returns a copy of an HTTP client for one login: it ends with ctx, of which the SDK knows nothing, and
// follows no redirect, which would take a password along. It adds the credentials that pass to seen.
func forLogin(ctx context.Context, hc *http.Client, origin *url.URL, seen *[]string) http.Client {
	own := *hc
	base := own.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	own.Timeout = 0 // of the client as a whole; ctx has the deadline
	own.Transport = &loginTransport{ctx: ctx, base: base, origin: origin, seen: seen}
	own.CheckRedirect = func(*http.Request, []*http.Request) error {
		return errors.New("the identity service redirects, which is not followed; check the auth_url")
	}
	return own
}

// maxLoginRequests is how many requests a login may take. The most that one takes is three.
const maxLoginRequests = 20

type loginTransport struct {
	ctx    context.Context //nolint:containedctx // the SDK has no other way for it to come along
	base   http.RoundTripper
	origin *url.URL
	seen   *[]string // the SDK sends one request after the other
	sent   atomic.Int32
}

// RoundTrip keeps the login with the service that the user named: the SDK goes wherever the links of an answer point.
func (t *loginTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != t.origin.Scheme || req.URL.Host != t.origin.Host {
		return nil, errors.New("the identity service refers to another one, which is not followed; check the auth_url")
	}
	if t.sent.Add(1) > maxLoginRequests {
		return nil, fmt.Errorf("the login takes more than %d requests", maxLoginRequests)
	}
	*t.seen = append(*t.seen, inHeader(req.Header)...)
	resp, err := t.base.RoundTrip(req.WithContext(t.ctx))
	if err != nil {
		return nil, err
	}
	*t.seen = append(*t.seen, inHeader(resp.Header)...)
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxLogin), resp.Body}
	return resp, nil
}
