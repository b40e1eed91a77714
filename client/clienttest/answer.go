package clienttest

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"

	"github.com/dmstask/dmstask/client"
)

// An Answer is a response as a whole.
type Answer struct {
	StatusCode int         // HTTP status, for example 503; 0 is 200
	Header     http.Header // header fields, for example Retry-After; may be nil
	Body       string
}

// Error returns the answer of a service that refuses: a body as the contract has it, and its media type. The fields of
// header are added; it may be nil.
func Error(statusCode int, code, message string, header http.Header) Answer {
	return document(statusCode, client.Error{ErrorCode: code, ErrorMsg: message}, header)
}

// document is an answer in JSON.
func document(statusCode int, content any, header http.Header) Answer {
	body, err := json.Marshal(content)
	if err != nil {
		panic(err) // unreachable: the server answers nothing that cannot be encoded
	}
	all := http.Header{"Content-Type": {"application/json"}}
	maps.Copy(all, header)
	return Answer{StatusCode: statusCode, Header: all, Body: string(body)}
}

// The documented answers. Which one an unknown task gets is open: no code of the vendor's catalogue says so, and this
// server takes that of an unknown URL.
var (
	malformedProject  = Error(http.StatusBadRequest, "DMS.00400002", "The project ID is malformed.", nil)
	malformedInstance = Error(http.StatusBadRequest, "DMS.00400030", "The instance ID is malformed.", nil)
	malformedTask     = Error(http.StatusBadRequest, "DMS.00400070", "The task ID is malformed.", nil)
	taskRunning       = Error(http.StatusBadRequest, "DMS.00400017", "A background job is still running.", nil)
	tokenInvalid      = Error(http.StatusUnauthorized, "DMS.10240101", "The token is invalid.", nil)
	tokenExpired      = Error(http.StatusUnauthorized, "DMS.10240102", "The token has expired.", nil)
	tokenMissing      = Error(http.StatusUnauthorized, "DMS.10240103", "The token is missing.", nil)
	foreignProject    = Error(http.StatusUnauthorized, "DMS.10240104", "The token is for another project.", nil)
	noSuchURL         = Error(http.StatusNotFound, "DMS.00404001", "The requested URL does not exist.", nil)
	noSuchInstance    = Error(http.StatusNotFound, "DMS.00404022", "The instance does not exist.", nil)
	methodNotAllowed  = Error(http.StatusMethodNotAllowed, "DMS.00405001", "The method is not allowed.",
		http.Header{"Allow": {http.MethodDelete}}) // RFC 9110 section 15.5.6 demands the field
	internal  = Error(http.StatusInternalServerError, "DMS.00500000", "Internal error.", nil)
	throttled = Error(http.StatusTooManyRequests, "APIG.0308", "Too many requests.",
		http.Header{"Retry-After": {"1"}})
)

// badSignature is what the gateway says of any signature that is not right.
func badSignature() Answer {
	requestID := randomHex()
	return document(http.StatusUnauthorized, client.Error{
		ErrorCode: "APIG.0301",
		ErrorMsg:  "Incorrect IAM authentication information.",
		RequestID: &requestID,
	}, nil)
}

func (a Answer) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.Header)
	w.WriteHeader(cmp.Or(a.StatusCode, http.StatusOK))
	_, _ = w.Write([]byte(a.Body)) // a client that has gone needs no answer
}

// VisitDeleteBackgroundTaskResponse implements a response of the generated strict server.
func (a Answer) VisitDeleteBackgroundTaskResponse(w http.ResponseWriter) error {
	a.write(w)
	return nil
}

// ServeHTTP gives the answer to every request: an Answer is a handler, for use with [Server.Wrap].
func (a Answer) ServeHTTP(w http.ResponseWriter, _ *http.Request) { a.write(w) }
