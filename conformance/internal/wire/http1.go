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
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	// lingering is how long after a response the connection is watched for bytes that should not come.
	// A server that closes it, as it is asked to, ends the watch at once.
	lingering = 250 * time.Millisecond
	// lingeringEmpty is the same after a response without content: a server that sends some anyway is a little later.
	lingeringEmpty = time.Second
)

// link1 speaks HTTP/1.1.
type link1 struct {
	net.Conn
	proxy *url.URL // which reads the request; nil: none
}

func (l *link1) usable() bool {
	_ = l.SetReadDeadline(time.Now().Add(settling))
	_, err := l.Read(make([]byte, 1)) // a byte that nobody has asked for
	return errors.Is(err, os.ErrDeadlineExceeded) && l.SetReadDeadline(time.Time{}) == nil
}

func (l *link1) exchange(ctx context.Context, request *http.Request, keep bool) ([]byte, *Response, error) {
	// Ends reads and writes as soon as the context does.
	defer context.AfterFunc(ctx, func() { _ = l.SetDeadline(time.Unix(1, 0)) })()
	request = request.WithContext(ctx)
	request.Close = !keep // ask the server to close: what comes after the response is then known to be all
	write := request.Write
	if l.proxy != nil {
		write = request.WriteProxy
	}
	var sent bytes.Buffer
	if err := write(&sent); err != nil {
		return nil, nil, err
	}
	// The proxy gets a field that the server does not get, and that is not shown.
	end := []byte("\r\n\r\n")
	whole := bytes.Replace(sent.Bytes(), end, []byte("\r\n"+authorization(l.proxy)+"\r\n"), 1)
	_, _ = l.Write(whole) // if that fails, reading does too
	r, err := l.read(ctx, request)
	if err == nil && l.proxy != nil && r.Status == http.StatusProxyAuthRequired {
		r, err = nil, &ConnectError{proxyError(l.proxy, refusal(r.Status))}
	}
	return sent.Bytes(), r, err
}

// begins is what a response in HTTP/1 begins with (RFC 9112 section 2.3). One that does not is not HTTP.
const begins = "HTTP/"

func (l *link1) read(ctx context.Context, request *http.Request) (_ *Response, err error) {
	var raw bytes.Buffer
	reader := bufio.NewReader(io.TeeReader(io.LimitReader(l, MaxResponse), &raw))
	if start, err := reader.Peek(len(begins)); string(start) != begins {
		start, _ = reader.Peek(min(reader.Buffered(), shownStart))
		return nil, foreign(start, err)
	}
	r, final := &Response{Proto: HTTP1}, (*http.Response)(nil)
	for final == nil || final.StatusCode/100 == 1 && final.StatusCode != http.StatusSwitchingProtocols {
		r.Start = raw.Len() - reader.Buffered()
		//nolint:bodyclose // false positive: the connection is the caller's to close, and the body goes with it
		final, err = http.ReadResponse(reader, request)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, err
		}
		if r.Malformed = flaw(raw.Bytes(), r.Start, err); r.Malformed != nil {
			l.watch(ctx, reader, lingering) // for the rest of it
			r.salvage(raw.Bytes())
			return r, nil //nolint:nilerr // the error is in what is wrong with the response
		}
	}
	r.Status, r.HeadLength = final.StatusCode, raw.Len()-reader.Buffered()
	r.last = final.Close || final.StatusCode == http.StatusSwitchingProtocols
	r.Head = fields(raw.Bytes()[r.Start:r.HeadLength])
	r.Body, r.BodyErr = io.ReadAll(final.Body)
	r.Trailer = textproto.MIMEHeader(final.Trailer)
	ended, coded := raw.Len()-reader.Buffered(), r.Head.Get("Transfer-Encoding") != ""
	switch {
	case final.ProtoMinor == 0 && coded:
		r.BodyErr = errors.New("HTTP/1.0 has no Transfer-Encoding (RFC 9112 section 6.1)")
	case raw.Len() >= MaxResponse:
		r.BodyErr = errTooLong
	case errors.Is(r.BodyErr, io.ErrUnexpectedEOF):
		r.BodyErr = errCutOff
	case r.BodyErr == nil && request.Close && r.Status == http.StatusNoContent:
		l.watch(ctx, reader, lingeringEmpty)
	case r.BodyErr == nil && request.Close:
		l.watch(ctx, reader, lingering)
	}
	r.Raw = raw.Bytes()
	if r.BodyErr == nil { // else nobody knows where it ends
		r.Excess = int64(raw.Len() - ended)
	}
	if len(r.Body) == 0 && coded {
		r.unasked, _ = io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(r.Content()))) // as far as it goes
	}
	return r, nil
}

