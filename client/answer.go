package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// newAPIError makes an error of an answer. A server may repeat the credentials that it was sent: they are taken out of
// everything that is kept.
func newAPIError(resp *http.Response, body *memory) *APIError {
	e := &APIError{
		StatusCode: resp.StatusCode,
		RequestID:  resp.Header.Get("X-Request-Id"),
		RetryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now()),
		Err:        body.err,
	}
	if errors.Is(body.err, io.EOF) {
		e.Err = e.parse(body.content)
	}
	if resp.StatusCode/100 == 3 {
		e.Err = errRedirect
	}
	for _, field := range []string{tokenHeader, "Authorization"} {
		e.redact(resp.Request.Header.Get(field))
	}
	return e
}

// parse takes the fields of the contract's schema Error from a body. The type that the server declares is not asked:
// a body that reads as an error of the service is one.
func (e *APIError) parse(content []byte) error {
	if len(content) == 0 {
		return errNoBody
	}
	var body Error
	if err := json.Unmarshal(content, &body); err != nil {
		return fmt.Errorf("the body is no error of the service: %w", err)
	}
	if body.ErrorCode == "" {
		return errors.New("the body is no error of the service: it has no error_code")
	}
	e.Code, e.Message = body.ErrorCode, body.ErrorMsg
	if body.RequestID != nil && *body.RequestID != "" {
		e.RequestID = *body.RequestID
	}
	return nil
}

func (e *APIError) redact(secret string) {
	if secret == "" {
		return
	}
	for _, field := range []*string{&e.Code, &e.Message, &e.RequestID} {
		*field = strings.ReplaceAll(*field, secret, redacted)
	}
}

const redacted = "[redacted]"

var (
	errNoBody   = errors.New("the body is empty")
	errRedirect = errors.New("a redirect, which was not followed")
)

// retryAfter reads a Retry-After header field, seconds or a date (RFC 9110 section 10.2.3). What is neither, or past,
// is 0.
func retryAfter(field string, now time.Time) time.Duration {
	const longest = 1<<63 - 1
	if seconds, err := strconv.ParseInt(field, 10, 64); err == nil {
		return time.Duration(min(max(seconds, 0), longest/int64(time.Second))) * time.Second
	}
	if date, err := http.ParseTime(field); err == nil {
		return max(date.Sub(now), 0)
	}
	return 0
}
