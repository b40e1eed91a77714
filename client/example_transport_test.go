package client_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

// A proxy that is not that of the environment (HTTPS_PROXY), which is used without further ado.
func ExampleWithHTTPClient_proxy() {
	srv := clienttest.NewServer()
	defer srv.Close()
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		fmt.Println("proxy:", r.In.Method, r.In.URL.Host == srv.Listener.Addr().String())
	}})
	defer proxy.Close()

	proxyURL, err := url.Parse(proxy.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	transport := &http.Transport{Proxy: http.ProxyURL(proxyURL)}
	defer transport.CloseIdleConnections()
	c, err := client.New(srv.URL, client.WithToken(srv.Token),
		client.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.DeleteTask(context.Background(), srv.NewTask()))
	// Output:
	// proxy: DELETE true
	// <nil>
}

// A gateway that wants a certificate of its clients (mutual TLS), and has one of a private authority itself.
func ExampleWithHTTPClient_clientCertificate() {
	mine, err := selfSigned()
	if err != nil {
		fmt.Println(err)
		return
	}
	srv := clienttest.NewServer()
	defer srv.Close()
	gateway := httptest.NewUnstartedServer(srv.Config.Handler)
	gateway.TLS = &tls.Config{
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS13,
	}
	gateway.TLS.ClientCAs.AddCert(mine.Leaf)
	gateway.StartTLS()
	defer gateway.Close()

	trusted := x509.NewCertPool() // a program has PEM files: AppendCertsFromPEM, and tls.LoadX509KeyPair for its own
	trusted.AddCert(gateway.Certificate())
	transport := &http.Transport{TLSClientConfig: &tls.Config{
		Certificates: []tls.Certificate{mine}, RootCAs: trusted, MinVersion: tls.VersionTLS12,
	}}
	defer transport.CloseIdleConnections()
	c, err := client.New(gateway.URL, client.WithToken(srv.Token),
		client.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		fmt.Println(err)
		return
	}
	task := srv.NewTask()
	fmt.Println(c.DeleteTask(context.Background(), task), srv.HasTask(task))
	// Output: <nil> false
}

// selfSigned makes a certificate that a client can show.
func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}

// OpenTelemetry: a span for every attempt, within the span of the context.
func ExampleWithHTTPClient_openTelemetry() {
	srv := clienttest.NewServer()
	defer srv.Close()
	srv.AnswerNext(1, clienttest.Error(http.StatusServiceUnavailable, "DMS.111501025", "Try later.", nil))

	spans := tracetest.NewSpanRecorder() // a program has an exporter here
	provider := trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	transport := otelhttp.NewTransport(http.DefaultTransport, otelhttp.WithTracerProvider(provider))
	c, err := client.New(srv.URL, client.WithToken(srv.Token),
		client.WithHTTPClient(&http.Client{Transport: transport}),
		client.WithRetry(client.RetryPolicy{BaseDelay: time.Millisecond}))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, span := provider.Tracer("purge").Start(context.Background(), "purge")
	fmt.Println(c.DeleteTask(ctx, srv.NewTask()))
	span.End()

	for _, s := range spans.Ended() {
		fmt.Println(s.Name(), s.Status().Code, s.SpanContext().TraceID() == span.SpanContext().TraceID())
	}
	// Output:
	// <nil>
	// HTTP DELETE Error true
	// HTTP DELETE Unset true
	// purge Unset true
}

// A stopwatch is a RoundTripper of one's own: it sees every attempt.
type stopwatch struct{ next http.RoundTripper }

func (s stopwatch) RoundTrip(req *http.Request) (*http.Response, error) {
	started := time.Now()
	resp, err := s.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	fmt.Println(req.Method, resp.StatusCode, time.Since(started) < time.Minute)
	return resp, nil
}

func ExampleWithHTTPClient_roundTripper() {
	srv := clienttest.NewServer()
	defer srv.Close()
	srv.AnswerNext(1, clienttest.Error(http.StatusServiceUnavailable, "DMS.111501025", "Try later.", nil))

	c, err := client.New(srv.URL, client.WithToken(srv.Token),
		client.WithHTTPClient(&http.Client{Transport: stopwatch{http.DefaultTransport}}),
		client.WithRetry(client.RetryPolicy{BaseDelay: time.Millisecond}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.DeleteTask(context.Background(), srv.NewTask()))
	// Output:
	// DELETE 503 true
	// DELETE 204 true
	// <nil>
}
