package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/dmstask/dmstask/internal/caught"
	"github.com/dmstask/dmstask/internal/pace"
)

// DefaultConcurrency is how many tasks [Client.DeleteTasks] deletes at a time.
const DefaultConcurrency = 8

type tasksSettings struct {
	call        callSettings
	concurrency int
	limiter     *rate.Limiter
}

type tasksOption func(s *tasksSettings) error

func (set tasksOption) applyTasks(s *tasksSettings) error { return set(s) }

// WithConcurrency sets how many tasks are deleted at the same time. The default is [DefaultConcurrency].
func WithConcurrency(n int) TasksOption {
	return tasksOption(func(s *tasksSettings) error {
		s.concurrency = n
		if n < 1 {
			return &InvalidError{Parameter: "concurrency", Value: strconv.Itoa(n), Expected: "1 or more"}
		}
		return nil
	})
}

// WithRateLimit limits how many tasks are started per second. By default there is no limit.
func WithRateLimit(perSecond float64) TasksOption {
	return tasksOption(func(s *tasksSettings) error {
		s.limiter = rate.NewLimiter(rate.Limit(perSecond), 1)
		if math.IsNaN(perSecond) || perSecond <= 0 {
			return &InvalidError{Parameter: "rate limit", Value: fmt.Sprint(perSecond), Expected: "more than 0"}
		}
		return nil
	})
}

// DeleteTasks deletes the records of many tasks, several at a time, and yields the result of each as soon as it is
// known, in no particular order: nil or the error of [Client.DeleteTask]. One failure does not stop the others. When
// the service throttles, the run learns how many requests per second the service accepts. A throttled task is retried,
// and that does not count as an attempt.
//
// Another goroutine takes tasks from the sequence only as fast as the caller takes results: memory use does not depend
// on their number, and a slow consumer slows down the senders. With the default transport, a run has its own
// connections, at most one for each task that is being deleted.
//
// Breaking out of the loop, or the end of ctx, cancels the deletions in progress. DeleteTasks waits for them, but no
// longer than an attempt may take, and drops later results; it does not wait for a sequence that blocks. Tasks that
// were not started are not yielded. If ctx ended before all tasks were done, the last pair is an error with a zero
// TaskRef. Invalid arguments yield such a pair too.
//
// Two things end the run early, with an error and a zero TaskRef: refused credentials (by the identity service, or as a
// signature), and a service that throttles every request for the time that [RetryPolicy] allows.
//
// A panic in the sequence, a signer, an editor or the HTTP client is raised again in the caller's goroutine, with its
// stack.
func (c *Client) DeleteTasks(
	ctx context.Context, tasks iter.Seq[TaskRef], opts ...TasksOption,
) iter.Seq2[TaskRef, error] {
	return func(yield func(TaskRef, error) bool) {
		s := tasksSettings{
			call: c.settings.call, concurrency: DefaultConcurrency, limiter: rate.NewLimiter(rate.Inf, 1),
		}
		if err := each(opts, func(opt TasksOption) error { return opt.applyTasks(&s) }); err != nil {
			yield(TaskRef{}, unsent(err))
			return
		}
		inner, cancel := context.WithCancel(ctx)
		r := c.start(inner, s, tasks)
		defer r.finish(cancel)
		var end error // why the run ends, if not all tasks were deleted
		for done := ctx.Done(); ; {
			var late <-chan time.Time
			if ctx.Err() != nil {
				done, late = nil, time.After(r.patience)
			}
			select {
			case <-done:
			case result := <-r.results:
				if result.panicked != nil {
					panic(result.panicked)
				}
				if why := noCredentials(result.err); why != nil && ctx.Err() == nil {
					end = fmt.Errorf("dms: the run ended early, and not all tasks were deleted: %w", why)
					if !result.may {
						continue
					}
				}
				if !yield(result.task, result.err) {
					return
				}
			case <-r.gone:
				switch {
				case end != nil:
				case r.allBegun.Load():
					return
				case ctx.Err() != nil:
					end = fmt.Errorf("dms: some tasks may not have been started: %w", stopped(ctx))
				default:
					end = fmt.Errorf("dms: some tasks may not have been started: %w", errOver)
				}
				yield(TaskRef{}, end)
				return
			case <-late:
				r.patience = 0
				yield(TaskRef{}, fmt.Errorf("dms: the results of some tasks are not known: %w, and an attempt does not return",
					stopped(ctx)))
				return
			}
		}
	}
}

