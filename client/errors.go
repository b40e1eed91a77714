package client

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/dmstask/dmstask/client/raw"
)

// An InvalidError is about an argument that the contract or this package does not allow. Its fields Parameter, Value
// and Expected are the name of the argument, the refused value and a description of what is accepted. Hidden is set if
// the value was left out because it may contain a credential. It is [ErrInvalid].
type InvalidError = raw.InvalidError

// The meanings of errors, for use with [errors.Is]. The same sentinel is used for answers of the service ([*APIError])
// and for errors that this package detects itself ([*InvalidError]).
var (
	// ErrInvalid: an argument was refused, by this package before anything was sent or by the service.
	ErrInvalid = raw.ErrInvalid
	// ErrNotFound: the service has no such task.
	ErrNotFound = errors.New("not found")
	// ErrInstanceNotFound: the service has no such instance (DMS.00404022). That proves nothing about a task, and is not
	// ErrNotFound.
	ErrInstanceNotFound = errors.New("instance not found")
	// ErrUnauthorized: the credentials are missing, wrong, expired or not for this project.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden: the credentials are valid, but do not allow this.
	ErrForbidden = errors.New("forbidden")
	// ErrBusy: the instance or the task is in a state that does not allow the deletion now, for example because a
	// background job is still running.
	ErrBusy = errors.New("busy")
	// ErrThrottled: too many requests. The vendor also sends this with status 404 (DMS.10240407).
	ErrThrottled = errors.New("throttled")
	// ErrWrongEndpoint: the answer does not come from the DMS API. Host, region or path are wrong; no task is missing.
	// Redirects have this meaning too.
	ErrWrongEndpoint = errors.New("wrong endpoint")
	// ErrUnavailable: the service or the gateway in front of it failed; the call may succeed later.
	ErrUnavailable = errors.New("unavailable")
)

// advice says what to do about a meaning, as the end of an error's text.
var advice = map[error]string{
	ErrInstanceNotFound: "; check the instance ID, and that the project has this instance",
	ErrUnauthorized:     "; check the credentials, and that they are for this project",
	ErrForbidden:        "; the user may lack the IAM action {action}, or be frozen or read-only",
	ErrBusy:             "; try again when the task has finished",
	ErrThrottled:        "; wait{time} before you try again",
	ErrWrongEndpoint:    "; check the host, region and path of the endpoint",
	ErrUnavailable:      "; try again later",
}

// An APIError is any answer of a server other than the success of the operation, such as 204, documented or not.
// Its meaning, for [errors.Is], depends on the code first and on the status second. A truncated answer means only what
// its status proves.
//
// Code, Message and RequestID are what the server sent, up to 64 KiB of it, with credentials redacted and nothing else
// removed. The text of the error quotes and truncates them; a program that displays them should do the same.
type APIError struct {
	StatusCode int           // HTTP status, for example 404
	Code       string        // error_code of the body, for example "DMS.00404022"; "" if there was none
	Message    string        // error_msg of the body; its wording is not part of the contract
	RequestID  string        // request_id of the body, else the header X-Request-Id, else ""
	RetryAfter time.Duration // how long the server asks to wait (RFC 9110 section 10.2.3); 0 if it does not ask
	Err        error         // what was wrong with the answer itself, for example that it is not JSON; often nil

	asksToRetry bool   // there was a Retry-After field
	action      string // the IAM action that the operation needs
	followed    bool   // the answer is to another request, to which a redirect led
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
		wait := ""
		if e.RetryAfter > 0 {
			wait = fmt.Sprintf(" %v", e.RetryAfter)
		}
		says := strings.NewReplacer("{action}", cmp.Or(e.action, "of the operation"), "{time}", wait)
		fmt.Fprintf(&b, ": %v%s", meaning, says.Replace(advice[meaning]))
	}
	return b.String()
}

// Is reports whether target is the meaning of this answer, one of the sentinels of this package.
func (e *APIError) Is(target error) bool { return target != nil && target == e.meaning() }

// Unwrap returns Err.
func (e *APIError) Unwrap() error { return e.Err }
