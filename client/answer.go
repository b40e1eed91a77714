package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dmstask/dmstask/internal/codes"
	"github.com/dmstask/dmstask/internal/retryafter"
	"github.com/dmstask/dmstask/internal/secret"
)

// newAPIError makes an error of an answer. err is what ended its body: io.EOF, if it is whole. A server may repeat the
// credentials that it was sent: they are taken out of everything that is kept.
func newAPIError(resp *http.Response, content []byte, err error, secrets *secret.Set) *APIError {
	e := &APIError{
		StatusCode: resp.StatusCode,
		RequestID:  resp.Header.Get("X-Request-Id"),
		Err:        err,
	}
	e.RetryAfter, e.asksToRetry = retryafter.Parse(resp.Header.Get("Retry-After"), time.Now())
	switch {
	case slices.Contains(redirects, resp.StatusCode):
		e.Err = redirectError(resp)
	case err == io.EOF: //nolint:errorlint // what wraps it is no end of a body
		e.Err = e.parse(content)
	}
	for _, field := range []*string{&e.Code, &e.Message, &e.RequestID} {
		*field = secrets.Clean(*field)
	}
	e.Err = show(e.Err, secrets)
	return e
}

// redirects are the statuses with which a server refers to another URL (RFC 9110 section 15.4).
var redirects = []int{
	http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect,
	http.StatusPermanentRedirect,
}

// parse takes the fields of the contract's schema Error from a body. Neither the media type nor the types of the other
// fields are asked: a body that has a code as the service does is one of its errors.
func (e *APIError) parse(content []byte) error {
	if len(content) == 0 {
		return errors.New("the body is empty")
	}
	var body struct {
		Code      any `json:"error_code"`
		Message   any `json:"error_msg"`
		RequestID any `json:"request_id"`
	}
	if err := json.Unmarshal(content, &body); err != nil {
		return fmt.Errorf("the body is not an error of the service: %w", err)
	}
	code, ok := body.Code.(string)
	if !ok || code == "" {
		return errors.New("the body is not an error of the service: it has no error_code")
	}
	e.Code = code
	e.Message, _ = body.Message.(string)
	if id, ok := body.RequestID.(string); ok && id != "" {
		e.RequestID = id
	}
	return nil
}

// cut reports whether the body ended before its end, so that its code is not known.
func (e *APIError) cut() bool {
	var cut *cutError
	return errors.As(e.Err, &cut)
}

// mayPass reports whether the same request may get another answer.
func (e *APIError) mayPass() bool {
	switch meaning := e.meaning(); e.StatusCode {
	case http.StatusUnauthorized:
		return e.cut()
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return meaning == ErrUnavailable || meaning == ErrThrottled || e.cut() //nolint:errorlint // sentinels themselves
	case http.StatusMisdirectedRequest, http.StatusTooEarly:
		return e.asksToRetry || e.cut()
	default:
		proxy := 520 <= e.StatusCode && e.StatusCode <= 599                 // of CDNs and load balancers
		return meaning == ErrThrottled || e.cut() || proxy && e.asksToRetry //nolint:errorlint // the same
	}
}

// mayHaveDeleted reports whether the service may have deleted the record although it did not answer 204.
//
// An error of the service's own, 5xx or 408, may come after the deletion. The gateway's APIG.0203, and APIG.0201 with
// 504, say that it passed the request on and had no answer in time; its APIG.0202, and APIG.0201 otherwise, that it
// could not reach the service (table of error codes of the API Gateway user guide). A status without a code is that of
// some proxy: 500, 502 and 504 may come after the request was passed on (RFC 9110 sections 15.6.1, 15.6.3 and 15.6.5),
// 503 and 408 mean that it was not handled. Nothing that was throttled was carried out.
func (e *APIError) mayHaveDeleted() bool {
	switch {
	case e.Is(ErrThrottled):
		return false
	case e.cut(): // who answered is not known
		return e.StatusCode/100 != 4 || e.StatusCode == http.StatusRequestTimeout
	case e.Code == "":
		return e.StatusCode == 500 || e.StatusCode == 502 || e.StatusCode == 504 //nolint:usestdlibvars // as in the comment
	}
	if number, ok := codes.Gateway(e.Code); ok {
		return number == "0203" || number == "0201" && e.StatusCode == http.StatusGatewayTimeout
	}
	service := strings.HasPrefix(e.Code, "DMS.")
	return service && (e.StatusCode/100 == 5 || e.StatusCode == http.StatusRequestTimeout)
}
