package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
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
	for _, field := range []*string{&e.Code, &e.Message, &e.RequestID} {
		*field = body.cleaner.Clean(*field)
	}
	e.Err = show(e.Err, body.cleaner)
	return e
}

var (
	errNoBody   = errors.New("the body is empty")
	errRedirect = errors.New("a redirect, which was not followed")
)

// parse takes the fields of the contract's schema Error from a body. Neither the media type nor the types of the other
// fields are asked: a body that has a code as the service does is one of its errors.
func (e *APIError) parse(content []byte) error {
	if len(content) == 0 {
		return errNoBody
	}
	var body struct {
		Code      any `json:"error_code"`
		Message   any `json:"error_msg"`
		RequestID any `json:"request_id"`
	}
	if err := json.Unmarshal(content, &body); err != nil {
		return fmt.Errorf("the body is no error of the service: %w", err)
	}
	code, ok := body.Code.(string)
	if !ok || code == "" {
		return errors.New("the body is no error of the service: it has no error_code")
	}
	e.Code = code
	e.Message, _ = body.Message.(string)
	if id, ok := body.RequestID.(string); ok && id != "" {
		e.RequestID = id
	}
	return nil
}

// retryAfter reads a Retry-After header field, seconds or a date (RFC 9110 section 10.2.3). What is neither, or past,
// is 0.
func retryAfter(field string, now time.Time) time.Duration {
	const longest = 1<<63 - 1
	seconds, err := strconv.ParseInt(field, 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) { // out of range, it is the largest or the smallest there is
		return time.Duration(min(max(seconds, 0), longest/int64(time.Second))) * time.Second
	}
	if date, err := http.ParseTime(field); err == nil {
		return max(date.Sub(now), 0)
	}
	return 0
}
