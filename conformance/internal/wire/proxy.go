package wire

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// proxyOf returns the proxy for a URL, or nil.
func (t *Transport) proxyOf(u *url.URL) *url.URL {
	if t.Proxy == nil {
		return nil
	}
	proxy, err := t.Proxy(u)
	if err != nil {
		return &url.URL{Scheme: "invalid", Host: "the settings of the environment"}
	}
	return proxy
}

// dial connects to the server, or through a proxy to it.
func (t *Transport) dial(ctx context.Context, u *url.URL) (net.Conn, error) {
	proxy := t.proxyOf(u)
	if proxy == nil {
		return new(net.Dialer).DialContext(ctx, "tcp", address(u))
	}
	if proxy.Scheme != "http" && proxy.Scheme != "https" {
		return nil, fmt.Errorf("proxy %s: only http and https proxies are supported", proxy.Host)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address(proxy))
	if err != nil {
		return nil, fmt.Errorf("proxy %s: %w", proxy.Host, err)
	}
	if proxy.Scheme == "https" {
		secured, err := t.handshake(ctx, conn, proxy, "http/1.1")
		if err != nil {
			return nil, fmt.Errorf("proxy %s: %s", proxy.Host, explainTLS(err))
		}
		conn = secured
	}
	if u.Scheme == "http" && !t.HTTP2 {
		return conn, nil // it reads the whole URL from the request
	}
	if err := tunnel(ctx, conn, proxy, address(u)); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("proxy %s: %w", proxy.Host, err)
	}
	return conn, nil
}

// tunnel asks a proxy to connect (RFC 9110 section 9.3.6).
func tunnel(ctx context.Context, conn net.Conn, proxy *url.URL, target string) error {
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	request := &http.Request{
		Method: http.MethodConnect, URL: &url.URL{Opaque: target}, Host: target, Header: make(http.Header),
	}
	if credentials := ProxyCredentials(proxy); credentials != "" {
		request.Header.Set("Proxy-Authorization", credentials)
	}
	if err := request.Write(conn); err != nil {
		return err
	}
	// Byte by byte: what follows the answer is for TLS.
	reader := bufio.NewReaderSize(io.LimitReader(oneByte{conn}, MaxResponse), 16)
	//nolint:bodyclose // to close a body is to read it, and what follows a 2xx is none, whatever it says of its length
	response, err := http.ReadResponse(reader, request)
	if err != nil {
		return fmt.Errorf("no answer to CONNECT: %w", err)
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("it refuses to connect to %s: %w", target, refusal(response.StatusCode))
	}
	return nil
}

// ProxyCredentials returns what a proxy is told in Proxy-Authorization (RFC 9110 section 11.7.2), or "".
func ProxyCredentials(proxy *url.URL) string {
	if proxy.User == nil {
		return ""
	}
	password, _ := proxy.User.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(proxy.User.Username()+":"+password))
}

// refusal says what a proxy answered, and what to do about it.
func refusal(status int) error {
	said := fmt.Sprintf("%d %s", status, http.StatusText(status))
	if status == http.StatusProxyAuthRequired {
		said += "; put a user and a password that it knows into the URL of the proxy"
	}
	return errors.New(said)
}

// oneByte reads no more than one byte at a time.
type oneByte struct{ io.Reader }

func (r oneByte) Read(p []byte) (int, error) { return r.Reader.Read(p[:min(1, len(p))]) }

// address returns host and port of a URL.
func address(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}
