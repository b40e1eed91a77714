package client

import (
	"net/http"
	"slices"
	"strings"

	"github.com/dmstask/dmstask/internal/codes"
)

var sentinels = map[codes.Meaning]error{
	codes.Invalid: ErrInvalid, codes.NotFound: ErrNotFound, codes.InstanceNotFound: ErrInstanceNotFound,
	codes.Unauthorized: ErrUnauthorized, codes.Forbidden: ErrForbidden, codes.Busy: ErrBusy,
	codes.Throttled: ErrThrottled, codes.WrongEndpoint: ErrWrongEndpoint, codes.Unavailable: ErrUnavailable,
}

// meaning returns the sentinel that this answer stands for, or nil. The code decides before the status does.
func (e *APIError) meaning() error {
	meaning := codes.Of(e.Code)
	switch {
	case e.followed, slices.Contains(redirects, e.StatusCode):
		return ErrWrongEndpoint
	case e.StatusCode < http.StatusBadRequest:
		return nil
	case e.cut() && (e.StatusCode == http.StatusBadRequest || e.StatusCode == http.StatusNotFound):
		return nil // the body would have said which of many
	case meaning == codes.Unknown && e.StatusCode == http.StatusNotFound && strings.HasPrefix(e.Code, "DMS."):
		return ErrNotFound // the service says so, and not any web server
	case meaning == codes.Unknown:
		meaning = codes.OfStatus(e.StatusCode)
	}
	return sentinels[meaning]
}
