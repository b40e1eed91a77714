package wire

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/textproto"
	"net/url"
	"slices"
	"time"
)

// exchange1 speaks HTTP/1.1.
func (t *Transport) exchange1(ctx context.Context, conn net.Conn, request *http.Request) ([]byte, *Response, error) {
	var shown bytes.Buffer
	request.Close = true // ask the server to close: what comes after the answer is then known to be all
	proxy := t.proxyOf(request.URL)
	if request.URL.Scheme != "http" {
		proxy = nil // it has made a tunnel
	}
	write := request.Write
	if proxy != nil {
		write = request.WriteProxy
	}
	if err := write(&shown); err != nil {
		return nil, nil, err
	}
	whole := shown.Bytes()
	if proxy != nil {
		whole = authorize(whole, proxy)
	}
	// A server may answer, and close, before it has read everything: what it says counts, not that the write failed.
	_, writeErr := conn.Write(whole)
	r, err := read(ctx, conn, request)
	switch {
	case err != nil && writeErr != nil:
		err = writeErr
	case err == nil && proxy != nil && r.Status == http.StatusProxyAuthRequired:
		return shown.Bytes(), nil, connectError(fmt.Errorf("proxy %s: %w", proxy.Host, refusal(r.Status)))
	}
	return shown.Bytes(), r, err
}

// authorize adds to a request what a proxy wants to know, and the server is not told.
func authorize(request []byte, proxy *url.URL) []byte {
	credentials := ProxyCredentials(proxy)
	if credentials == "" {
		return request
	}
	head := bytes.TrimSuffix(request, []byte("\r\n"))
	return fmt.Appendf(slices.Clip(head), "Proxy-Authorization: %s\r\n\r\n", credentials)
}

// errHTTP2 is what to do about a server that speaks another version.
var errHTTP2 = errors.New("the server speaks HTTP/2 where HTTP/1.1 was spoken to it; use --http2")

// errTooLong ends a response that does not end by itself.
var errTooLong = fmt.Errorf("the response is longer than %d bytes", MaxResponse)

// speaksHTTP2 reports whether an answer begins with a frame of type SETTINGS, as it does in HTTP/2 (RFC 9113 sections
// 3.4 and 4.1).
func speaksHTTP2(start []byte) bool {
	return len(start) >= 4 && start[0] == 0 && start[1] == 0 && start[3] == 4
}

func read(ctx context.Context, conn net.Conn, request *http.Request) (*Response, error) {
	var raw bytes.Buffer
	reader := bufio.NewReader(io.TeeReader(io.LimitReader(conn, MaxResponse), &raw))
	start, final := 0, (*http.Response)(nil)
	//nolint:bodyclose // false positive: the connection is the caller's to close, and the body goes with it
	for final == nil || final.StatusCode/100 == 1 && final.StatusCode != http.StatusSwitchingProtocols {
		start = raw.Len() - reader.Buffered()
		var err error
		if final, err = http.ReadResponse(reader, request); err != nil {
			if r := unreadable(raw.Bytes(), start, err); r != nil {
				return r, nil
			}
			return nil, explain(err, raw.Bytes())
		}
		if final.ProtoMajor != 1 || final.ProtoMinor > 1 {
			return nil, fmt.Errorf("the status line says %s, which is not spoken (RFC 9112 section 2.3)", final.Proto)
		}
	}
	r := &Response{Proto: HTTP1, Start: start, Status: final.StatusCode, HeadLength: raw.Len() - reader.Buffered()}
	r.Head = fields(raw.Bytes()[start:r.HeadLength])
	r.Body, r.BodyErr = io.ReadAll(final.Body)
	r.Trailer = textproto.MIMEHeader(final.Trailer)
	if final.ProtoMinor == 0 && r.Head.Get("Transfer-Encoding") != "" {
		r.BodyErr = errors.New("HTTP/1.0 has no Transfer-Encoding (RFC 9112 section 6.1)")
	}
	if raw.Len() >= MaxResponse {
		r.BodyErr = errTooLong
	}
	if r.BodyErr == nil {
		watch := lingering
		if r.Status == http.StatusNoContent {
			watch = lingeringEmpty
		}
		if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > watch {
			_ = conn.SetReadDeadline(time.Now().Add(watch))
		}
		r.Excess, _ = io.Copy(io.Discard, reader) // into raw
	}
	r.Raw = raw.Bytes()
	if len(r.Body) == 0 && r.Head.Get("Transfer-Encoding") != "" {
		r.unasked, _ = io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(r.Content()))) // as far as it goes
	}
	return r, nil
}

// fields parses the header section once more: net/http takes framing fields out of what it returns.
func fields(section []byte) textproto.MIMEHeader {
	reader := textproto.NewReader(bufio.NewReader(bytes.NewReader(section)))
	_, _ = reader.ReadLine() // the status line
	head, _ := reader.ReadMIMEHeader()
	return head // net/http has parsed the same bytes without an error
}

func explain(err error, start []byte) error {
	received := len(start)
	switch {
	case received >= MaxResponse:
		return fmt.Errorf("the header section is longer than %d bytes", MaxResponse)
	case speaksHTTP2(start):
		return errHTTP2
	case (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) && received == 0:
		return errors.New("the server closed the connection without an answer")
	}
	return fmt.Errorf("no HTTP response after %d bytes: %w", received, err)
}
