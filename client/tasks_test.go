package client_test

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"math"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
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
	srv := clienttest.New(t)
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
	for ref, err := range c.DeleteTasks(t.Context(), maps.Keys(refs)) {
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
				var now, most atomic.Int32
				c := newClient(t, remote, client.WithHTTPClient(doer(func(req *http.Request) (*http.Response, error) {
					most.Store(max(most.Load(), now.Add(1)))
					defer now.Add(-1)
					time.Sleep(time.Second)
					return deleted(req)
				})))
				started, n := time.Now(), 0
				for _, err := range c.DeleteTasks(t.Context(), tasksN(200), tc.opts...) {
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

// TestSlowConsumer: the senders do not run ahead of who takes the results.
func TestSlowConsumer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var taken atomic.Int32
		wire := play(deleted)
		c := newClient(t, remote, client.WithHTTPClient(wire))
		consumed := 0
		for _, err := range c.DeleteTasks(t.Context(), numbered(100, &taken), client.WithConcurrency(4)) {
			require.NoError(t, err)
			consumed++
			synctest.Wait() // until all senders are held up
			assert.LessOrEqual(t, len(wire.times), consumed+4)
			assert.LessOrEqual(t, int(taken.Load()), consumed+5)
		}
	})
}

// TestBreak: leaving the loop ends what is under way, takes no more tasks and leaves no goroutine behind, which the
// bubble would report.
func TestBreak(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var taken, ended atomic.Int32
		c := newClient(t, remote, client.WithHTTPClient(play(deleted, func(req *http.Request) (*http.Response, error) {
			defer ended.Add(1)
			return hangs(req)
		})))
		for _, err := range c.DeleteTasks(t.Context(), numbered(1000, &taken)) {
			require.NoError(t, err)
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
	for name, results := range map[string]iter.Seq2[client.TaskRef, error]{
		"concurrency 0":  c.DeleteTasks(t.Context(), tasksN(3), client.WithConcurrency(0)),
		"rate 0":         c.DeleteTasks(t.Context(), tasksN(3), client.WithRateLimit(0)),
		"rate -1":        c.DeleteTasks(t.Context(), tasksN(3), client.WithRateLimit(-1)),
		"rate NaN":       c.DeleteTasks(t.Context(), tasksN(3), client.WithRateLimit(math.NaN())),
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

// TestTasksAreNotDroppedSilently: where the context ends before all tasks were begun, that is the last thing to be
// said, and soon, also by a server that hangs or a sequence that waits for something.
func TestTasksAreNotDroppedSilently(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		wire   step
		blocks bool // the sequence
		opts   []client.TasksOption
		done   int // tasks that have a result
	}{
		"rate limit":      {deleted, false, []client.TasksOption{client.WithRateLimit(1), client.WithConcurrency(1)}, 3},
		"server hangs":    {hangs, false, nil, client.DefaultConcurrency},
		"sequence blocks": {deleted, true, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
				defer cancel()
				tasks := tasksN(1000)
				if tc.blocks {
					tasks = func(func(client.TaskRef) bool) { <-t.Context().Done() }
				}
				c := newClient(t, remote, client.WithHTTPClient(doer(tc.wire)))
				started, done := time.Now(), 0
				var last error
				for ref, err := range c.DeleteTasks(ctx, tasks, tc.opts...) {
					if last = err; ref != (client.TaskRef{}) {
						done++
					}
				}
				assert.Equal(t, 2500*time.Millisecond, time.Since(started))
				assert.InDelta(t, tc.done, done, float64(client.DefaultConcurrency)*float64(min(tc.done, 8)/8))
				require.ErrorIs(t, last, context.DeadlineExceeded)
				require.ErrorContains(t, last, "some tasks may not have been started")
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
		c := newClient(t, remote, client.WithHTTPClient(play(deleted, func(req *http.Request) (*http.Response, error) {
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
		require.ErrorContains(t, last, "an attempt does not return")
		assert.Equal(t, time.Second+client.DefaultTimeout, time.Since(started))
		close(release)
	})
}
