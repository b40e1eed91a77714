package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http2"
)

// ConnectionFields have no place in HTTP/2 (RFC 9113 section 8.2.2).
var ConnectionFields = []string{"Connection", "Transfer-Encoding", "Keep-Alive", "Proxy-Connection", "Upgrade"}

// multiplexed speaks HTTP/2 on connections that it is given.
var multiplexed = &http2.Transport{AllowHTTP: true, DisableCompression: true, MaxHeaderListSize: MaxResponse}

// link2 speaks HTTP/2.
type link2 struct{ *http2.ClientConn }

func (l *link2) usable() bool { return l.CanTakeNewRequest() }

func (l *link2) exchange(ctx context.Context, request *http.Request, _ bool) ([]byte, *Response, error) {
	r := &Response{Proto: HTTP2}
	trace := &httptrace.ClientTrace{Got1xxResponse: func(status int, head textproto.MIMEHeader) error {
		r.add(strconv.Itoa(status), head)
		if len(r.Raw) > MaxResponse { // what is compressed to a byte is read as many
			return errTooLong
		}
		return nil
	}}
	request = request.Clone(httptrace.WithClientTrace(ctx, trace))
	for _, name := range append(ConnectionFields, "Host") {
		request.Header.Del(name)
	}
	if request.UserAgent() == "" {
		request.Header["User-Agent"] = nil // net/http would add its own
	}
	var sent bytes.Buffer
	fmt.Fprintf(&sent, "%s %s HTTP/2\r\nHost: %s\r\n", request.Method, request.URL.RequestURI(), request.URL.Host)
	_ = request.Header.Write(&sent) // into a buffer
	sent.WriteString("\r\n")
	response, err := l.RoundTrip(request)
	if err != nil {
		return sent.Bytes(), nil, explain(err)
	}
	defer response.Body.Close()
	status, _, _ := strings.Cut(response.Status, " ")
	if !threeDigits.MatchString(status) {
		return sent.Bytes(), nil, fmt.Errorf("the server violates the protocol (RFC 9113 section 8.3.2): the status is %q",
			status)
	}
	r.Status, r.Start, r.Head = response.StatusCode, len(r.Raw), textproto.MIMEHeader(response.Header)
	r.add(status, r.Head)
	r.HeadLength = len(r.Raw)
	r.Body, err = io.ReadAll(io.LimitReader(response.Body, MaxResponse))
	r.Trailer = textproto.MIMEHeader(response.Trailer)
	r.Raw = slices.Concat(r.Raw, r.Body, lines(r.Trailer))
	r.BodyErr = explain(err)
	if len(r.Body) == MaxResponse {
		r.BodyErr = errTooLong
		return sent.Bytes(), r, nil
	}
	declared := r.Head.Get("Content-Length")
	if err == nil || errors.Is(err, io.ErrUnexpectedEOF) { // the stream ends, be it too early or not
		length, err := strconv.ParseUint(declared, 10, 63)
		if declared != "" && request.Method != http.MethodHead && r.Status != http.StatusNotModified &&
			(err != nil || length != uint64(len(r.Body))) {
			r.BodyErr = fmt.Errorf("Content-Length is %s, but there are %d bytes (RFC 9113 section 8.1.1)", declared,
				len(r.Body))
		}
	}
	return sent.Bytes(), r, nil
}

// threeDigits is a status code (RFC 9110 section 15).
var threeDigits = regexp.MustCompile(`^[1-9][0-9]{2}$`)

// add writes a header section.
func (r *Response) add(status string, head textproto.MIMEHeader) {
	r.Raw = fmt.Appendf(r.Raw, "HTTP/2 %s\r\n%s\r\n", status, lines(head))
}

// lines writes fields.
func lines(head textproto.MIMEHeader) (text []byte) {
	for _, name := range slices.Sorted(maps.Keys(head)) {
		for _, value := range head[name] {
			text = fmt.Appendf(text, "%s: %s\r\n", strings.ToLower(name), value)
		}
	}
	return text
}

// explain puts into plain words what package http2 reports about a response, or about what came instead. Some of its
// errors can be recognized only by their text.
func explain(err error) error {
	var (
		stream http2.StreamError
		conn   http2.ConnectionError
		away   http2.GoAwayError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &stream) && stream.Cause != nil && stream.Cause.Error() == "received from peer":
		if stream.Code == http2.ErrCodeRefusedStream {
			return fmt.Errorf("%w: it reset the stream with %v", errUnprocessed, stream.Code)
		}
		return fmt.Errorf("the server reset the stream with %v (RFC 9113 section 6.4)", stream.Code)
	case errors.As(err, &stream) && errors.Is(stream.Cause, errTooLong):
		return errTooLong
	case errors.As(err, &stream), errors.As(err, &conn):
		return fmt.Errorf("the server violates the protocol (RFC 9113 section 5.4): %w", err)
	case errors.As(err, &away):
		return fmt.Errorf("the server closed the connection after GOAWAY with %v %q", away.ErrCode, away.DebugData)
	case strings.HasPrefix(err.Error(), "http2: Transport received "), err.Error() == "http2: client conn not usable":
		return fmt.Errorf("%w: %s", errUnprocessed, strings.TrimPrefix(err.Error(), "http2: "))
	case strings.Contains(err.Error(), "more than declared Content-Length"):
		return errors.New("there are more bytes than Content-Length declares (RFC 9113 section 8.1.1)")
	case err.Error() == "http2: client conn could not be established":
		return fmt.Errorf("%w, or closed the connection", errNoHTTP2)
	case errors.Is(err, http2.ErrFrameTooLarge): // something else was taken for a frame
		return errNoHTTP2
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errCutOff
	}
	return err
}

// errNoHTTP2 is about a server that was asked for it.
var errNoHTTP2 = errors.New("the server does not speak HTTP/2")

// speaksHTTP2 reports whether a response begins with a frame of type SETTINGS, as it does in HTTP/2 (RFC 9113 sections
// 3.4 and 4.1).
func speaksHTTP2(start []byte) bool {
	return len(start) >= 4 && start[0] == 0 && start[1] == 0 && start[3] == 4
}
