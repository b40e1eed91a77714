package client

import (
	"net/http"
	"strings"
)

// meanings is the one place that says what an error code means. A code that is not here means what its status means.
// Sources: "Error Codes" of the DMS API Reference, and the table of error codes of the API Gateway user guide.
var meanings = map[string]error{
	"DMS.00400002": ErrInvalid, // malformed project ID
	"DMS.00400030": ErrInvalid, // malformed instance ID
	"DMS.00400061": ErrInvalid, // malformed instance ID
	"DMS.00400070": ErrInvalid, // malformed task ID

	"DMS.00400017": ErrBusy, // a background job of this instance is still running
	"DMS.00400026": ErrBusy, // not allowed in the instance's present state

	"DMS.10240101": ErrUnauthorized, // token invalid
	"DMS.10240102": ErrUnauthorized, // token expired
	"DMS.10240103": ErrUnauthorized, // token missing
	"DMS.10240104": ErrUnauthorized, // project ID and token do not match
	"APIG.0301":    ErrUnauthorized, // the gateway's word for any bad token or signature
	"APIGW.0301":   ErrUnauthorized,
	"APIG.0307":    ErrUnauthorized, // the gateway wants a fresh token

	"APIG.0302":    ErrForbidden, // the gateway does not let this user call this API
	"DMS.00403002": ErrForbidden,
	"DMS.00403003": ErrForbidden,
	"DMS.10240306": ErrForbidden,
	"DMS.10240309": ErrForbidden,
	"DMS.10240310": ErrForbidden,
	"DMS.10240311": ErrForbidden,
	"DMS.10240312": ErrForbidden,

	"DMS.00404001": ErrNotFound, // the requested URL does not exist
	"DMS.00404022": ErrNotFound, // the instance does not exist

	"DMS.10240406": ErrWrongEndpoint, // a 404 that is about the endpoint, not about the task
	"APIG.0101":    ErrWrongEndpoint, // the same of the gateway
	"DMS.00405001": ErrWrongEndpoint, // there is no DELETE here

	"DMS.10240407": ErrThrottled, // flow control, although its status is 404
	"APIG.0308":    ErrThrottled,

	"DMS.00500000": ErrUnavailable,
	"APIG.0201":    ErrUnavailable, // the gateway waited too long for the service
	"APIG.0202":    ErrUnavailable, // the gateway cannot reach the service
	"APIG.0203":    ErrUnavailable, // the gateway waited too long for the service
}

// advice says what to do about a meaning, as the end of an error's text.
var advice = map[error]string{
	ErrUnauthorized:  "; get a new token, and check that it is for this project",
	ErrForbidden:     "; the user needs the IAM action dms:instance:deleteBackgroundTask",
	ErrBusy:          "; try again when the task has finished",
	ErrThrottled:     "; wait before you try again",
	ErrWrongEndpoint: "; check the host, region and path of the endpoint",
	ErrUnavailable:   "; try again later",
}

// meaning returns the sentinel that this answer stands for, or nil: no sentinel stands for a status below 400.
func (e *APIError) meaning() error {
	if e.StatusCode < http.StatusBadRequest {
		return nil
	}
	if meaning, ok := meanings[e.Code]; ok {
		return meaning
	}
	switch e.StatusCode {
	case http.StatusBadRequest:
		return ErrInvalid
	case http.StatusUnauthorized:
		return ErrUnauthorized
	case http.StatusForbidden:
		return ErrForbidden
	case http.StatusNotFound:
		// Any web server has a 404. Only the service itself can say that it does not know a task.
		if strings.HasPrefix(e.Code, "DMS.") {
			return ErrNotFound
		}
		return ErrWrongEndpoint
	case http.StatusMethodNotAllowed:
		return ErrWrongEndpoint
	case http.StatusTooManyRequests:
		return ErrThrottled
	case http.StatusRequestTimeout:
		return ErrUnavailable
	}
	if e.StatusCode >= http.StatusInternalServerError {
		return ErrUnavailable
	}
	return nil
}
