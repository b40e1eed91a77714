package client_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"time"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

// A proxy that is not that of the environment (HTTPS_PROXY), which is used without further ado.
func ExampleWithTransport() {
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
	c, err := client.New(srv.URL, client.WithToken(srv.Token), client.WithTransport(transport))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.DeleteTask(context.Background(), srv.NewTask()))
	// Output:
	// proxy: DELETE true
	// <nil>
}

// Metrics: the hook sees every attempt.
func ExampleWithOnAttempt() {
	srv := clienttest.NewServer()
	defer srv.Close()
	srv.AnswerNext(1, clienttest.Error(http.StatusServiceUnavailable, "DMS.111501025", "Try later.", nil))

	c, err := client.New(srv.URL, client.WithToken(srv.Token),
		client.WithRetry(client.RetryPolicy{BaseDelay: time.Millisecond}),
		client.WithOnAttempt(func(a client.Attempt) {
			fmt.Println(a.Method, a.Number, a.StatusCode, a.Code, a.Retried, a.Duration < time.Minute)
		}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.DeleteTask(context.Background(), srv.NewTask()))
	// Output:
	// DELETE 1 503 DMS.111501025 true true
	// DELETE 2 204  false true
	// <nil>
}
