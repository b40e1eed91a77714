package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// stream is the number of the one stream of a connection (RFC 9113 section 5.1.1).
const stream = 1

// maxFrame is the largest frame that a server may send unless it is told otherwise (RFC 9113 section 4.2).
const maxFrame = 1 << 14

// ConnectionFields have no place in HTTP/2 (RFC 9113 section 8.2.2).
var ConnectionFields = []string{"Connection", "Transfer-Encoding", "Keep-Alive", "Proxy-Connection", "Upgrade"}

// exchange2 speaks HTTP/2. The request has no content.
func exchange2(conn net.Conn, request *http.Request) (sent []byte, _ *Response, _ error) {
	sent, block := head2(request)
	framer := http2.NewFramer(conn, &limited{conn, MaxResponse})
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	framer.MaxHeaderListSize = MaxResponse
	framer.SetMaxReadFrameSize(maxFrame)
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		return sent, nil, err
	}
	err := errors.Join(
		framer.WriteSettings(
			http2.Setting{ID: http2.SettingEnablePush, Val: 0},
			http2.Setting{ID: http2.SettingInitialWindowSize, Val: MaxResponse},
		),
		framer.WriteWindowUpdate(0, MaxResponse),
		framer.WriteHeaders(http2.HeadersFrameParam{
			StreamID: stream, BlockFragment: block, EndStream: true, EndHeaders: true,
		}),
	)
	r := &reader2{framer: framer, method: request.Method, response: &Response{Proto: HTTP2}}
	if readErr := r.read(); readErr != nil && r.response.Status == 0 {
		return sent, nil, errors.Join(explain2(readErr), err)
	} else if readErr != nil {
		r.response.BodyErr = explain2(readErr)
	}
	r.finish()
	return sent, r.response, nil
}

// head2 returns the header section of a request, for people and encoded (RFC 9113 section 8.3.1).
func head2(request *http.Request) (readable, block []byte) {
	var text, encoded bytes.Buffer
	encoder := hpack.NewEncoder(&encoded)
	field := func(name, value string) {
		// Into a buffer, which takes everything. Credentials are kept out of tables (RFC 7541 section 7.1.3).
		_ = encoder.WriteField(hpack.HeaderField{Name: name, Value: value, Sensitive: name[0] != ':'})
	}
	field(":method", request.Method)
	field(":scheme", request.URL.Scheme)
	field(":authority", request.URL.Host)
	field(":path", request.URL.RequestURI())
	fmt.Fprintf(&text, "%s %s HTTP/2\r\nHost: %s\r\n", request.Method, request.URL.RequestURI(), request.URL.Host)
	header := request.Header.Clone()
	for _, name := range append([]string{"Host"}, ConnectionFields...) {
		header.Del(name)
	}
	for name, values := range header {
		for _, value := range values {
			field(strings.ToLower(name), value)
		}
	}
	_ = header.Write(&text) // into a buffer
	text.WriteString("\r\n")
	return text.Bytes(), encoded.Bytes()
}

// reader2 reads the answer on one stream.
type reader2 struct {
	framer   *http2.Framer
	method   string // of the request
	response *Response
	begun    bool // there was a frame
	ended    bool
}

// read reads frames until the stream ends. The error says why it did not end well.
func (r *reader2) read() error {
	for !r.ended {
		frame, err := r.framer.ReadFrame()
		if err != nil {
			return err
		}
		if err := r.expected(frame); err != nil {
			return err
		}
		switch f := frame.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				err = r.framer.WriteSettingsAck()
			}
		case *http2.PingFrame:
			if !f.IsAck() {
				err = r.framer.WritePing(true, f.Data)
			}
		case *http2.GoAwayFrame:
			if f.LastStreamID < stream {
				return fmt.Errorf("the server goes away: %v %q", f.ErrCode, f.DebugData())
			}
		case *http2.RSTStreamFrame:
			return fmt.Errorf("the server resets the stream: %v", f.ErrCode)
		case *http2.MetaHeadersFrame:
			err = r.headers(f)
		case *http2.DataFrame:
			if r.response.Status == 0 {
				return errors.New("content comes before the header section")
			}
			r.response.Raw = append(r.response.Raw, f.Data()...)
			r.response.Body = append(r.response.Body, f.Data()...)
			r.ended = f.StreamEnded()
		}
		if err != nil {
			return err
		}
		if len(r.response.Raw) > MaxResponse { // what is compressed to a byte is read as many
			return errTooLong
		}
	}
	return nil
}

