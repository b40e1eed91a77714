package client_test

import (
	"context"
	"fmt"
	"iter"
	"math"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

// numbered yields n tasks, and counts how many were taken.
func numbered(n int, taken *atomic.Int32) iter.Seq[client.TaskRef] {
	return func(yield func(client.TaskRef) bool) {
		for i := range n {
			ref := task
			ref.TaskID = client.TaskID(fmt.Sprintf("task-%d", i))
			taken.Add(1)
			if !yield(ref) {
				return
			}
		}
	}
}

func TestDeleteTasks(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	c := newClient(t, srv.URL, client.WithToken(srv.Token))
	refs := map[client.TaskRef]bool{} // and whether it can be deleted
	for range 50 {
		refs[srv.NewTask()] = true
		unknown := srv.NewTask()
		unknown.TaskID += "0"
		refs[unknown] = false
	}
	invalid := task
	invalid.TaskID = ".."
	refs[invalid] = false

	got := map[client.TaskRef]error{}
	for ref, err := range c.DeleteTasks(t.Context(), func(yield func(client.TaskRef) bool) {
		for ref := range refs {
			if !yield(ref) {
				return
			}
		}
	}) {
		got[ref] = err
	}
	assert.Len(t, got, len(refs))
	for ref, deletable := range refs {
		assert.Equal(t, deletable, got[ref] == nil, "%v: %v", ref, got[ref])
		assert.False(t, srv.HasTask(ref))
	}
	assert.Len(t, srv.Requests(), 100)
}

// TestConcurrency: so many at a time, never more.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		opts []client.TasksOption
		most int32
	}{
		"default": {nil, client.DefaultConcurrency},
		"one":     {[]client.TasksOption{client.WithConcurrency(1)}, 1},
		"many":    {[]client.TasksOption{client.WithConcurrency(100)}, 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var now, most, taken atomic.Int32
				c := newClient(t, remote, client.WithHTTPClient(doer(func(req *http.Request) (*http.Response, error) {
					most.Store(max(most.Load(), now.Add(1)))
					defer now.Add(-1)
					time.Sleep(time.Second)
					return deleted(req)
				})))
				started, n := time.Now(), 0
				for _, err := range c.DeleteTasks(t.Context(), numbered(200, &taken), tc.opts...) {
					require.NoError(t, err)
					n++
				}
				assert.Equal(t, 200, n)
				assert.Equal(t, tc.most, most.Load())
				assert.Equal(t, 200/time.Duration(tc.most)*time.Second, time.Since(started))
			})
		})
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var taken atomic.Int32
		c := newClient(t, remote, client.WithHTTPClient(play(deleted)))
		started := time.Now()
		for _, err := range c.DeleteTasks(t.Context(), numbered(101, &taken),
			client.WithRateLimit(10), client.WithConcurrency(1)) {
			require.NoError(t, err)
		}
		assert.Equal(t, 10*time.Second, time.Since(started).Round(time.Millisecond))
	})
}

// TestSlowConsumer: the senders do not run ahead of who takes the results.
func TestSlowConsumer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var taken, sent atomic.Int32
		c := newClient(t, remote, client.WithHTTPClient(doer(func(req *http.Request) (*http.Response, error) {
			sent.Add(1)
			return deleted(req)
		})))
		consumed := int32(0)
		for _, err := range c.DeleteTasks(t.Context(), numbered(100, &taken), client.WithConcurrency(4)) {
			require.NoError(t, err)
			consumed++
			synctest.Wait() // until all senders are held up
			assert.LessOrEqual(t, sent.Load(), consumed+4)
			assert.LessOrEqual(t, taken.Load(), consumed+5)
		}
	})
}

// TestBreak: leaving the loop ends what is under way, takes no more tasks and leaves no goroutine behind, which the
// bubble would report.
func TestBreak(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var taken, ended atomic.Int32
		c := newClient(t, remote, client.WithHTTPClient(doer(func(req *http.Request) (*http.Response, error) {
			if req.URL.Path[len(req.URL.Path)-7:] == "/task-0" {
				return deleted(req)
			}
			<-req.Context().Done()
			ended.Add(1)
			return nil, req.Context().Err()
		})))
		for ref, err := range c.DeleteTasks(t.Context(), numbered(1000, &taken)) {
			require.NoError(t, err)
			assert.Equal(t, client.TaskID("task-0"), ref.TaskID)
			synctest.Wait()
			break
		}
		assert.Less(t, taken.Load(), int32(20))
		assert.Positive(t, ended.Load())
	})
}

func TestTasksCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var taken atomic.Int32
		c := newClient(t, remote, client.WithHTTPClient(doer(hangs)))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		started, n := time.Now(), 0
		for _, err := range c.DeleteTasks(ctx, numbered(1000, &taken)) {
			require.ErrorIs(t, err, context.DeadlineExceeded)
			n++
		}
		assert.Equal(t, time.Second, time.Since(started))
		assert.GreaterOrEqual(t, n, client.DefaultConcurrency)
		assert.Less(t, n, 3*client.DefaultConcurrency)
	})
}

func TestTasksArgumentsAreRefused(t *testing.T) {
	t.Parallel()
	c := newClient(t, remote, client.WithHTTPClient(play(deleted)))
	var none context.Context
	for _, results := range []iter.Seq2[client.TaskRef, error]{
		c.DeleteTasks(t.Context(), nil),
		c.DeleteTasks(none, slices.Values([]client.TaskRef{task})),
	} {
		n := 0
		for _, err := range results {
			require.ErrorIs(t, err, client.ErrInvalid)
			n++
		}
		assert.Equal(t, 1, n)
	}
	for _, err := range c.DeleteTasks(t.Context(), slices.Values([]client.TaskRef{task}), nil) {
		require.NoError(t, err)
	}
}

func TestTasksOptionsAreRefused(t *testing.T) {
	t.Parallel()
	for _, opt := range []client.TasksOption{
		client.WithConcurrency(0), client.WithConcurrency(-1),
		client.WithRateLimit(0), client.WithRateLimit(-1), client.WithRateLimit(math.NaN()),
	} {
		var taken atomic.Int32
		c := newClient(t, remote, client.WithHTTPClient(play(deleted)))
		n := 0
		for ref, err := range c.DeleteTasks(t.Context(), numbered(3, &taken), opt) {
			assert.Zero(t, ref)
			require.ErrorIs(t, err, client.ErrInvalid)
			n++
		}
		assert.Equal(t, 1, n)
		assert.Zero(t, taken.Load())
	}
}

// TestThrottledTogether: when the service throttles one sender, the others wait with it.
func TestThrottledTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const pause = 30 * time.Second
		var mu sync.Mutex
		var begun []time.Time
		var throttled time.Time
		c, err := client.New(remote, client.WithHTTPClient(doer(func(req *http.Request) (*http.Response, error) {
			mu.Lock()
			begun = append(begun, time.Now())
			nth := len(begun)
			mu.Unlock()
			time.Sleep(time.Second)
			if nth != 20 {
				return deleted(req)
			}
			throttled = time.Now()
			return status(http.StatusTooManyRequests, apiError("APIG.0308"), "Retry-After", "30")(req)
		})))
		require.NoError(t, err)
		var taken atomic.Int32
		n := 0
		for _, err := range c.DeleteTasks(t.Context(), numbered(100, &taken), client.WithConcurrency(4)) {
			require.NoError(t, err)
			n++
		}
		assert.Equal(t, 100, n)
		meanwhile := 0
		for _, at := range begun {
			if at.After(throttled) && at.Before(throttled.Add(pause)) {
				meanwhile++
			}
		}
		assert.Zero(t, meanwhile)
	})
}

// TestTasksAreNotDroppedSilently: where the context ends before all tasks were begun, that is the last word.
func TestTasksAreNotDroppedSilently(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		var taken atomic.Int32
		c := newClient(t, remote, client.WithHTTPClient(play(deleted)))
		started, n := time.Now(), 0
		var last error
		for ref, err := range c.DeleteTasks(ctx, numbered(10, &taken), client.WithRateLimit(1), client.WithConcurrency(1)) {
			if last = err; err == nil {
				n++
			} else {
				assert.Zero(t, ref)
			}
		}
		assert.Equal(t, 3, n)
		require.ErrorIs(t, last, context.DeadlineExceeded)
		require.ErrorContains(t, last, "not all tasks were begun")
		assert.Equal(t, 2500*time.Millisecond, time.Since(started))
	})
}

// TestBlockedSequence: a sequence that waits for something does not hold up the end of the context.
func TestBlockedSequence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		c := newClient(t, remote, client.WithHTTPClient(play(deleted)))
		started := time.Now()
		for _, err := range c.DeleteTasks(ctx, func(func(client.TaskRef) bool) { <-release }) {
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		assert.Equal(t, time.Second, time.Since(started))
	})
}

// TestThrottledWithoutRetries: the others wait also when the one that is throttled does not try again.
func TestThrottledWithoutRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var taken atomic.Int32
		c := newClient(t, remote, client.WithHTTPClient(play(
			status(http.StatusTooManyRequests, apiError("APIG.0308"), "Retry-After", "5"), deleted)))
		started := time.Now()
		for _, err := range c.DeleteTasks(t.Context(), numbered(3, &taken), client.WithConcurrency(1)) {
			if err != nil {
				require.ErrorIs(t, err, client.ErrThrottled)
			}
		}
		assert.GreaterOrEqual(t, time.Since(started), 5*time.Second)
	})
}
