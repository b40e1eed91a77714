package conformance

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"time"
)

const (
	// maxResponse is how many bytes of a response are read, header section and all.
	maxResponse = 1 << 20
	// lingering is how long after a response the connection is watched for bytes that should not come.
	// A server that closes it, as it is asked to, ends the watch at once.
	lingering = 250 * time.Millisecond
)

// A response is an answer as it came over the wire. net/http is not enough here: its client hides what a server sends
// after the header section of a 204.
type response struct {
	raw        []byte // all bytes that came, up to maxResponse
	headLength int    // of raw, the bytes up to and with the empty line after the final header section
	status     int
	head       textproto.MIMEHeader // as sent: with Content-Length and Transfer-Encoding, whatever the status
	header     http.Header          // as net/http has it
	body       []byte
	bodyErr    error // why the body is not whole
	excess     int64 // how many bytes came after the end of the response
}

// send writes a request on a connection of its own and reads the answer, HTTP/1.1 both ways. The error says what
// happened before there was an answer.
func send(ctx context.Context, request *http.Request, timeout time.Duration) (sent []byte, _ *response, _ error) {
	var written bytes.Buffer
	request.Close = true // ask the server to close: what comes after the answer is then known to be all
	if err := request.Write(&written); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := dial(ctx, request.URL)
	if err != nil {
		return written.Bytes(), nil, &connectError{err}
	}
	defer conn.Close()
	// Ends reads and writes as soon as the context does.
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()

	// A server may answer, and close, before it has read everything: what it says counts, not that the write failed.
	_, writeErr := conn.Write(written.Bytes())
	r, err := read(ctx, conn, request)
	if err != nil && writeErr != nil {
		err = writeErr
	}
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("no answer within %v: %w", timeout, context.Cause(ctx))
	}
	return written.Bytes(), r, err
}

// connectError says that there is nobody to talk to.
type connectError struct{ err error }

func (e *connectError) Error() string { return "no connection: " + e.err.Error() }
func (e *connectError) Unwrap() error { return e.err }

func dial(ctx context.Context, u *url.URL) (net.Conn, error) {
	port := u.Port()
	if u.Scheme == "http" {
		return (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(port, "80")))
	}
	return (&tls.Dialer{Config: &tls.Config{
		ServerName: u.Hostname(),
		NextProtos: []string{"http/1.1"},
		MinVersion: tls.VersionTLS12,
	}}).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(port, "443")))
}

func read(ctx context.Context, conn net.Conn, request *http.Request) (*response, error) {
	var raw bytes.Buffer
	reader := bufio.NewReader(io.TeeReader(io.LimitReader(conn, maxResponse), &raw))
	start, final := 0, (*http.Response)(nil)
	//nolint:bodyclose // false positive: the connection is the caller's to close, and the body goes with it
	for final == nil || final.StatusCode/100 == 1 && final.StatusCode != http.StatusSwitchingProtocols {
		start = raw.Len() - reader.Buffered()
		var err error
		if final, err = http.ReadResponse(reader, request); err != nil {
			return nil, explain(err, raw.Len())
		}
	}
	r := &response{status: final.StatusCode, header: final.Header, headLength: raw.Len() - reader.Buffered()}
	r.head = fields(raw.Bytes()[start:r.headLength])
	r.body, r.bodyErr = io.ReadAll(final.Body)
	if r.bodyErr == nil {
		if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > lingering {
			_ = conn.SetReadDeadline(time.Now().Add(lingering))
		}
		r.excess, _ = io.Copy(io.Discard, reader) // into raw
	}
	r.raw = raw.Bytes()
	return r, nil
}

// fields parses the header section once more: net/http takes framing fields out of what it returns.
func fields(section []byte) textproto.MIMEHeader {
	reader := textproto.NewReader(bufio.NewReader(bytes.NewReader(section)))
	_, _ = reader.ReadLine() // the status line
	head, _ := reader.ReadMIMEHeader()
	return head // net/http has parsed the same bytes without an error
}

func explain(err error, received int) error {
	switch {
	case received >= maxResponse:
		return fmt.Errorf("the header section is longer than %d bytes", maxResponse)
	case (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) && received == 0:
		return errors.New("the server closed the connection without an answer")
	}
	return fmt.Errorf("no HTTP response after %d bytes: %w", received, err)
}

// text returns the answer as people read it: the header section, and the body without the framing of chunks.
func (r *response) text() []byte {
	if len(r.body) == 0 {
		return r.raw
	}
	return slices.Concat(r.raw[:r.headLength], r.body)
}

// content returns the bytes after the header section of a response that must not have any.
func (r *response) content() []byte { return r.raw[r.headLength:] }