// expected returns an error for a frame that must not come: another one than SETTINGS at first (RFC 9113 section 3.4),
// or one of a stream that nobody has opened (sections 5.1.1 and 8.4).
func (r *reader2) expected(frame http2.Frame) error {
	if _, settings := frame.(*http2.SettingsFrame); !settings && !r.begun {
		return fmt.Errorf("the first frame is %v and not SETTINGS (RFC 9113 section 3.4)", frame.Header().Type)
	}
	r.begun = true
	switch frame.(type) {
	case *http2.MetaHeadersFrame, *http2.DataFrame, *http2.RSTStreamFrame, *http2.PushPromiseFrame:
		_, push := frame.(*http2.PushPromiseFrame)
		if id := frame.Header().StreamID; id != stream || push {
			return fmt.Errorf("a frame %v of stream %d comes unasked (RFC 9113 section 5.1.1)", frame.Header().Type, id)
		}
	}
	return nil
}

// headers takes a header section: interim, final, or trailers. It is written as HTTP/1.1 would, to be read by people.
func (r *reader2) headers(f *http2.MetaHeadersFrame) error {
	if f.Truncated {
		return fmt.Errorf("the header section is longer than %d bytes", MaxResponse)
	}
	r.ended = f.StreamEnded()
	response := r.response
	if response.Status != 0 {
		return r.trailers(f)
	}
	status, err := strconv.ParseUint(f.PseudoValue("status"), 10, 16)
	if err != nil || len(f.PseudoValue("status")) != 3 || status < 100 {
		return fmt.Errorf("the status is %q", f.PseudoValue("status"))
	}
	start := len(response.Raw)
	head := make(textproto.MIMEHeader)
	response.Raw = fmt.Appendf(response.Raw, "HTTP/2 %d\r\n", status)
	for _, field := range f.RegularFields() {
		head.Add(field.Name, field.Value)
		response.Raw = fmt.Appendf(response.Raw, "%s: %s\r\n", field.Name, field.Value)
	}
	response.Raw = append(response.Raw, "\r\n"...)
	switch {
	case status/100 == 1 && r.ended:
		return errors.New("the stream ends with an interim response (RFC 9113 section 8.1)")
	case status/100 == 1:
		return nil
	}
	response.Status, response.Head = int(status), head
	response.Start, response.HeadLength = start, len(response.Raw)
	return nil
}

// trailers takes what may follow the content (RFC 9113 section 8.1).
func (r *reader2) trailers(f *http2.MetaHeadersFrame) error {
	response := r.response
	response.Trailer = make(textproto.MIMEHeader)
	if len(f.PseudoFields()) > 0 {
		return errors.New("a pseudo-header field is in the trailers (RFC 9113 section 8.1)")
	}
	for _, field := range f.RegularFields() {
		response.Trailer.Add(field.Name, field.Value)
		response.Raw = fmt.Appendf(response.Raw, "%s: %s\r\n", field.Name, field.Value)
	}
	if !r.ended {
		return errors.New("trailers do not end the stream (RFC 9113 section 8.1)")
	}
	return nil
}

// finish holds the content against its length (RFC 9113 section 8.1.1).
func (r *reader2) finish() {
	response := r.response
	declared := response.Head.Get("Content-Length")
	switch length, err := strconv.ParseUint(declared, 10, 63); {
	case response.BodyErr != nil:
	case r.method == http.MethodHead || response.Status == http.StatusNotModified:
		if len(response.Body) > 0 {
			response.BodyErr = fmt.Errorf("there are %d bytes, and such an answer has none", len(response.Body))
		}
	case declared != "" && (err != nil || length != uint64(len(response.Body))):
		response.BodyErr = fmt.Errorf("Content-Length is %s, and there are %d bytes", declared, len(response.Body))
	}
}

// limited is a reader that says when too much is read.
type limited struct {
	r    io.Reader
	left int
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left == 0 {
		return 0, errTooLong
	}
	n, err := l.r.Read(p[:min(l.left, len(p))])
	l.left -= n
	return n, err
}

func explain2(err error) error {
	var frame http2.ConnectionError
	switch {
	case errors.Is(err, errTooLong):
		return errTooLong
	case errors.Is(err, io.EOF):
		return errors.New("the server closed the connection without a whole answer in HTTP/2")
	case errors.As(err, &frame), errors.Is(err, http2.ErrFrameTooLarge), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("no HTTP/2: %w", err) // HTTP/1.1 looks like the beginning of a frame that is too large
	}
	return err
}
