package client

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"
)

// A pacer holds back the calls of one run of DeleteTasks when the service throttles them. It learns at what rate the
// service serves: if all calls paused and began again together, one burst of them would get through and no more.
//
// The first time the rate is what was served in the last second. That may be only what the calls had asked for, and so it
// doubles every second. Every later time it is nine tenths of what was served, and grows by one percent a second. What is
// throttled now and then, by chance, teaches no rate.
//
// A nil pacer is that of a call of its own, and does nothing.
type pacer struct {
	turn chan struct{} // of the call that waits for the rate: the others queue without a reservation at an old rate

	mu     sync.Mutex
	until  time.Time // end of the pause that the service asked for
	next   time.Time // when the rate allows the next request
	rate   float64   // requests a second at the time since; 0 for no limit
	since  time.Time
	growth float64 // of the rate, as a factor, in a second

	event  time.Time        // when a rate was learned last
	recent [100]bool        // of the last answers: throttled
	served [seconds + 1]int // in each slice of the last second
	slice  int64            // the last of them
	answer int              // number of answers
	among  int              // how many of the recent are throttled
	quiet  time.Time        // since when nothing was served and something throttled; zero while all is well
}

const (
	seconds = 20                    // slices of a second
	width   = time.Second / seconds // of a slice
	chance  = 10                    // fewer of the last hundred answers are throttled by chance
)

func newPacer() *pacer { return &pacer{turn: make(chan struct{}, 1)} }

// wait returns when a request may be sent.
func (p *pacer) wait(ctx context.Context) error {
	if p == nil {
		return nil
	}
	for held := false; ; {
		wait := p.grant(time.Now(), held)
		if wait <= 0 {
			return nil
		}
		if !held {
			select {
			case p.turn <- struct{}{}:
				defer func() { <-p.turn }()
				held = true
				continue
			case <-ctx.Done():
				return stopped(ctx)
			}
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// grant lets a request go, or returns how long it has to wait. With a rate only the call whose turn it is may go.
func (p *pacer) grant(now time.Time, held bool) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rate == 0 {
		return p.until.Sub(now)
	}
	at := p.until
	if p.next.After(at) {
		at = p.next
	}
	if wait := at.Sub(now); wait > 0 || !held {
		return max(wait, 1)
	}
	rate := p.at(now)
	p.next = now.Add(time.Duration(float64(time.Second) / rate))
	return 0
}

// at returns the rate at a time.
func (p *pacer) at(now time.Time) float64 {
	return p.rate * math.Pow(p.growth, max(0, now.Sub(p.since).Seconds()))
}

// note takes down what an attempt came to that was sent at a time.
func (p *pacer) note(r *record, sent time.Time) {
	if p == nil || r.last != nil && r.answer == nil {
		return
	}
	throttled := r.answer != nil && r.answer.Is(ErrThrottled)
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count(now, throttled)
	if !throttled {
		return
	}
	r.throttled++
	if until := now.Add(r.call.retry.asked(r.answer)); until.After(p.until) {
		p.until = until
	}
	sameEvent := !sent.After(p.event) || now.Sub(p.since) < time.Second
	if p.rate == 0 && p.among < chance || p.rate > 0 && sameEvent {
		return
	}
	// A part of the last second may have been a pause.
	served := 0.0
	for _, n := range p.served {
		served += float64(n)
	}
	if p.rate == 0 {
		p.rate, p.growth = max(1, served), 2
		if first := now.Add(r.call.retry.BaseDelay); first.After(p.until) { // whether the service asks for it or not
			p.until = first
		}
	} else {
		active := min(1, max(0.2, now.Sub(p.since).Seconds()))
		p.rate, p.growth = max(1, 0.9*min(p.at(now), served/active)), 1.01
	}
	p.event, p.since = now, p.until
	if p.since.Before(now) {
		p.since = now
	}
}

// count adds an answer to those of the last second and the last hundred.
func (p *pacer) count(now time.Time, throttled bool) {
	slice := now.UnixNano() / int64(width)
	for p.slice = max(p.slice, slice-int64(len(p.served))); p.slice < slice; {
		p.slice++
		p.served[p.slice%int64(len(p.served))] = 0
	}
	if !throttled {
		p.served[slice%int64(len(p.served))]++
		p.quiet = time.Time{}
	}
	recent := &p.recent[p.answer%len(p.recent)]
	p.answer++
	if *recent {
		p.among--
	}
	if *recent = throttled; throttled {
		p.among++
		if p.quiet.IsZero() {
			p.quiet = now
		}
	}
}

var errOver = &refusedError{
	errors.New("the service throttles all requests, and has served none for too long; nothing was sent"), ErrThrottled,
}

// over reports whether the service has served nothing for so long that a run gives up.
func (p *pacer) over(r *record) bool {
	if p == nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.quiet.IsZero() && time.Since(p.quiet) > r.call.retry.MaxThrottled
}

// delay returns how long a call that was throttled waits, beside what all wait, and whether it goes on at all.
func (p *pacer) delay(r *record) (delay time.Duration, again bool) {
	p.mu.Lock()
	held := p.rate > 0 || r.answer.RetryAfter > 0 // all wait
	p.mu.Unlock()
	if !held {
		delay = r.call.retry.delay(r.throttled, r.answer)
	}
	return delay, !p.over(r)
}
