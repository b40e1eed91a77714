package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"time"

	"github.com/dmstask/dmstask/internal/secret"
)

// maxBody is how much of a body is read. An error of the service has some hundred bytes.
const maxBody = 64 << 10

var errBodyTooLong = fmt.Errorf("the body is longer than %d bytes", maxBody)

// once sends a request once, within a deadline, and hands on the answer with its body already read: no caller can be
// held up, or filled up, by a server that sends for ever.
type once struct {
	next    handler
	timeout time.Duration // of the caller's HTTP client; 0 for none
	signed  bool
	cache   *secret.Cache
}

// send puts the header fields of an attempt into a map of their own: they must not be seen by the next one, and a
// signature that is refused must not be sent again.
func (o once) send(req *http.Request, r *record) (*http.Response, error) {
	ctx, timeout := req.Context(), shorter(r.call.timeout, o.timeout)
	r.ctx = ctx
	if timeout > 0 {
		var cancel context.CancelFunc
		r.ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	if o.signed { // only a signer looks for it there, and the others are spared a copy
		req = req.WithContext(r.ctx)
	}
	header := req.Header
	defer func() { req.Header = header }()
	req.Header = maps.Clone(header)
	if r.attempts > 0 { // a transport may have changed what it must not
		u := r.target.url
		req.URL = &u
	}
	resp, err := o.next.send(req, r)
	if err == nil && resp.StatusCode == http.StatusNoContent && r.operation.success == resp.StatusCode {
		// RFC 9110 section 15.3.5: there is no body
		_ = resp.Body.Close()
		resp.Body = http.NoBody
		return resp, nil
	}
	secrets := o.cache.For(req.Header, r.token, r.refused)
	if err == nil {
		content, end := readBody(r.ctx, resp.Body)
		end = show(end, secrets)
		if answer := newAPIError(resp, content, end, secrets); resp.StatusCode != r.operation.success || answer.cut() {
			answer.action = r.operation.action
			r.answer = answer
		}
		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(content), failing{end}))
		return resp, nil
	}
	var refused *refusedError
	switch {
	case errors.As(err, &refused): // says by itself what kept it
	case r.ctx.Err() == nil:
	case ctx.Err() != nil:
		err = stopped(ctx) // and not what came of it
	default:
		err = fmt.Errorf("no answer within %v: %w", timeout, context.DeadlineExceeded)
	}
	var answer *APIError // to another request
	if errors.As(err, &answer) {
		answer.Err = show(answer.Err, secrets)
	}
	return nil, show(err, secrets)
}

func shorter(a, b time.Duration) time.Duration {
	if a > 0 && b > 0 {
		return min(a, b)
	}
	return max(a, b)
}

// failing is the end of a body that has been read. Reading it gives what came, and then the error that ended it: the
// status is known by now, and an error of the body must not hide it.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// A cutError says that a body ended before its end.
type cutError struct {
	after int // bytes
	err   error
}

func (e *cutError) Error() string {
	return fmt.Sprintf("the answer was cut off or broken after %d bytes of its body: %v", e.after, e.err)
}
func (e *cutError) Unwrap() error { return e.err }

// readBody reads at most maxBody bytes of a body, until ctx ends, and closes it. It returns the error that ended the
// body, io.EOF if it is whole.
func readBody(ctx context.Context, from io.ReadCloser) ([]byte, error) {
	defer from.Close()
	// Not every body respects the context of its request; closing it ends the reading.
	defer context.AfterFunc(ctx, func() { _ = from.Close() })()
	content, err := io.ReadAll(io.LimitReader(from, maxBody+1))
	switch {
	case len(content) > maxBody:
		return content[:maxBody], errBodyTooLong
	case err == nil:
		return content, io.EOF
	case ctx.Err() != nil:
		err = stopped(ctx) // and not that the body was closed, which is what came of it
	}
	return content, &cutError{len(content), err}
}
