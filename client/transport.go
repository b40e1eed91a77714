package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// wire is the end of the chain: a transport, or what the caller brought along in its place.
type wire struct {
	transport http.RoundTripper // nil if the doer is not an http.Client
	shared    bool              // the transport is that of all clients
	cookies   bool              // the doer has a Jar
	doer      Doer              // nil if the transport is used directly
	timeout   time.Duration     // of the caller's http.Client; 0 for none
}

// newWire uses a transport directly where it can: what http.Client adds are redirects, which must not be followed,
// since one would take X-Auth-Token to another host or turn the DELETE into a GET, which may well answer 2xx; and
// cookies.
func (s settings) newWire() wire {
	if s.doer == nil {
		// Where a program has put its own instead of that of package http, for tracing perhaps, that is used.
		if _, ok := http.DefaultTransport.(*http.Transport); !ok {
			return wire{transport: http.DefaultTransport}
		}
		return wire{transport: sharedTransport(), shared: true}
	}
	hc, ok := s.doer.(*http.Client)
	if !ok {
		return wire{doer: s.doer}
	}
	w := wire{transport: hc.Transport, timeout: hc.Timeout}
	if w.transport == nil {
		w.transport = http.DefaultTransport
	}
	if w.cookies = hc.Jar != nil; w.cookies {
		w.doer = &http.Client{
			Transport: w.transport, Jar: hc.Jar,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return w
}

func (w wire) send(req *http.Request, r *record) (resp *http.Response, err error) {
	r.sent = true
	way := new(way) // traced here, so that no login counts as the request
	own := req.WithContext(way.traced(r.ctx))
	if w.doer != nil {
		resp, err = w.doer.Do(own)
	} else {
		resp, err = w.transport.RoundTrip(own)
	}
	if err != nil {
		r.written = way.written(err)
		return nil, err
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	last := resp.Request
	resp.Request = req
	if last != nil && last != own && last.URL != nil &&
		(last.Method != req.Method || last.URL.String() != req.URL.String()) {
		_ = resp.Body.Close()
		return nil, &APIError{StatusCode: resp.StatusCode, followed: true, Err: fmt.Errorf(
			"the HTTP client followed a redirect, which is not allowed: the answer is to %s %s", last.Method, last.URL.Host)}
	}
	return resp, nil
}

// A way is how far the request of one attempt came.
type way struct {
	done  atomic.Bool // the request was written as a whole, if only to a buffer
	trace httptrace.ClientTrace
}

func (w *way) traced(ctx context.Context) context.Context {
	// The transport may try another connection, with which all begins anew.
	w.trace.GetConn = func(string) { w.done.Store(false) }
	w.trace.WroteRequest = func(info httptrace.WroteRequestInfo) { w.done.Store(info.Err == nil) }
	return httptrace.WithClientTrace(ctx, &w.trace)
}

// written reports whether the request may have left before err came of it. On HTTP/1.1 the trace says so before the
// bytes are flushed: then a write that fails is an error of its own.
func (w *way) written(err error) bool {
	var op *net.OpError
	return w.done.Load() && (!errors.As(err, &op) || op.Op != "write" && op.Op != "dial")
}

func (w wire) closeIdle() {
	if w.transport != nil {
		(&http.Client{Transport: w.transport}).CloseIdleConnections()
	}
	if doer, ok := w.doer.(interface{ CloseIdleConnections() }); ok {
		doer.CloseIdleConnections()
	}
}

// forSenders returns a wire for so many senders, of which each has at most one connection: with the one for all
// clients, a sender whose connection another one has taken opens a further one. It is closed by closeIdle when they
// have gone.
func (w wire) forSenders(n int) wire {
	if common, ok := w.transport.(*http.Transport); ok && w.shared {
		own := common.Clone()
		own.MaxConnsPerHost, own.MaxIdleConnsPerHost, own.MaxIdleConns = n, n, 0
		w.transport, w.shared = own, false
	}
	return w
}

// sharedTransport returns the transport of clients without one of their own.
var sharedTransport = sync.OnceValue(func() *http.Transport {
	shared := http.DefaultTransport.(*http.Transport).Clone() // newWire has looked
	shared.MaxIdleConnsPerHost = shared.MaxIdleConns          // a client talks to one host
	shared.MaxResponseHeaderBytes = maxBody
	return shared
})

// redirectError says where a redirect points, which is not followed.
func redirectError(resp *http.Response) error {
	to, err := resp.Location()
	if err != nil {
		return fmt.Errorf("a redirect to %s, which was not followed", quote(resp.Header.Get("Location")))
	}
	from, advice := resp.Request.URL, ""
	if from.Scheme == "http" && to.Scheme == "https" && to.Hostname() == from.Hostname() && to.Path == from.Path {
		advice = "; use https in the endpoint"
	}
	return fmt.Errorf("a redirect to %s, which was not followed%s", quote(to.Redacted()), advice)
}
