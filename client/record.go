package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/dmstask/dmstask/internal/codes"
)

// A record is what a call came to so far: one call of DeleteTask, or one request of the generated functions.
type record struct {
	call      callSettings
	operation *operation
	content   any             // where the content of a success goes, or nil
	ctx       context.Context // of the attempt that is under way
	target    target
	run       *run // of DeleteTasks, that the call is a part of; nil for a call of its own

	attempts  int
	throttled int       // how many of these were throttled, in a run of DeleteTasks
	last      error     // what the last attempt came to, nil for success
	answer    *APIError // the same, if it was answered

	token   string // the token of the last attempt that had one
	refused string // the token that was refused, and another one asked for

	ended   bool // the last attempt ended with ctx
	written bool // its request was written
	sent    bool // an attempt was sent
	// An attempt, or one before the last, may have deleted the record although its answer does not say so.
	lastMay, earlierMay bool
}

// counted returns how many attempts there were, without the one whose token was refused and renewed, and without those
// of a run that were throttled.
func (r *record) counted() int {
	if r.refused != "" {
		return r.attempts - r.throttled - 1
	}
	return r.attempts - r.throttled
}

// note takes down what an attempt came to. An attempt that ctx ended, or that was not sent, says less than the answer
// before it, which is kept along.
func (r *record) note(ctx context.Context, err error) {
	r.attempts++
	before := r.last
	r.earlierMay = r.earlierMay || r.lastMay
	r.last, r.lastMay, r.ended = err, r.written, ctx.Err() != nil
	switch {
	case r.answer != nil:
		r.last, r.lastMay = r.answer, r.answer.mayHaveDeleted()
	case before != nil && err != nil && (ctx.Err() != nil || errors.As(err, new(*refusedError))):
		r.last = fmt.Errorf("%w; the previous answer: %w", err, before)
	}
}

// gone reports whether the answer says that there is no such task, and the call takes that for success.
func (r *record) gone() bool {
	return r.operation.method == http.MethodDelete && r.answer != nil &&
		r.answer.StatusCode == http.StatusNotFound && r.answer.Code == codes.NoSuchURL &&
		(r.earlierMay || r.call.notFoundAsSuccess)
}

// result says what the call came to. err is that of the chain, which stands for the last attempt unless ctx ended.
func (r *record) result(ctx context.Context, err error) error {
	switch {
	case !r.sent && ctx.Err() != nil:
		return fmt.Errorf("nothing was sent: %w", err)
	case r.attempts == 0, r.last == nil:
		return err
	case ctx.Err() != nil && !r.ended:
		return fmt.Errorf("stopped after %s: %w; the last one: %w", count(r.attempts), stopped(ctx), r.last)
	case ctx.Err() != nil:
		return fmt.Errorf("stopped after %s: %w", count(r.attempts), r.last)
	case r.attempts > 1:
		return fmt.Errorf("after %s: %w", count(r.attempts), r.last)
	}
	return r.last
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
