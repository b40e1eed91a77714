// Package wire makes single HTTP exchanges and shows all bytes of the answer. net/http is not enough for a conformance
// check: its client hides what a server sends after the header section of a 204.
package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

const (
	// MaxResponse is how many bytes of a response are read, header section and all.
	MaxResponse = 256 << 10
	// lingering is how long after a response the connection is watched for bytes that should not come.
	// A server that closes it, as it is asked to, ends the watch at once.
	lingering = 250 * time.Millisecond
	// lingeringEmpty is so after an answer that has no content, where a server that has some writes it a little later.
	lingeringEmpty = time.Second
)

// A Transport sends requests, each on a connection of its own.
type Transport struct {
	TLS     *tls.Config                      // nil: what the system trusts
	Proxy   func(*url.URL) (*url.URL, error) // nil: none
	Timeout time.Duration                    // for one answer, from the connection to the last byte
	HTTP2   bool                             // HTTP/2 only

	noHTTP1 atomic.Bool // the server has refused HTTP/1.1 while TLS was set up
}

// Exchange sends a request and reads the answer: over HTTP/1.1, or over HTTP/2 if the transport is set to it or the
// server refuses HTTP/1.1 in TLS (ALPN, RFC 7301). A request is never sent twice. The error says what happened before
// there was an answer.
func (t *Transport) Exchange(ctx context.Context, request *http.Request) (sent []byte, _ *Response, _ error) {
	ctx, cancel := context.WithTimeoutCause(ctx, t.Timeout, timeoutError(t.Timeout))
	defer cancel()
	conn, http2, err := t.connect(ctx, request.URL)
	if err != nil {
		var unsent bytes.Buffer
		_ = request.Write(&unsent) // into a buffer, to show what would have been sent
		return unsent.Bytes(), nil, t.late(ctx, connectError(err))
	}
	defer conn.Close()
	// Ends reads and writes as soon as the context does.
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	var r *Response
	if http2 {
		sent, r, err = exchange2(conn, request)
	} else {
		sent, r, err = t.exchange1(ctx, conn, request)
	}
	if r != nil {
		r.BodyErr = t.late(ctx, r.BodyErr)
	}
	return sent, r, t.late(ctx, err)
}

// A timeoutError says that the time for one answer is over, and not that of the run.
type timeoutError time.Duration

func (e timeoutError) Error() string { return fmt.Sprintf("no answer within %v", time.Duration(e)) }

// Unwrap makes it what others know by that name.
func (timeoutError) Unwrap() error { return context.DeadlineExceeded }

// late says that an error comes from the end of the time, if that is so.
func (t *Transport) late(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	cause := context.Cause(ctx)
	switch {
	case errors.Is(err, errHTTP2):
		return err // it is known by then what was wrong
	case errors.Is(cause, timeoutError(t.Timeout)):
		return cause
	}
	return fmt.Errorf("no answer: %w", cause)
}

// connect returns a connection to the server, and whether it is for HTTP/2.
func (t *Transport) connect(ctx context.Context, u *url.URL) (_ net.Conn, http2 bool, _ error) {
	if u.Scheme == "http" {
		conn, err := t.dial(ctx, u)
		return conn, t.HTTP2, err
	}
	if !t.HTTP2 && !t.noHTTP1.Load() {
		conn, err := t.dialTLS(ctx, u, "http/1.1")
		if !refusesProtocol(conn, err) {
			return conn, false, err
		}
		t.noHTTP1.Store(true)
	}
	conn, err := t.dialTLS(ctx, u, "h2")
	if err == nil && conn.ConnectionState().NegotiatedProtocol != "h2" {
		_ = conn.Close()
		return nil, false, errors.New("the server does not speak HTTP/2")
	}
	return conn, true, err
}

// refusesProtocol reports whether a server takes no HTTP/1.1, and closes the connection if so.
func refusesProtocol(conn *tls.Conn, err error) bool {
	if err != nil {
		remote := (*net.OpError)(nil) // with an alert of a type that crypto/tls keeps to itself
		return errors.As(err, &remote) && remote.Op == "remote error" &&
			remote.Err.Error() == errNoProtocol.Error()
	}
	if conn.ConnectionState().NegotiatedProtocol == "h2" {
		_ = conn.Close()
		return true
	}
	return false
}

// errNoProtocol is the alert of RFC 7301 section 3.2.
const errNoProtocol tls.AlertError = 120

// dialTLS connects and sets up TLS, for one protocol.
func (t *Transport) dialTLS(ctx context.Context, u *url.URL, protocol string) (*tls.Conn, error) {
	conn, err := t.dial(ctx, u)
	if err != nil {
		return nil, err
	}
	return t.handshake(ctx, conn, u, protocol)
}

// handshake sets up TLS with a host, for one protocol. It closes the connection if that fails.
func (t *Transport) handshake(ctx context.Context, conn net.Conn, u *url.URL, protocol string) (*tls.Conn, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.TLS != nil {
		config = t.TLS.Clone()
	}
	config.NextProtos = []string{protocol}
	if config.ServerName == "" {
		config.ServerName = u.Hostname()
	}
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secured, nil
}
