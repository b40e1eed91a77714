package client

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// What an error means, for use with [errors.Is]. The same sentinel stands for an answer of the service ([*APIError])
// and for what this package finds out by itself ([*InvalidError]).
var (
	// ErrInvalid: an argument was refused, by this package before anything was sent or by the service.
	ErrInvalid = errors.New("invalid request")
	// ErrNotFound: the service knows no such task or instance.
	ErrNotFound = errors.New("not found")
	// ErrUnauthorized: the credentials are missing, wrong, expired or not for this project.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden: the credentials are good but may not do this.
	ErrForbidden = errors.New("forbidden")
	// ErrBusy: the instance or the task is in a state that does not allow the deletion now, for example because a
	// background job is still running.
	ErrBusy = errors.New("busy")
	// ErrThrottled: too many requests. The vendor also sends this with status 404 (DMS.10240407).
	ErrThrottled = errors.New("throttled")
	// ErrWrongEndpoint: what answered is not the DMS API: a wrong host, region or path, not a missing task.
	ErrWrongEndpoint = errors.New("wrong endpoint")
	// ErrUnavailable: the service or the gateway in front of it failed; the call may succeed later.
	ErrUnavailable = errors.New("unavailable")
)

// An APIError is every answer of a server other than 204, documented or not. errors.Is tells its meaning, which the
// code decides before the status does.
//
// Code, Message and RequestID are what the server sent, without credentials but with whatever else it put in, up to
// 64 KiB of it. The text of the error quotes them and cuts them off; a program that shows them itself should do so too.
type APIError struct {
	StatusCode int           // HTTP status, for example 404
	Code       string        // error_code of the body, for example "DMS.00404022"; "" if there was none
	Message    string        // error_msg of the body; its wording is no part of the contract
	RequestID  string        // request_id of the body, else the header X-Request-Id, else ""
	RetryAfter time.Duration // how long the server asks to wait (RFC 9110 section 10.2.3); 0 if it does not say
	Err        error         // what was wrong with the answer itself, for example that it is not JSON; often nil
}

func (e *APIError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "server answered %d", e.StatusCode)
	if text := http.StatusText(e.StatusCode); text != "" {
		b.WriteString(" " + text)
	}
	if e.Code != "" {
		fmt.Fprintf(&b, ", code %s", quote(e.Code))
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ", message %s", quote(e.Message))
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, ", request ID %s", quote(e.RequestID))
	}
	if e.Err != nil {
		fmt.Fprintf(&b, " (%v)", e.Err)
	}
	if meaning := e.meaning(); meaning != nil {
		fmt.Fprintf(&b, ": %v%s", meaning, advice[meaning])
	}
	return b.String()
}

// Is reports whether target is the meaning of this answer, one of the sentinels of this package.
func (e *APIError) Is(target error) bool { return target != nil && target == e.meaning() }

// Unwrap returns Err.
func (e *APIError) Unwrap() error { return e.Err }
