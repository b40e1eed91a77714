package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// A call is what became so far of one call of DeleteTask, or of one request of the generated functions.
type call struct {
	attempts int
	// reached: an attempt before the last one may have reached the service, which may then have deleted the record
	// although its answer was lost or was an error.
	reached bool
	renewed bool  // the token source was asked for a fresh token
	last    error // what the last attempt came to, nil for 204
	brake   *brake
}

// counted returns how many attempts there were, without the one whose token was refused and renewed.
func (c *call) counted() int {
	if c.renewed {
		return c.attempts - 1
	}
	return c.attempts
}

// note takes down what an attempt came to. An attempt that ctx ended, or for which there were no credentials, says less
// than the answer before it, which is kept along.
func (c *call) note(ctx context.Context, resp *http.Response, err error) {
	c.attempts++
	before := c.last
	c.last = err
	var credentials *credentialsError
	if err != nil && before != nil && (ctx.Err() != nil || errors.As(err, &credentials)) {
		c.last = fmt.Errorf("%w; the answer before: %w", err, before)
	}
	if err == nil {
		if body, ok := resp.Body.(*memory); ok { // all but a 204 have one
			c.last = newAPIError(resp, body)
		}
	}
}

// result says what the call came to. err is that of the doer, which stands for the last attempt unless ctx ended.
func (c *call) result(ctx context.Context, err error) error {
	switch {
	case c.attempts == 0, c.last == nil:
		return err
	case ctx.Err() != nil && !errors.Is(c.last, ctx.Err()):
		return fmt.Errorf("stopped after %s: %w; the last one: %w", count(c.attempts), stopped(ctx), c.last)
	case ctx.Err() != nil:
		return fmt.Errorf("stopped after %s: %w", count(c.attempts), c.last)
	case c.attempts > 1:
		return fmt.Errorf("after %s: %w", count(c.attempts), c.last)
	}
	return c.last
}

func count(attempts int) string {
	if attempts == 1 {
		return "1 attempt"
	}
	return fmt.Sprintf("%d attempts", attempts)
}

// stopped returns why ctx ended: always context.Canceled or DeadlineExceeded, and the cause that somebody gave.
func stopped(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, ctx.Err()) {
		return fmt.Errorf("%w (%w)", ctx.Err(), cause)
	}
	return ctx.Err()
}
