// Package wire makes single HTTP exchanges and shows all bytes of the response. net/http is not enough for a
// conformance check: its client hides what a server sends after the header section of a 204.
package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// A Transport sends requests.
type Transport struct {
	TLS     *tls.Config                      // nil: what the system trusts
	Proxy   func(*url.URL) (*url.URL, error) // nil: none
	Timeout time.Duration                    // for one response, from the connection to the last byte
	HTTP2   bool                             // HTTP/2 only; with prior knowledge over http (RFC 9113 section 3.3)

	// Dial connects to a server or a proxy; nil is a net.Dialer. The connections need no buffer: net.Pipe is enough.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	noHTTP1 atomic.Bool // the server has refused HTTP/1.1 while TLS was set up
}

// Exchange sends a request on a connection of its own and reads the response: over HTTP/1.1, or over HTTP/2 if the
// transport is set to it or the server refuses HTTP/1.1 in TLS (ALPN, RFC 7301). In HTTP/1.1 it asks the server to
// close the connection, and watches for bytes that come after the response.
//
// A request is sent once. The exception is HTTP/2, if the server reports that it did not process the request (RFC 9113
// section 8.7): one without content is then sent again, at most twice. The error says what happened before there was a
// response.
func (t *Transport) Exchange(ctx context.Context, request *http.Request) (sent []byte, _ *Response, _ error) {
	return (&Session{transport: t}).Exchange(ctx, request)
}

// settling is how long a connection is watched before it is used again: a server that closes it right after a response,
// without a word, should not be sent a request that it will not read.
const settling = 2 * time.Millisecond

// A Session makes exchanges one after the other, on one connection as long as the server keeps it open (RFC 9112
// section 9.3, RFC 9113 section 9.1). It must not be used by several goroutines at a time.
type Session struct {
	transport *Transport
	keep      bool
	link      link     // nil: none
	to        *url.URL // where it leads
}

// A link is a connection on which a version of HTTP is spoken.
type link interface {
	io.Closer
	// usable reports whether the connection takes another request.
	usable() bool
	exchange(ctx context.Context, request *http.Request, keep bool) (sent []byte, _ *Response, _ error)
}

// Keep returns a session. It has no connection yet.
func (t *Transport) Keep() *Session { return &Session{transport: t, keep: true} }

// Close closes the connection.
func (s *Session) Close() (err error) {
	if s.link != nil {
		err, s.link = s.link.Close(), nil
	}
	return err
}

// Exchange is like [Transport.Exchange], on the connection of the session if there is one. It does not wait for
// bytes after the response. Those that have come with it count as excess, and the next exchange has a new connection.
func (s *Session) Exchange(ctx context.Context, request *http.Request) (sent []byte, r *Response, err error) {
	timeout := timeoutError(s.transport.Timeout)
	ctx, cancel := context.WithTimeoutCause(ctx, s.transport.Timeout, timeout)
	defer cancel()
	empty := request.Body == nil || request.Body == http.NoBody
	for again := 2; ; again-- {
		reused := s.link != nil
		sent, r, err = s.try(ctx, request)
		if reused && err != nil && ctx.Err() == nil { // the server may close a connection at any time (RFC 9112 section 9.5)
			err = fmt.Errorf("%w: %w", errUnprocessed, err)
		}
		if err != nil || !s.keep || r.ends() || ctx.Err() != nil {
			_ = s.Close()
		}
		if again == 0 || !empty || !errors.Is(err, errUnprocessed) || ctx.Err() != nil {
			break
		}
	}
	if r != nil {
		r.BodyErr = late(ctx, timeout, r.BodyErr)
	}
	return sent, r, late(ctx, timeout, err)
}

// errUnprocessed is an error of a server that promises not to have processed the request (RFC 9113 section 8.7).
var errUnprocessed = errors.New("the server did not process the request")

// try sends a request once.
func (s *Session) try(ctx context.Context, request *http.Request) (sent []byte, _ *Response, err error) {
	u := request.URL
	if s.link != nil && (u.Scheme != s.to.Scheme || u.Host != s.to.Host || !s.link.usable()) {
		_ = s.Close()
	}
	if s.link == nil {
		if s.link, err = s.transport.connect(ctx, u); err != nil {
			var unsent bytes.Buffer
			_ = request.Write(&unsent) // into a buffer, to show what would have been sent
			return unsent.Bytes(), nil, &ConnectError{err}
		}
		s.to = u
	}
	return s.link.exchange(ctx, request, s.keep)
}

// A timeoutError means that the time for one response is over, and not that of the run.
type timeoutError time.Duration

func (e timeoutError) Error() string { return "no full response within " + time.Duration(e).String() }

// Unwrap makes it the error that callers look for.
func (timeoutError) Unwrap() error { return context.DeadlineExceeded }

// late replaces an error that comes from the end of the time by one that says so.
func late(ctx context.Context, timeout timeoutError, err error) error {
	cause := context.Cause(ctx)
	if err == nil || cause == nil {
		return err
	}
	if errors.Is(cause, timeout) {
		return cause
	}
	return fmt.Errorf("no response: %w", cause)
}
