package client_test

import (
	"context"
	"fmt"
	"iter"
	"math"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

// tasksN yields n tasks.
func tasksN(n int) iter.Seq[client.TaskRef] { return numbered(n, new(atomic.Int32)) }

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

func TestTasksArgumentsAreRefused(t *testing.T) {
	t.Parallel()
	wire := play(deleted)
	c := newClient(t, remote, client.WithHTTPClient(wire))
	var none context.Context
	for name, results := range map[string]iter.Seq2[client.TaskRef, error]{
		"no sequence":    c.DeleteTasks(t.Context(), nil),
		"no context":     c.DeleteTasks(none, tasksN(3)),
		"concurrency 0":  c.DeleteTasks(t.Context(), tasksN(3), client.WithConcurrency(0)),
		"rate 0":         c.DeleteTasks(t.Context(), tasksN(3), client.WithRateLimit(0)),
		"rate -1":        c.DeleteTasks(t.Context(), tasksN(3), client.WithRateLimit(-1)),
		"rate NaN":       c.DeleteTasks(t.Context(), tasksN(3), nil, client.WithRateLimit(math.NaN())),
		"timeout of all": c.DeleteTasks(t.Context(), tasksN(3), client.WithTimeout(-1)),
	} {
		n := 0
		for ref, err := range results {
			assert.Zero(t, ref, name)
			require.ErrorIs(t, err, client.ErrInvalid, name)
			n++
		}
		assert.Equal(t, 1, n, name)
	}
	assert.Empty(t, wire.times)
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

// TestTasksAreNotDroppedSilently: where the context ends before all tasks were begun, that is the last thing to be
// said, and soon, also by a server that hangs or a sequence that waits for something.
func TestTasksAreNotDroppedSilently(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		wire  step
		tasks func(release <-chan struct{}) iter.Seq[client.TaskRef]
		opts  []client.TasksOption
		done  int // tasks that have a result
	}{
		"rate limit": {
			deleted, func(<-chan struct{}) iter.Seq[client.TaskRef] { return tasksN(10) },
			[]client.TasksOption{client.WithRateLimit(1), client.WithConcurrency(1)}, 3,
		},
		"server hangs": {
			hangs, func(<-chan struct{}) iter.Seq[client.TaskRef] { return tasksN(1000) }, nil, client.DefaultConcurrency,
		},
		"sequence blocks": {deleted, func(release <-chan struct{}) iter.Seq[client.TaskRef] {
			return func(func(client.TaskRef) bool) { <-release }
		}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				defer close(release)
				ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
				defer cancel()
				c := newClient(t, remote, client.WithHTTPClient(doer(tc.wire)))
				started, done := time.Now(), 0
				var last error
				for ref, err := range c.DeleteTasks(ctx, tc.tasks(release), tc.opts...) {
					if last = err; ref != (client.TaskRef{}) {
						done++
					}
				}
				assert.Equal(t, 2500*time.Millisecond, time.Since(started))
				assert.InDelta(t, tc.done, done, float64(client.DefaultConcurrency)*float64(min(tc.done, 8)/8))
				require.ErrorIs(t, last, context.DeadlineExceeded)
				require.ErrorContains(t, last, "perhaps not all tasks were begun")
			})
		})
	}
}

// TestPanics: a panic in the caller's own code is raised where the results are ranged over, with the stack of where it
// happened, and can be recovered there.
func TestPanics(t *testing.T) {
	t.Parallel()
	boom := func() { panic(errAny) }
	exits := func(*http.Request) (*http.Response, error) {
		runtime.Goexit()
		return nil, nil //nolint:nilnil // is not reached
	}
	sound := client.WithHTTPClient(play(deleted))
	for name, tc := range map[string]struct {
		tasks iter.Seq[client.TaskRef]
		opts  []client.Option
	}{
		"sequence": {func(yield func(client.TaskRef) bool) { yield(task); boom() }, []client.Option{sound}},
		"doer": {tasksN(3), []client.Option{client.WithHTTPClient(doer(func(*http.Request) (*http.Response, error) {
			boom()
			return nil, nil //nolint:nilnil // is not reached
		}))}},
		"signer": {tasksN(3), []client.Option{sound, client.WithSigner(
			func(*http.Request) error { boom(); return nil })}},
		"editor": {tasksN(3), []client.Option{sound, client.WithRequestEditorFn(
			func(context.Context, *http.Request) error { boom(); return nil })}},
		"login": {tasksN(3), []client.Option{sound, client.WithTokenSource(client.CachedTokenSource(client.Token{},
			client.TokenSourceFunc(func(context.Context) (client.Token, error) { boom(); return client.Token{}, nil })))}},
		"Goexit in a sequence": {func(func(client.TaskRef) bool) { runtime.Goexit() }, []client.Option{sound}},
		"Goexit in a doer":     {tasksN(3), []client.Option{client.WithHTTPClient(doer(exits))}},
		"hook":                 {tasksN(3), []client.Option{sound, client.WithOnAttempt(func(client.Attempt) { boom() })}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				defer func() {
					err, ok := recover().(error)
					require.True(t, ok)
					if strings.HasPrefix(name, "Goexit") {
						require.ErrorContains(t, err, "called runtime.Goexit")
						return
					}
					require.ErrorIs(t, err, errAny)
					require.ErrorContains(t, err, "TestPanics.func")
				}()
				for _, err := range newClient(t, remote, tc.opts...).DeleteTasks(t.Context(), tc.tasks) {
					require.NoError(t, err)
				}
				t.Error("the panic was lost")
			})
		})
	}
}

// TestSlowConsumerAtTheEnd: results that are there are yielded, however late somebody takes them.
func TestSlowConsumerAtTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		c := newClient(t, remote, client.WithHTTPClient(play(deleted)))
		n := 0
		for _, err := range c.DeleteTasks(ctx, tasksN(8)) {
			require.NoError(t, err)
			n++
			synctest.Wait()
			cancel()
			time.Sleep(time.Hour)
		}
		assert.Equal(t, 8, n)
	})
}

// TestStuckSender: a doer that ignores the end of the context is waited for as long as an attempt may take, and not
// longer.
func TestStuckSender(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		c := newClient(t, remote, client.WithHTTPClient(doer(func(req *http.Request) (*http.Response, error) {
			if strings.HasSuffix(req.URL.Path, "/task-0") {
				return deleted(req)
			}
			<-release
			return deleted(req)
		})))
		started := time.Now()
		for _, err := range c.DeleteTasks(t.Context(), tasksN(9), client.WithTimeout(time.Minute)) {
			require.NoError(t, err)
			synctest.Wait() // until the others are stuck
			break
		}
		assert.Equal(t, time.Minute, time.Since(started))

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		started = time.Now()
		var last error
		for _, err := range c.DeleteTasks(ctx, tasksN(9)) {
			last = err
		}
		require.ErrorIs(t, last, context.DeadlineExceeded)
		require.ErrorContains(t, last, "an attempt does not end")
		assert.Equal(t, time.Second+client.DefaultTimeout, time.Since(started))
		close(release)
	})
}
