package pace_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"github.com/dmstask/dmstask/internal/pace"
)

// send has senders send for 40 seconds, and returns how many requests a second were served in the last 30.
func send(ctx context.Context, senders int, serve func() bool, asked time.Duration) float64 {
	p, started := pace.New(), time.Now()
	var served atomic.Int32
	var sending sync.WaitGroup
	for range senders {
		sending.Go(func() {
			for time.Since(started) < 40*time.Second && p.Wait(ctx) == nil {
				sent := time.Now()
				time.Sleep(10 * time.Millisecond)
				switch {
				case !serve():
					if !p.Throttled(sent, asked, time.Second) {
						time.Sleep(time.Second)
					}
				default:
					p.Served()
					if time.Since(started) > 10*time.Second {
						served.Add(1)
					}
				}
			}
		})
	}
	sending.Wait()
	return float64(served.Load()) / 30
}

func TestPacer(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		perSecond float64
		burst     int
		asked     time.Duration
	}{
		"asks for quiet": {100, 20, time.Second}, "does not": {50, 10, 0},
		"fast": {1000, 200, time.Second}, "slow": {5, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				limiter := rate.NewLimiter(rate.Limit(tc.perSecond), tc.burst)
				got := send(t.Context(), 64, limiter.Allow, tc.asked)
				assert.GreaterOrEqual(t, got, 0.8*tc.perSecond)
			})
		})
	}
}

// TestByChance: one in a hundred teaches no rate.
func TestByChance(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int32
		got := send(t.Context(), 64, func() bool { return n.Add(1)%100 != 0 }, 0)
		assert.Greater(t, got, 3000.0, "of 6400")
	})
}

func TestQuiet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := pace.New()
		assert.Zero(t, p.Quiet())
		p.Throttled(time.Now(), time.Minute, 0)
		time.Sleep(time.Second)
		assert.Equal(t, time.Second, p.Quiet())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, p.Wait(ctx), context.DeadlineExceeded, "within the pause")
		time.Sleep(58 * time.Second)
		require.NoError(t, p.Wait(t.Context()), "after it")
		p.Served()
		assert.Zero(t, p.Quiet())
	})
}
