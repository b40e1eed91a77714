package wire

import (
	"net/textproto"
	"slices"
)

// The versions of HTTP that are spoken.
const (
	HTTP1 = "HTTP/1.1"
	HTTP2 = "HTTP/2"
)

// A Response is an answer as it came over the wire.
type Response struct {
	Proto      string // HTTP1 or HTTP2
	Raw        []byte // all bytes that came, up to MaxResponse
	Start      int    // of Raw, where the final header section begins
	HeadLength int    // of Raw, the bytes up to and with the empty line after the final header section
	Status     int
	Head       textproto.MIMEHeader // as sent: with Content-Length and Transfer-Encoding, whatever the status
	Body       []byte
	Trailer    textproto.MIMEHeader // what follows the content
	BodyErr    error                // why the body is not whole
	Excess     int64                // how many bytes came after the end of the response

	unasked []byte // content of a response that must not have any, without the framing of chunks
}

// Text returns the answer as people read it: the header section, the body without the framing of chunks, and what
// follows.
func (r *Response) Text() []byte {
	switch {
	case len(r.unasked) > 0:
		return slices.Concat(r.Raw[:r.HeadLength], r.unasked)
	case len(r.Body) == 0:
		return r.Raw
	}
	return slices.Concat(r.Raw[:r.HeadLength], r.Body, r.Raw[len(r.Raw)-int(r.Excess):])
}

// Content returns the bytes after the header section of a response that must not have any.
func (r *Response) Content() []byte { return r.Raw[r.HeadLength:] }
