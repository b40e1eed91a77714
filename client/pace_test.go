package client_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"github.com/dmstask/dmstask/client"
)

// A network takes 5 to 15 ms for an answer. Its randomness is the same every time.
type network struct {
	mu     sync.Mutex
	random *rand.Rand
	answer func(n *network) step
	sent   int
}

func newNetwork(answer func(n *network) step) *network {
	return &network{random: rand.New(rand.NewPCG(1, 2)), answer: answer} //nolint:gosec // G404: no secret
}

func (n *network) Do(req *http.Request) (*http.Response, error) {
	n.mu.Lock()
	n.sent++
	latency := 5*time.Millisecond + time.Duration(n.random.Int64N(int64(10*time.Millisecond)))
	n.mu.Unlock()
	time.Sleep(latency)
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.answer(n)(req)
}

// bucket throttles what a token bucket does not serve.
func bucket(perSecond float64, burst int, header ...string) *network {
	limiter, throttled := rate.NewLimiter(rate.Limit(perSecond), burst), status(429, apiError("APIG.0308"), header...)
	return newNetwork(func(*network) step {
		if limiter.Allow() {
			return deleted
		}
		return throttled
	})
}

// TestPace: how many tasks a second a service serves that would serve so many and no more. No task fails.
func TestPace(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		server      *network
		senders     int
		early, late float64 // a second, in the first ten and from the 10th to the 40th
	}{
		"100/s, burst 20, Retry-After 1":               {bucket(100, 20, "Retry-After", "1"), 64, 55, 85},
		"100/s, burst 20, Retry-After 1, few senders":  {bucket(100, 20, "Retry-After", "1"), 8, 55, 85},
		"100/s, burst 20, Retry-After 1, many senders": {bucket(100, 20, "Retry-After", "1"), 500, 55, 85},
		"50/s, burst 10":                   {bucket(50, 10), 64, 35, 45},
		"50/s, burst 10, few senders":      {bucket(50, 10), 8, 35, 45},
		"1000/s, burst 200, Retry-After 1": {bucket(1000, 200, "Retry-After", "1"), 64, 550, 850},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newClient(t, remote, usual, client.WithHTTPClient(tc.server))
				started, early, late := time.Now(), 0.0, 0.0
				for _, err := range c.DeleteTasks(t.Context(), tasksN(1e6), client.WithConcurrency(tc.senders)) {
					require.NoError(t, err)
					at := time.Since(started)
					if at >= 40*time.Second {
						break
					}
					if at < 10*time.Second {
						early++
					} else {
						late++
					}
				}
				t.Logf("%.0f and %.0f a second", early/10, late/30)
				assert.GreaterOrEqual(t, early/10, tc.early)
				assert.GreaterOrEqual(t, late/30, tc.late)
			})
		})
	}
}

// TestThrottledByChance: a 429 now and then costs no more than the wait of its own call. A plain loop that waits a
// second after each takes 6.3 s: 20,200 requests of 10 ms, and 200 waits, divided among the senders.
func TestThrottledByChance(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wire := newNetwork(func(n *network) step {
			if n.random.IntN(100) == 0 {
				return busy
			}
			return deleted
		})
		c := newClient(t, remote, usual, client.WithHTTPClient(wire))
		started := time.Now()
		for _, err := range c.DeleteTasks(t.Context(), tasksN(20_000), client.WithConcurrency(64)) {
			require.NoError(t, err)
		}
		assert.Less(t, time.Since(started), 2*6300*time.Millisecond)
	})
}

// TestThrottledForever: a run ends when the service has served nothing for long enough.
func TestThrottledForever(t *testing.T) {
	t.Parallel()
	for name, throttled := range map[string]step{
		"Retry-After": status(429, apiError("APIG.0308"), "Retry-After", "5"), "no Retry-After": busy,
	} {
		for _, most := range []time.Duration{0, 10 * time.Second} {
			t.Run(fmt.Sprint(name, " ", most), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					c := newClient(t, remote, client.WithHTTPClient(doer(throttled)))
					started := time.Now()
					for _, err := range c.DeleteTasks(t.Context(), tasksN(8),
						client.WithRetry(client.RetryPolicy{MaxThrottled: most})) {
						require.ErrorIs(t, err, client.ErrThrottled)
					}
					assert.InDelta(t, cmp.Or(most, 2*time.Minute), time.Since(started), float64(25*time.Second))
				})
			})
		}
	}
}

