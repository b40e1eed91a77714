package client

import (
	"context"
	"fmt"
	"iter"
	"math"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// DefaultConcurrency is how many tasks [Client.DeleteTasks] deletes at a time.
const DefaultConcurrency = 8

// A TasksOption changes how [Client.DeleteTasks] goes about it.
type TasksOption func(*tasksSettings) error

type tasksSettings struct {
	concurrency int
	limiter     *rate.Limiter
}

// WithConcurrency sets how many tasks are deleted at a time. The default is [DefaultConcurrency].
func WithConcurrency(n int) TasksOption {
	return func(s *tasksSettings) error {
		if n < 1 {
			return &InvalidError{Parameter: "concurrency", Value: strconv.Itoa(n), Expected: "1 or more"}
		}
		s.concurrency = n
		return nil
	}
}

// WithRateLimit sets how many tasks per second are begun at the most. Without it there is no limit.
func WithRateLimit(perSecond float64) TasksOption {
	return func(s *tasksSettings) error {
		if math.IsNaN(perSecond) || perSecond <= 0 {
			return &InvalidError{Parameter: "rate limit", Value: fmt.Sprint(perSecond), Expected: "more than 0"}
		}
		s.limiter = rate.NewLimiter(rate.Limit(perSecond), 1)
		return nil
	}
}

// DeleteTasks deletes the records of many tasks, several at a time, and yields what became of each as it becomes known,
// in no certain order: nil or the error of [Client.DeleteTask]. One failure does not stop the others. When the service
// throttles one, all of them wait.
//
// Tasks are taken from the sequence, by another goroutine, only as fast as results are taken from the result: memory
// stays the same whatever their number, and a slow consumer slows the senders. Breaking out of the loop, or the end of
// ctx, ends the deletions that are under way; a sequence that blocks then is left behind until it returns. What was not
// begun is not yielded, but if ctx ended before all tasks were begun, the last thing to be yielded is an error that
// says so, with a zero TaskRef. Wrong arguments yield such an error too.
func (c *Client) DeleteTasks(
	ctx context.Context, tasks iter.Seq[TaskRef], opts ...TasksOption,
) iter.Seq2[TaskRef, error] {
	return func(yield func(TaskRef, error) bool) {
		s, err := newTasksSettings(ctx, tasks, opts)
		if err != nil {
			yield(TaskRef{}, fmt.Errorf("dms: %w", err))
			return
		}
		inner, cancel := context.WithCancel(ctx)
		results, unfinished := s.start(inner, c, tasks)
		defer func() {
			cancel()
			for range results { // until all senders have gone
			}
		}()
		for r := range results {
			if !yield(r.task, r.err) {
				return
			}
		}
		if ctx.Err() != nil && unfinished.Load() {
			yield(TaskRef{}, fmt.Errorf("dms: not all tasks were begun: %w", stopped(ctx)))
		}
	}
}

func newTasksSettings(ctx context.Context, tasks iter.Seq[TaskRef], opts []TasksOption) (tasksSettings, error) {
	s := tasksSettings{concurrency: DefaultConcurrency}
	if ctx == nil {
		return s, errNilContext
	}
	if tasks == nil {
		return s, &InvalidError{Parameter: "tasks", Value: "nil", Expected: "a sequence"}
	}
	for _, opt := range opts {
		if opt == nil {
			continue
		}
		if err := opt(&s); err != nil {
			return s, err
		}
	}
	return s, nil
}

type taskResult struct {
	task TaskRef
	err  error
}

// start begins as many senders as the settings say. The channel is closed when they have gone, which they do at the
// end of the tasks or of ctx; unfinished is set if there were more tasks, as far as is known by then.
func (s tasksSettings) start(
	ctx context.Context, c *Client, tasks iter.Seq[TaskRef],
) (_ <-chan taskResult, unfinished *atomic.Bool) {
	queue, results := make(chan TaskRef), make(chan taskResult)
	unfinished = new(atomic.Bool)
	unfinished.Store(true)
	shared := &brake{}
	var senders sync.WaitGroup
	for range s.concurrency {
		senders.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case task, more := <-queue:
					if !more {
						return
					}
					results <- taskResult{task, c.delete(ctx, task, &call{brake: shared})}
				}
			}
		})
	}
	// Nobody waits for this goroutine: a sequence that blocks must not hold up the end of ctx.
	go func() {
		for task := range tasks {
			if !s.pace(ctx) {
				return
			}
			select {
			case queue <- task:
			case <-ctx.Done():
				return
			}
		}
		unfinished.Store(false)
		close(queue)
	}()
	go func() {
		senders.Wait()
		close(results)
	}()
	return results, unfinished
}

// pace waits for the rate limit; it reports false if ctx ends meanwhile.
func (s tasksSettings) pace(ctx context.Context) bool {
	if s.limiter == nil {
		return true
	}
	// Not Wait of the limiter, which gives up at once where it foresees the deadline.
	timer := time.NewTimer(s.limiter.Reserve().Delay())
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
