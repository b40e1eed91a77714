package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/dmstask/dmstask/conformance"
)

// A progress shows on a terminal which request is under way, and for how long nothing else was printed, while that is
// long enough to wonder.
type progress struct {
	w    io.Writer
	done chan struct{}
	gone sync.WaitGroup

	mu    sync.Mutex
	probe string
	count int       // requests so far
	since time.Time // when something was last printed
	drawn bool      // the line is on the screen
}

// patience is how long nothing is printed before this is.
const patience = 300 * time.Millisecond

func startProgress(w io.Writer) *progress {
	p := &progress{w: w, done: make(chan struct{}), since: time.Now()}
	p.gone.Add(1)
	go func() {
		defer p.gone.Done()
		ticker := time.NewTicker(patience / 3)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				p.draw()
			case <-p.done:
				return
			}
		}
	}()
	return p
}

// request notes that a request is sent.
func (p *progress) request(probe conformance.Probe) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.probe = probe.Name
	p.count++
}

func (p *progress) draw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	waited := time.Since(p.since)
	if p.count == 0 || waited < patience {
		return
	}
	frames := []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
	frame := frames[int(waited/(patience/3))%len(frames)]
	_, _ = fmt.Fprintf(p.w, "\r\x1b[K%c request %d, %s: %.1f s", frame, p.count, p.probe, waited.Seconds())
	p.drawn = true
}

// echoed notes that a terminal may have written ^C where the next line is to begin.
func (p *progress) echoed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drawn = true
}

// clear takes the line off the screen, for others to write there.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn {
		_, _ = io.WriteString(p.w, "\r\x1b[K")
		p.drawn = false
	}
	p.since = time.Now()
}

// stop ends it.
func (p *progress) stop() {
	close(p.done)
	p.gone.Wait()
	p.clear()
}