type taskResult struct {
	task     TaskRef
	err      error
	may      bool               // an attempt may have deleted the record
	panicked *caught.PanicError // instead of a result
}

// A run is one run of DeleteTasks: senders take tasks from the queue and give results.
type run struct {
	queue    chan TaskRef
	results  chan taskResult
	gone     chan struct{} // closed when all senders have gone
	dropped  chan struct{} // closed when nobody takes results any more
	pacer    *pace.Pacer
	feeding  context.Context         // while tasks are begun
	stop     context.CancelCauseFunc // no further task is begun, for a reason
	allBegun atomic.Bool
	patience time.Duration // how long a result is waited for when all is to end
}

// start begins as many senders as the settings say.
func (c *Client) start(ctx context.Context, s tasksSettings, tasks iter.Seq[TaskRef]) *run {
	w := c.wire.forSenders(s.concurrency)
	chain := c.assemble(w)
	r := &run{
		queue: make(chan TaskRef), results: make(chan taskResult), gone: make(chan struct{}), dropped: make(chan struct{}),
		pacer: pace.New(), patience: cmp.Or(shorter(s.call.timeout, w.timeout), DefaultTimeout),
	}
	r.feeding, r.stop = context.WithCancelCause(ctx)
	var senders sync.WaitGroup
	for range s.concurrency {
		senders.Go(func() {
			r.guard(func() {
				for {
					select {
					case <-r.feeding.Done():
						return
					case task, more := <-r.queue:
						if !more {
							return
						}
						rec := &record{call: s.call, operation: deleteTask, run: r}
						err := c.perform(ctx, task, rec, chain)
						if why := noCredentials(err); why != nil && ctx.Err() == nil { // it would be the same with the others
							r.stop(why)
						}
						r.give(taskResult{task: task, err: err, may: rec.earlierMay || rec.lastMay})
					}
				}
			})
		})
	}
	// Nobody waits for this goroutine: a sequence that blocks must not hold up the end of ctx.
	go r.guard(func() { r.feed(s, tasks) })
	go func() {
		senders.Wait()
		if w.shared != c.wire.shared { // its own
			w.closeIdle()
		}
		close(r.gone)
	}()
	return r
}

// feed puts the tasks into the queue.
func (r *run) feed(s tasksSettings, tasks iter.Seq[TaskRef]) {
	for task := range tasks {
		// Not the limiter's Wait, which gives up at once where it foresees the deadline.
		if pace.Sleep(r.feeding, s.limiter.Reserve().Delay()) != nil {
			return
		}
		select {
		case r.queue <- task:
		case <-r.feeding.Done():
			return
		}
	}
	r.allBegun.Store(true)
	close(r.queue)
}

func (r *run) give(result taskResult) {
	select {
	case r.results <- result:
	case <-r.dropped:
	}
}

// guard does work, and hands a panic in it on to the goroutine that ranges over the results.
func (r *run) guard(work func()) {
	caught.Guard(work, func(p *caught.PanicError) { r.give(taskResult{panicked: p}) })
}

// finish has the senders end and waits for them.
func (r *run) finish(cancel context.CancelFunc) {
	cancel()
	defer close(r.dropped)
	for late := time.After(r.patience); ; {
		select {
		case <-r.results:
		case <-r.gone:
			return
		case <-late:
			return
		}
	}
}

// noCredentials returns why the credentials are refused, so that no other call can have any, or nil.
func noCredentials(err error) *refusedError {
	var refused *refusedError
	if errors.As(err, &refused) && refused.meaning == ErrUnauthorized { //nolint:errorlint // a sentinel itself
		return refused
	}
	return nil
}
