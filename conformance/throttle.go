package conformance

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/dmstask/dmstask/internal/codes"
	"github.com/dmstask/dmstask/internal/pace"
	"github.com/dmstask/dmstask/internal/retryafter"
)

// A throttled request was not carried out, whatever it asks for, and may be sent again.
const (
	attempts    = 4                      // at a request, the first one included
	maxRepeated = 20                     // requests of a run that are sent again
	firstWait   = 250 * time.Millisecond // doubled each time, unless the server says how long
)

// throttled reports whether an answer says no more than that there were too many requests.
func (x *exchange) throttled() bool {
	if x.response == nil {
		return false
	}
	return x.response.Status == http.StatusTooManyRequests || codes.Of(newAnswer(x).ErrorCode()) == codes.Throttled
}

// patience waits until a throttled request may be sent again, and reports whether it may.
func (r *run) patience(ctx context.Context, x *exchange, attempt int) bool {
	wait, ok := retryafter.Parse(x.response.Head.Get("Retry-After"), time.Now())
	if !ok {
		wait = firstWait << (attempt - 1)
	}
	deadline, limited := ctx.Deadline()
	tooLong := wait > r.timeout || limited && time.Until(deadline) < wait
	if r.aborted != nil || attempt >= attempts || r.repeated >= maxRepeated || tooLong {
		return false
	}
	r.repeated++
	return pace.Sleep(ctx, wait) == nil
}

// impatient is why a run is not complete that gave up on throttled requests.
func impatient(x *exchange) error {
	return fmt.Errorf("the server throttles the check: %s", x.summary())
}
