package conformance

import (
	"context"
	"slices"
	"time"
)

// examine judges a rule by IDs that are drawn, beyond its fixed cases. Where those show a violation already, more
// examples of it tell nothing new.
func (r *run) examine(ctx context.Context, j *Judgement) {
	probe := j.rule.Probes[0]
	parameter := probe.varied()
	if parameter == "" {
		return
	}
	share := r.share(time.Now())
	if j.violated() {
		return
	}
	base, ok := r.maker.id(parameter, probe.Name)
	if !ok {
		return
	}
	rng := r.maker.rng(probe.Name)
	for range r.examples {
		if !share.IsZero() && time.Now().After(share) {
			r.short = true
			return
		}
		d, found := drawing{}, false
		for try := 0; try < 500 && !found; try++ {
			d = draw(rng, base)
			found = r.fits(probe, parameter, d)
		}
		if !found {
			return // of a contract that allows every text, nothing is malformed
		}
		e := r.try(ctx, j, probe, parameter, d)
		if e == nil {
			return
		}
		if e.fresh() {
			e = r.simplest(ctx, e, j, probe, parameter, d)
		}
		e.keep()
		if j.violated() || r.aborted != nil {
			return
		}
	}
}

// share returns when the time for the generated IDs of one rule is over: with a slow server each rule gets as much of
// the first half of the run as the next. Zero is never.
func (r *run) share(now time.Time) time.Time {
	if r.half.IsZero() {
		return r.half
	}
	left := max(r.varied, 1)
	r.varied--
	return now.Add(r.half.Sub(now) / time.Duration(left))
}

// fits reports whether a drawing is what a probe is about, malformed or well-formed, and harmless.
func (r *run) fits(p Probe, parameter string, d drawing) bool {
	id := d.value()
	malformed := r.contract.checkID(parameter, id) != nil
	return harmless(id) && malformed == p.ids()[parameter].isMalformed()
}

// An example is what the rules found in the answer to one drawing: the rule that it is made for, and those that look at
// every answer.
type example struct {
	exchange *exchange
	rules    []*Judgement
	trials   []*Judgement
}

// try sends a probe with a drawn ID. It returns nil if nothing more can be sent.
func (r *run) try(ctx context.Context, j *Judgement, p Probe, parameter string, d drawing) *example {
	x, err := r.exchangeOf(p)
	if err != nil {
		return nil
	}
	x.ids[parameter], x.generated = d.value(), true
	if r.exchange(ctx, x) != nil || x.response == nil && ctx.Err() != nil {
		return nil
	}
	r.generated++
	e := &example{exchange: x, rules: append([]*Judgement{j}, r.observers...)}
	for _, rule := range e.rules {
		e.trials = append(e.trials, rule.on(x))
	}
	return e
}

// fresh reports whether an example shows a violation of a rule that had none.
func (e *example) fresh() bool {
	for i, rule := range e.rules {
		if !rule.violated() && e.trials[i].violated() {
			return true
		}
	}
	return false
}

// like reports whether an example shows every fresh violation that another shows.
func (e *example) like(other *example) bool {
	for i, rule := range e.rules {
		if !rule.violated() && other.trials[i].violated() && !e.trials[i].violated() {
			return false
		}
	}
	return true
}

// keep adds what was found to the judgements of the rules.
func (e *example) keep() {
	for i, rule := range e.rules {
		rule.take(e.trials[i])
	}
}

// A search looks for the simplest drawing that shows what an example shows, as far as there are requests to spare.
type search struct {
	run       *run
	j         *Judgement
	probe     Probe
	parameter string
	drawing   drawing // the simplest so far
	example   *example
	seen      map[string]bool
}

// simplest searches. A server that does not answer at all is asked no more: each question would take as long as an
// answer may.
func (r *run) simplest(
	ctx context.Context, found *example, j *Judgement, p Probe, parameter string, d drawing,
) *example {
	s := search{r, j, p, parameter, d, found, map[string]bool{d.value(): true}}
	for simpler := found.exchange.response != nil; simpler; {
		simpler = slices.ContainsFunc(s.drawing.simpler(), func(d drawing) bool { return s.accepts(ctx, d) })
	}
	for i, c := range s.drawing.changes {
		// Without the change nothing shows, with n characters it does: the number where it begins is between.
		for none, some := 0, c.n; some-none > 1; {
			if middle := (none + some) / 2; s.accepts(ctx, s.drawing.with(i, middle)) {
				some = middle
			} else {
				none = middle
			}
		}
	}
	return s.example
}

// accepts tries a drawing, and takes it if it shows the same.
func (s *search) accepts(ctx context.Context, d drawing) bool {
	id := d.value()
	if id == s.drawing.value() && len(d.changes) < len(s.drawing.changes) {
		s.drawing = d // a change that changes nothing may do so later
		return true
	}
	if s.seen[id] || !s.run.fits(s.probe, s.parameter, d) || s.run.spare == 0 {
		return false
	}
	s.run.spare--
	s.seen[id] = true
	e := s.run.try(ctx, s.j, s.probe, s.parameter, d)
	if e == nil || e.exchange.response == nil {
		s.run.spare = 0
		return false
	}
	if !e.like(s.example) {
		return false
	}
	s.example, s.drawing = e, d
	return true
}
