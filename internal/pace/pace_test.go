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

// send has 64 senders send for 40 seconds, and returns how many requests a second were served in the last 30.
func send(ctx context.Context, serve func() bool, asked time.Duration) float64 {
	p, started := pace.New(), time.Now()
	var served atomic.Int32
	var sending sync.WaitGroup
	for range 64 {
		sending.Go(func() {
			for time.Since(started) < 40*time.Second && p.Wait(ctx) == nil {
				sent := time.Now()
				time.Sleep(10 * time.Millisecond)
				switch {
				case !serve():
					if held, _ := p.Throttled(sent, asked, time.Second); !held {
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
				got := send(t.Context(), limiter.Allow, tc.asked)
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
		got := send(t.Context(), func() bool { return n.Add(1)%100 != 0 }, 0)
		assert.Greater(t, got, 3000.0, "of 6400")
	})
}

// TestQuiet: a pause is kept, and what was served or has failed ends the time in which all was throttled.
func TestQuiet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := pace.New()
		for _, ends := range []func(){p.Served, p.Failed} {
			_, quiet := p.Throttled(time.Now(), time.Minute, 0)
			assert.Zero(t, quiet)
			time.Sleep(time.Second)
			_, quiet = p.Throttled(time.Now(), 0, 0)
			assert.Equal(t, time.Second, quiet)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			require.ErrorIs(t, p.Wait(ctx), context.DeadlineExceeded, "within the pause")
			cancel()
			time.Sleep(57 * time.Second)
			require.NoError(t, p.Wait(t.Context()), "after it")
			ends()
		}
	})
}

// TestOutage: when a service throttles everything for a while, and then nothing, the rate comes back soon.
func TestOutage(t *testing.T) {
	t.Parallel()
	for _, asked := range []time.Duration{0, time.Second} {
		synctest.Test(t, func(t *testing.T) {
			started := time.Now()
			got := send(t.Context(), func() bool { return time.Since(started) > 5*time.Second }, asked)
			assert.Greater(t, got, 1000.0, "of 6400")
		})
	}
}

// TestOneBurst: what is throttled by chance teaches no rate either when one is known.
func TestOneBurst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int32
		got := send(t.Context(), func() bool { return n.Add(1)%100 != 0 && n.Load() > 60 }, 0)
		assert.Greater(t, got, 1000.0, "of 6400")
	})
}