// TestNoFalseEnd: what is throttled once, and then fails otherwise or has to wait for longer than MaxThrottled, does
// not end a run.
func TestNoFalseEnd(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		steps  []step
		failed int
	}{
		"fails otherwise": {[]step{busy, reset, reset, reset, reset, busy, deleted}, 1},
		"has to wait":     {[]step{status(429, "", "Retry-After", "180"), deleted}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newClient(t, remote, client.WithHTTPClient(play(tc.steps...)),
					client.WithRetry(client.RetryPolicy{MaxRetryAfter: 10 * time.Minute}))
				n, failed := 0, 0
				slowly := func(yield func(client.TaskRef) bool) {
					for ref := range tasksN(9) {
						if !yield(ref) {
							return
						}
						time.Sleep(3 * time.Minute)
					}
				}
				for ref, err := range c.DeleteTasks(t.Context(), slowly, client.WithConcurrency(1)) {
					assert.NotZero(t, ref)
					if n++; err != nil {
						failed++
					}
				}
				assert.Equal(t, 9, n)
				assert.Equal(t, tc.failed, failed)
			})
		})
	}
}

// TestQuietIsKept: also by calls that have waited for something else when the service asked for it.
func TestQuietIsKept(t *testing.T) {
	t.Parallel()
	for name, opt := range map[string]client.Option{
		"signed": signed,
		"token": client.WithTokenSource(client.TokenSourceFunc(func(context.Context) (client.Token, error) {
			time.Sleep(rand.N(2 * time.Second)) //nolint:gosec // G404: no secret
			return client.Token{Value: "token"}, nil
		})),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				wire := play(status(429, apiError("APIG.0308"), "Retry-After", "20"), deleted)
				c := newClient(t, remote, client.WithHTTPClient(wire), opt)
				for _, err := range c.DeleteTasks(t.Context(), tasksN(64), client.WithConcurrency(64)) {
					require.NoError(t, err)
				}
				for _, at := range wire.times[1:] {
					assert.GreaterOrEqual(t, at.Sub(wire.times[0]), 20*time.Second)
				}
			})
		})
	}
}

// TestSignedRequestsDoNotQueueForever: behind others that hang, a call waits no longer than an attempt may take.
func TestSignedRequestsDoNotQueueForever(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, remote, client.WithHTTPClient(play(hangs)), signed)
		started := time.Now()
		var calls sync.WaitGroup
		for range 64 {
			calls.Go(func() { assert.Error(t, c.DeleteTask(t.Context(), task)) })
		}
		calls.Wait()
		assert.LessOrEqual(t, time.Since(started), 2*client.DefaultTimeout)
	})
}

// TestRunThatEndsHidesNothing: a task that may be deleted has its result, also if the run ends.
func TestRunThatEndsHidesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		source := client.TokenSourceFunc(func(context.Context) (client.Token, error) {
			if asked++; asked > 1 {
				return client.Token{}, client.ErrUnauthorized
			}
			return client.Token{Value: "token"}, nil
		})
		c := newClient(t, remote, client.WithTokenSource(source), client.WithHTTPClient(play(down)), usual)
		var refs []client.TaskRef
		for ref, err := range c.DeleteTasks(t.Context(), tasksN(9), client.WithConcurrency(1)) {
			require.ErrorIs(t, err, client.ErrUnauthorized)
			refs = append(refs, ref)
		}
		require.Len(t, refs, 2)
		assert.Equal(t, client.TaskID("task-0"), refs[0].TaskID)
		assert.Zero(t, refs[1])
	})
}
