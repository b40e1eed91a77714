package client

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// A brake holds up all senders that share it when one of them is throttled. A nil brake never does.
type brake struct {
	mu    sync.Mutex
	until time.Time
}

// throttled sets the brake for as long as the service asks for, or the first delay of the policy.
func (b *brake) throttled(err error, policy RetryPolicy) {
	var answer *APIError
	if b == nil || !errors.Is(err, ErrThrottled) || !errors.As(err, &answer) {
		return
	}
	delay := cmp.Or(policy.asked(answer), policy.BaseDelay)
	b.mu.Lock()
	defer b.mu.Unlock()
	if until := time.Now().Add(delay); until.After(b.until) {
		b.until = until
	}
}

// wait returns when the brake is off. Senders go on at different times within a tenth of the wait, not all at once.
func (b *brake) wait(ctx context.Context) error {
	for left := b.left(); left > 0; left = b.left() {
		timer := time.NewTimer(left + rand.N(left/10+1)) //nolint:gosec // G404: jitter is no secret
		select {
		case <-ctx.Done():
			timer.Stop()
			return stopped(ctx)
		case <-timer.C:
		}
	}
	return nil
}

func (b *brake) left() time.Duration {
	if b == nil {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Until(b.until)
}
