package clienttest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/dmstask/dmstask/client/clienttest/internal/server"
	"github.com/dmstask/dmstask/client/raw"
	"github.com/dmstask/dmstask/internal/codes"
)

// An Answer is a complete response, and how it is delivered, or not.
type Answer struct {
	StatusCode int         // HTTP status, for example 503; 0 is 200
	Header     http.Header // header fields, for example Retry-After; may be nil
	Body       string

	// Served makes the server carry out the request first, and then give this answer instead of its own. To delete a task
	// without the client learning of it, use Answer{Served: true, HangUp: true}. It has no effect in an Answer that is
	// used as a handler.
	Served bool
	// Delay is how long the answer is delayed, after the request is served. It ends early if the client disconnects.
	Delay time.Duration
	// HangUp closes the connection instead of answering. Over HTTP/2, it resets the stream.
	HangUp bool
	// CutAfter closes the connection after this many bytes of the answer, counted from the start of the status line. The
	// bytes are those that [http.Response.Write] writes: with a Content-Length, and without a Date. If there are fewer,
	// all are sent. 0 sends everything. It is for HTTP/1.1; over HTTP/2, it has the effect of HangUp.
	CutAfter int
}

// Error returns an error response: a body as in the contract, and its media type. The fields of header are added; it
// may be nil.
func Error(statusCode int, code, message string, header http.Header) Answer {
	return document(statusCode, raw.Error{ErrorCode: code, ErrorMsg: message}, header)
}

// gatewayError is the answer of the gateway in front of the service: one that has a request ID.
func gatewayError(statusCode int, code, message string) Answer {
	requestID := randomHex()
	return document(statusCode, raw.Error{ErrorCode: code, ErrorMsg: message, RequestID: &requestID}, nil)
}

// document is an answer in JSON.
func document(statusCode int, content any, header http.Header) Answer {
	body, _ := json.Marshal(content) // never fails: the server answers nothing that cannot be encoded
	all := http.Header{"Content-Type": {"application/json"}}
	maps.Copy(all, header)
	return Answer{StatusCode: statusCode, Header: all, Body: string(body)}
}

// The documented answers. Which one an unknown task gets is open: the vendor's catalog has no code for it, and this
// server uses that of an unknown URL.
var (
	taskRunning    = Error(http.StatusBadRequest, "DMS.00400017", "A background job is still running.", nil)
	tokenInvalid   = Error(http.StatusUnauthorized, "DMS.10240101", "The token is invalid.", nil)
	tokenExpired   = Error(http.StatusUnauthorized, "DMS.10240102", "The token has expired.", nil)
	tokenMissing   = Error(http.StatusUnauthorized, "DMS.10240103", "The token is missing.", nil)
	foreignProject = Error(http.StatusUnauthorized, "DMS.10240104", "The token is for another project.", nil)
	noSuchTask     = Error(http.StatusNotFound, "DMS.00404001", "The requested URL does not exist.", nil)
	noSuchInstance = Error(http.StatusNotFound, "DMS.00404022", "The instance does not exist.", nil)
)

// refuseParameter answers for a parameter that the generated code could not bind to its type.
func refuseParameter(w http.ResponseWriter, _ *http.Request, err error) {
	invalid := &server.InvalidParamFormatError{}
	_ = errors.As(err, &invalid) // it is one: there are no parameters but those in the path, which are never missing
	code := append(codes.For("a malformed "+invalid.ParamName), "")[0]
	Error(http.StatusBadRequest, code, "Malformed "+invalid.ParamName+".", nil).write(w)
}

// ServeHTTP gives the answer to every request: an Answer is a handler, for use with [Server.Wrap].
func (a Answer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case <-time.After(a.Delay):
	case <-r.Context().Done():
	}
	switch {
	case a.HangUp:
		panic(http.ErrAbortHandler)
	case a.CutAfter > 0:
		a.cut(w, r)
	default:
		a.write(w)
	}
}

func (a Answer) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.Header)
	w.WriteHeader(cmp.Or(a.StatusCode, http.StatusOK))
	_, _ = io.WriteString(w, a.Body) // a client that has gone needs no answer
}

func (a Answer) cut(w http.ResponseWriter, r *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil { // HTTP/2
		panic(http.ErrAbortHandler)
	}
	defer conn.Close()
	whole := &http.Response{
		StatusCode: cmp.Or(a.StatusCode, http.StatusOK), ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: a.Header, Body: io.NopCloser(strings.NewReader(a.Body)), ContentLength: int64(len(a.Body)),
	}
	var wire bytes.Buffer
	_ = whole.Write(&wire) // neither the body nor the buffer fails
	_, _ = conn.Write(wire.Next(a.CutAfter))
}
