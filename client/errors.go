package client

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/dmstask/dmstask/client/raw"
)

// An InvalidError says that an argument is not what the contract or this package allows: its fields Parameter, Value
// and Expected name the argument, what was refused and, in words, what would have been accepted. Hidden is set if the
// value may have a credential in it and so was left out. It is [ErrInvalid].
type InvalidError = raw.InvalidError

// What an error means, for use with [errors.Is]. The same sentinel stands for an answer of the service ([*APIError])
// and for what this package finds out by itself ([*InvalidError]).
var (
	// ErrInvalid: an argument was refused, by this package before anything was sent or by the service.
	ErrInvalid = raw.ErrInvalid
	// ErrNotFound: the service has no such task.
	ErrNotFound = errors.New("not found")
	// ErrInstanceNotFound: the service has no such instance (DMS.00404022). That says nothing about a task, and is not
	// ErrNotFound.
	ErrInstanceNotFound = errors.New("instance not found")
	// ErrUnauthorized: the credentials are missing, wrong, expired or not for this project.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden: the credentials are good but may not do this.
	ErrForbidden = errors.New("forbidden")
	// ErrBusy: the instance or the task is in a state that does not allow the deletion now, for example because a
	// background job is still running.
	ErrBusy = errors.New("busy")
	// ErrThrottled: too many requests. The vendor also sends this with status 404 (DMS.10240407).
	ErrThrottled = errors.New("throttled")
	// ErrWrongEndpoint: what answered is not the DMS API: a wrong host, region or path, not a missing task. A redirect
	// is one, too.
	ErrWrongEndpoint = errors.New("wrong endpoint")
	// ErrUnavailable: the service or the gateway in front of it failed; the call may succeed later.
	ErrUnavailable = errors.New("unavailable")
)

// advice says what to do about a meaning, as the end of an error's text.
var advice = map[error]string{
	ErrInstanceNotFound: "; check the instance ID, and that the project has this instance",
	ErrUnauthorized:     "; check the credentials, and that they are for this project",
	ErrForbidden:        "; the user may lack the IAM action dms:instance:deleteBackgroundTask, or be frozen or read-only",
	ErrBusy:             "; try again when the task has finished",
	ErrThrottled:        "; wait before you try again",
	ErrWrongEndpoint:    "; check the host, region and path of the endpoint",
	ErrUnavailable:      "; try again later",
}

// An APIError is every answer of a server other than 204, documented or not. errors.Is tells its meaning, which the
// code decides before the status does. An answer that was cut off means only what its status proves.
//
// Code, Message and RequestID are what the server sent, without credentials but with whatever else it put in, up to 64
// KiB of it. The text of the error quotes them and cuts them off; a program that shows them itself should do so too.
type APIError struct {
	StatusCode int           // HTTP status, for example 404
	Code       string        // error_code of the body, for example "DMS.00404022"; "" if there was none
	Message    string        // error_msg of the body; its wording is no part of the contract
	RequestID  string        // request_id of the body, else the header X-Request-Id, else ""
	RetryAfter time.Duration // how long the server asks to wait (RFC 9110 section 10.2.3); 0 if it does not say
	Err        error         // what was wrong with the answer itself, for example that it is not JSON; often nil

	asksToRetry bool // there was a Retry-After field
	followed    bool // the answer is to another request, to which a redirect led
}

func (e *APIError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "server answered %d", e.StatusCode)
	if text := http.StatusText(e.StatusCode); text != "" {
		b.WriteString(" " + text)
	}
	for _, field := range [][2]string{{"code", e.Code}, {"message", e.Message}, {"request ID", e.RequestID}} {
		if field[1] != "" {
			fmt.Fprintf(&b, ", %s %s", field[0], quote(field[1]))
		}
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
