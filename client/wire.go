package client

import (
	"errors"
	"fmt"
	"net/http"
)

// wire is the end of the chain: the doer that the caller brought along, or our own.
type wire struct {
	doer    HttpRequestDoer
	foreign bool // not an *http.Client: what it does with redirects is its own affair
	shown   *redactor
}

// newWire takes the redirect policy off a copy of an *http.Client: the caller's own stays as it is. A redirect would
// take X-Auth-Token to another host, or turn the DELETE into a GET, which may well answer 2xx.
func newWire(doer HttpRequestDoer, shown *redactor) wire {
	var own http.Client
	switch d := doer.(type) {
	case nil:
		own.Transport = newTransport()
	case *http.Client:
		if d == nil {
			d = http.DefaultClient
		}
		own = *d
	default:
		return wire{doer: doer, foreign: true, shown: shown}
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if own.Transport == nil {
		own.Transport = http.DefaultTransport
	}
	own.Transport = readableLocation{own.Transport}
	return wire{doer: &own, shown: shown}
}

// readableLocation drops a Location that is no URL: http.Client would make an error of it, which hides the status.
type readableLocation struct{ http.RoundTripper }

func (t readableLocation) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.RoundTripper.RoundTrip(req)
	if err == nil && resp != nil && resp.StatusCode/100 == 3 {
		if _, err := resp.Location(); err != nil {
			resp.Header.Del("Location")
		}
	}
	return resp, err
}

// Do sends the request. When a foreign doer has followed a redirect, its answer is about another request and proves
// nothing.
func (w wire) Do(req *http.Request) (*http.Response, error) {
	resp, err := w.doer.Do(req)
	if err != nil {
		return nil, err
	}
	if resp == nil {
		return nil, errors.New("the HTTP client returned neither a response nor an error")
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	last := resp.Request
	resp.Request = req
	if w.foreign && last != nil && last.URL != nil &&
		(last.Method != req.Method || last.URL.String() != req.URL.String()) {
		_ = resp.Body.Close()
		return nil, &APIError{StatusCode: resp.StatusCode, Err: show(fmt.Errorf(
			"the HTTP client followed a redirect, which it must not: the answer is to a %s to %s",
			last.Method, last.URL.Host), w.shown.of(req.Header))} // of the URL the server is the author
	}
	return resp, nil
}

// newTransport is Go's default transport with more idle connections to the one host that a client talks to, and with
// a limit on the header section of a response like that on its body.
func newTransport() http.RoundTripper {
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport // The program has its own, with tracing perhaps: use that.
	}
	t := standard.Clone()
	t.MaxIdleConnsPerHost = t.MaxIdleConns
	t.MaxResponseHeaderBytes = maxBody
	return t
}
