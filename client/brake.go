package client

import (
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

// throttled sets the brake for as long as the sender that was throttled waits itself.
func (b *brake) throttled(err error, delay time.Duration) {
	if b == nil || !errors.Is(err, ErrThrottled) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if until := time.Now().Add(delay); until.After(b.until) {
		b.until = until
	}
}

// wait returns when the brake is off. Senders go on at different times within a tenth of the wait, not all at once.
func (b *brake) wait(ctx context.Context) error {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	left := time.Until(b.until)
	b.mu.Unlock()
	if left <= 0 {
		return nil
	}
	timer := time.NewTimer(left + rand.N(left/10+1)) //nolint:gosec // G404: jitter is no secret
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return stopped(ctx)
	case <-timer.C:
		return nil
	}
}