// shownStart is how much of what is not HTTP an error shows, in bytes.
const shownStart = 40

// foreign describes what a server speaks whose first bytes are not what they should be, or why there are none.
func foreign(start []byte, err error) error {
	switch {
	case len(start) == 0 && errors.Is(err, io.EOF):
		return errors.New("the server closed the connection without a response")
	case len(start) == 0:
		return err
	case len(start) > 1 && (start[0] == 0x15 || start[0] == 0x16) && start[1] == 3: // RFC 8446 section 5.1
		return errors.New("the server responds in TLS; did you mean https://?")
	case speaksHTTP2(start):
		return errors.New("the server responds in HTTP/2 to a request in HTTP/1.1; use --http2 (in Go, Options.HTTP2)")
	}
	return fmt.Errorf("the server does not speak HTTP/1.1: its response begins with %q", start)
}

// watch reads what comes within a time.
func (l *link1) watch(ctx context.Context, reader io.Reader, most time.Duration) {
	if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > most {
		_ = l.SetReadDeadline(time.Now().Add(most))
	}
	_, _ = io.Copy(io.Discard, reader)
}

// fields parses a header section as it was sent, up to what is not a field: net/http removes framing fields from what
// it returns.
func fields(section []byte) textproto.MIMEHeader {
	reader := textproto.NewReader(bufio.NewReader(bytes.NewReader(section)))
	_, _ = reader.ReadLine() // the status line
	head, _ := reader.ReadMIMEHeader()
	return head
}

// statusLine has the version and the status code (RFC 9112 section 4, RFC 9110 section 15).
var statusLine = regexp.MustCompile(`^HTTP/(\S*) +([1-9][0-9]{2})(?:\s|$)`)

// longestLine is how much of a line an error quotes, in bytes.
const longestLine = 200

// flaw returns what is wrong with a response in HTTP/1 whose header section net/http has read, with an error or not: it
// accepts invalid versions and status codes.
func flaw(raw []byte, start int, err error) error {
	section := raw[start:]
	line, _, _ := bytes.Cut(section[:min(len(section), longestLine)], []byte("\r\n"))
	cut, parts := errors.Is(err, io.ErrUnexpectedEOF), statusLine.FindSubmatch(section)
	switch {
	case err != nil && len(raw) >= MaxResponse:
		return fmt.Errorf("the header section is longer than %d bytes", MaxResponse)
	case cut:
		return fmt.Errorf("the response ends after %d bytes of a header section (RFC 9112 section 2.1)", len(section))
	case parts == nil || string(parts[1]) != "1.0" && string(parts[1]) != "1.1":
		return fmt.Errorf("the status line is %q instead of one like HTTP/1.1 404 Not Found (RFC 9112 section 4)", line)
	case err != nil:
		said := strings.NewReplacer("MIME header", "header field", "http: ", "").Replace(err.Error())
		return fmt.Errorf("the header section cannot be parsed (RFC 9112 section 5): %.*s", longestLine, said)
	}
	return nil
}

// salvage takes what can be parsed of a malformed response.
func (r *Response) salvage(raw []byte) {
	section := raw[r.Start:]
	head, _, _ := bytes.Cut(section, []byte("\r\n\r\n"))
	r.Raw, r.HeadLength = raw, min(len(raw), r.Start+len(head)+len("\r\n\r\n"))
	if parts := statusLine.FindSubmatch(section); parts != nil {
		r.Status, _ = strconv.Atoi(string(parts[2])) // three digits
	}
	r.Head, r.Body = fields(raw[r.Start:r.HeadLength]), r.Content()
}
