package wire

import (
	"errors"
	"fmt"
	"net/textproto"
	"slices"
)

// The versions of HTTP that are spoken.
const (
	HTTP1 = "HTTP/1.1"
	HTTP2 = "HTTP/2"
)

// MaxResponse is how many bytes of a response are read, header section and all.
const MaxResponse = 256 << 10

// A Response is a response as it came over the wire. In HTTP/2 the bytes are written as HTTP/1.1 would, to be read by
// people: without :status, and with the fields in the order of their names.
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

	// Malformed is what is wrong with a response that begins as HTTP/1 does and breaks its grammar (RFC 9112). The
	// other fields then have what could be read: Status is 0 if there is none, and Body is all that follows the header
	// section, since nothing says for sure where it ends.
	Malformed error

	unasked []byte // content of a response that must not have any, without the framing of chunks
	last    bool   // the server closes the connection after it
}

// ends reports whether nothing more can be sent on the connection that a response came from.
func (r *Response) ends() bool {
	return r.last || r.Malformed != nil || r.BodyErr != nil || r.Excess > 0
}

// Text returns the response as people read it: the header section, the body without the framing of chunks, and what
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

var (
	// errTooLong ends a response that does not end by itself.
	errTooLong = fmt.Errorf("the response is longer than %d bytes", MaxResponse)
	// errCutOff is the early end of a response.
	errCutOff = errors.New("the server closed the connection before the end of the response")
)
