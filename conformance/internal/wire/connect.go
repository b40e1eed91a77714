package wire

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// connect returns a connection to the server, for the version of HTTP that it speaks.
func (t *Transport) connect(ctx context.Context, u *url.URL) (_ link, err error) {
	var proxy *url.URL
	if t.Proxy != nil {
		if proxy, err = t.Proxy(u); err != nil {
			return nil, errors.New("the proxy settings of the environment cannot be used") // err may quote them
		}
		if proxy != nil && proxy.Scheme != "http" && proxy.Scheme != "https" {
			return nil, proxyError(proxy, errors.New("only http and https proxies are supported"))
		}
	}
	protocol := "http/1.1"
	if t.HTTP2 || u.Scheme == "https" && t.noHTTP1.Load() {
		protocol = "h2"
	}
	conn, err := t.dial(ctx, u, proxy)
	if err == nil && u.Scheme == "https" {
		proxy = nil // it has made a tunnel
		conn, err = t.handshake(ctx, conn, u, protocol)
	}
	switch {
	case errors.Is(err, errRefused) && protocol == "h2":
		return nil, errNoHTTP2
	case errors.Is(err, errRefused):
		t.noHTTP1.Store(true)
		return t.connect(ctx, u)
	case err != nil:
		return nil, err
	case protocol == "h2":
		client, err := multiplexed.NewClientConn(conn) // which closes the connection if there is an error
		return &link2{client}, err
	}
	return &link1{conn, proxy}, nil
}

// errRefused: a server does not speak the version of HTTP that it was offered.
var errRefused = errors.New("it refuses this version of HTTP")

// handshake sets up TLS with a host, for one protocol. It closes the connection if that fails.
func (t *Transport) handshake(ctx context.Context, conn net.Conn, u *url.URL, protocol string) (net.Conn, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.TLS != nil {
		config = t.TLS.Clone()
	}
	config.NextProtos = []string{protocol}
	config.ServerName = cmp.Or(config.ServerName, u.Hostname())
	secured := tls.Client(conn, config)
	err := secured.HandshakeContext(ctx)
	remote := (*net.OpError)(nil)
	// The alert is of a type that crypto/tls keeps to itself. RFC 7301 section 3.2 says what it means.
	if errors.As(err, &remote) && remote.Op == "remote error" && remote.Err.Error() == tls.AlertError(120).Error() ||
		err == nil && protocol == "h2" && secured.ConnectionState().NegotiatedProtocol != protocol {
		err = errRefused
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secured, nil
}

// dial connects to the server, or through a proxy to it.
func (t *Transport) dial(ctx context.Context, u, proxy *url.URL) (net.Conn, error) {
	dial := t.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, "tcp", address(cmp.Or(proxy, u)))
	if err == nil {
		conn = &queue{Conn: conn}
	}
	if proxy == nil {
		return conn, err
	}
	if err == nil && proxy.Scheme == "https" {
		conn, err = t.handshake(ctx, conn, proxy, "http/1.1")
	}
	if err == nil && (u.Scheme == "https" || t.HTTP2) { // else it reads the whole URL from the request
		err = tunnel(ctx, conn, proxy, address(u))
	}
	if err != nil {
		return nil, proxyError(proxy, err)
	}
	return conn, nil
}

// address returns host and port of a URL.
func address(u *url.URL) string {
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme]))
}

// tunnel asks a proxy to connect (RFC 9110 section 9.3.6). It closes the connection if that fails.
func tunnel(ctx context.Context, conn net.Conn, proxy *url.URL, target string) error {
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\nHost: %[1]s\r\n%s\r\n", target, authorization(proxy))
	// Byte by byte: what follows the response is for TLS.
	reader := bufio.NewReaderSize(io.LimitReader(oneByte{conn}, MaxResponse), 16)
	//nolint:bodyclose // to close a body is to read it, and what follows a 2xx is none, whatever it says of its length
	response, err := http.ReadResponse(reader, &http.Request{Method: http.MethodConnect})
	switch {
	case err != nil:
		err = fmt.Errorf("no response to CONNECT: %w", err)
	case response.StatusCode/100 != 2:
		err = fmt.Errorf("it refuses to connect to %s: %w", target, refusal(response.StatusCode))
	default:
		return nil
	}
	_ = conn.Close()
	return err
}

// ProxyCredentials returns the value of Proxy-Authorization for a proxy (RFC 9110 section 11.7.2), or "".
func ProxyCredentials(proxy *url.URL) string {
	if proxy.User == nil {
		return ""
	}
	password, _ := proxy.User.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(proxy.User.Username()+":"+password))
}

// authorization returns the field with the credentials for a proxy, or "".
func authorization(proxy *url.URL) string {
	if proxy == nil || proxy.User == nil {
		return ""
	}
	return "Proxy-Authorization: " + ProxyCredentials(proxy) + "\r\n"
}

// oneByte reads no more than one byte at a time.
type oneByte struct{ io.Reader }

func (r oneByte) Read(p []byte) (int, error) { return r.Reader.Read(p[:min(1, len(p))]) }

// proxyError adds that an error is about a proxy, and which.
func proxyError(proxy *url.URL, err error) error {
	return fmt.Errorf("proxy %s: %s", proxy.Host, explainTLS(err))
}

// refusal describes the response of a proxy, and what to do about it.
func refusal(status int) error {
	said := fmt.Sprintf("%d %s", status, http.StatusText(status))
	if status == http.StatusProxyAuthRequired {
		said += "; put a valid user name and password into the URL of the proxy"
	}
	return errors.New(said)
}

// A queue is a connection whose writes do not wait for the server to read: it may answer, and close, before it has read
// everything, and net.Pipe has no buffer. A failed write is not reported: what counts is the response, and if there
// is none, reading fails too. One goroutine writes at a time.
type queue struct {
	net.Conn
	written chan struct{} // closed when there is nothing left to write; nil: nothing was written
}

func (q *queue) Write(p []byte) (int, error) {
	before, written := q.written, make(chan struct{})
	q.written = written
	p = bytes.Clone(p)
	go func() {
		defer close(written)
		if before != nil {
			<-before
		}
		_, _ = q.Conn.Write(p)
	}()
	return len(p), nil
}

// ConnectError means that there is no connection to a server.
type ConnectError struct{ err error }

func (e *ConnectError) Error() string { return "no connection: " + explainTLS(e.err) }

// Unwrap returns why.
func (e *ConnectError) Unwrap() error { return e.err }

// explainTLS adds what to do about an error of TLS, if that is known.
func explainTLS(err error) string {
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		record  tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &unknown):
		return "the certificate is not trusted: name the CA that issued it with --cacert (in Go, Options.TLS)"
	case errors.As(err, &name):
		return fmt.Sprintf("the certificate is not for the host %s; is the URL right?", name.Host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate has expired or is not valid yet; is the clock right? " + invalid.Detail
	case errors.As(err, &record):
		return "the server does not speak TLS; did you mean http://?"
	}
	return err.Error()
}
