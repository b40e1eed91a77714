// Package pace holds back the requests of many senders when a service throttles them.
package pace

import (
	"context"
	"math"
	"sync"
	"time"
)

// A Pacer learns at what rate a service serves: if all senders paused and began again together, one burst of them would
// get through and no more.
//
// The first time the rate is what was served in the last second. That may be only what was asked for, and so it doubles
// every second. Every later time it is nine tenths of what was served, and grows by one percent a second. What is
// throttled now and then, by chance, teaches no rate.
type Pacer struct {
	turn chan struct{} // of the sender that waits for the rate: the others queue without a reservation at an old rate

	mu     sync.Mutex
	until  time.Time // end of the pause that the service asked for
	next   time.Time // when the rate allows the next request
	rate   float64   // requests a second at the time since; 0 for no limit
	since  time.Time
	growth float64 // of the rate, as a factor, in a second

	event   time.Time        // when a rate was learned last
	recent  [100]bool        // of the last answers: throttled
	answers int              // so far
	among   int              // how many of the recent are throttled
	served  [seconds + 1]int // in each slice of the last second
	slice   int64            // the last of them
	any     bool             // something was served since the last event
	quiet   time.Time        // since when all that came was throttled; zero while all is well
}

const (
	seconds = 20                    // slices of a second
	width   = time.Second / seconds // of a slice
	chance  = 10                    // fewer of the last hundred answers are throttled by chance
)

// New returns a pacer that holds nothing back as long as nothing is throttled.
func New() *Pacer { return &Pacer{turn: make(chan struct{}, 1)} }

// Wait returns when a request may be sent, or when ctx ends.
func (p *Pacer) Wait(ctx context.Context) error {
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
				return ctx.Err()
			}
		}
		if err := Sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// Sleep returns when d has passed, or when ctx ends.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// grant lets a request go, or returns how long it has to wait. With a rate only the sender whose turn it is may go.
func (p *Pacer) grant(now time.Time, held bool) time.Duration {
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
	p.next = now.Add(time.Duration(float64(time.Second) / p.at(now)))
	return 0
}

// at returns the rate at a time.
func (p *Pacer) at(now time.Time) float64 {
	return p.rate * math.Pow(p.growth, max(0, now.Sub(p.since).Seconds()))
}

// Served takes down an answer that was not throttled.
func (p *Pacer) Served() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count(time.Now(), false)
}

// Failed takes down that there was no answer.
func (p *Pacer) Failed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.quiet = time.Time{}
}

// Pause returns when the pause that the service asked for is over, or when ctx ends. It is for a sender that has waited
// for something else after Wait.
func (p *Pacer) Pause(ctx context.Context) error {
	for {
		p.mu.Lock()
		wait := time.Until(p.until)
		p.mu.Unlock()
		if wait <= 0 {
			return nil
		}
		if err := Sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// Throttled takes down an answer that was. sent is when its request was sent, asked how long the service asks to wait,
// or 0, and pause how long all senders wait at least when the first rate is learned. It reports whether the pacer holds
// the request back by itself, and otherwise its sender should wait a little; and for how long nothing was served.
func (p *Pacer) Throttled(sent time.Time, asked, pause time.Duration) (held bool, quiet time.Duration) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	sameEvent := !sent.After(p.event)
	if !sameEvent {
		p.count(now, true)
	}
	if until := now.Add(asked); until.After(p.until) {
		p.until = until
	}
	if p.quiet.IsZero() {
		p.quiet = now
	}
	quiet = now.Sub(p.quiet)
	sameEvent = sameEvent || now.Sub(p.since) < time.Second
	if p.among < chance && (p.rate == 0 || asked == 0) || p.rate > 0 && sameEvent {
		return p.rate > 0 || asked > 0, quiet
	}
	served := 0.0
	for _, n := range p.served {
		served += float64(n)
	}
	if p.rate == 0 {
		p.rate, p.growth = max(1, served), 2
		if first := now.Add(pause); first.After(p.until) {
			p.until = first
		}
	} else {
		active := min(1, now.Sub(p.since).Seconds()) // the rest of the last second may have been a pause
		low := served/active < p.rate/2              // an outage, or the first to go after a long rest: no rate at all
		p.rate, p.growth = max(1, p.rate/2, 0.9*min(p.at(now), served/active)), 1.01
		if low || !p.any {
			p.growth = 2
		}
	}
	p.any, p.recent, p.among = false, [len(p.recent)]bool{}, 0 // what comes now is judged by itself
	p.event, p.since = now, now
	if p.until.After(now) {
		p.since = p.until
	}
	return true, quiet
}

// count adds an answer to those of the last second and the last hundred.
func (p *Pacer) count(now time.Time, throttled bool) {
	size := int64(len(p.served))
	slice := now.UnixNano() / int64(width)
	for p.slice = max(p.slice, slice-size); p.slice < slice; {
		p.slice++
		p.served[p.slice%size] = 0
	}
	recent := &p.recent[p.answers%len(p.recent)]
	p.answers++
	if *recent {
		p.among--
	}
	*recent = throttled
	if throttled {
		p.among++
		return
	}
	p.served[slice%size]++
	p.quiet, p.any = time.Time{}, true
}
