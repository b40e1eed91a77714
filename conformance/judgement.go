package conformance

import (
	"fmt"

	"github.com/dmstask/dmstask/internal/printable"
)

// A Judgement is what a rule is judged with: what a Check has to say goes to it.
type Judgement struct {
	run     *run
	rule    Rule
	result  *Result
	looked  int // how many answers were judged
	stopped bool
	failed  bool    // a MUST is violated, whether it is among those that are kept or not
	answer  *Answer // the one that is being judged
}

// maxViolations is how many violations of a rule are kept with their exchanges: a server that gets a thing wrong does
// so every time.
const maxViolations = 10

// Violated notes that the answer is not what the rule demands: at which level, SHOULD or else MUST, where in the
// answer, where the demand is written, what was expected, and what was found instead, or "" if the answer shows it.
// The outcome of the rule is that of its worst violation, whatever its own level.
func (j *Judgement) Violated(level Level, where Part, source Source, expected, found string) {
	if level != SHOULD {
		level = MUST
	}
	j.failed = j.failed || level == MUST
	if len(j.result.Violations) == maxViolations {
		j.result.More++
		return
	}
	x := j.answer.exchange
	exchange, offending := x.export(where)
	got := x.summary()
	if found != "" {
		got = x.line(found) + ", in " + got
	}
	j.result.Violations = append(j.result.Violations, Violation{
		Level: level, Expected: x.line(expected), Got: got, Source: source,
		Exchange: exchange, Offending: offending,
	})
}

// Skip says that the rule cannot be judged, and why. No more requests are made for it; it does not return from Check.
// Violations that are noted already count all the same.
func (j *Judgement) Skip(format string, args ...any) {
	reason := j.run.secrets.Redact(fmt.Appendf(nil, format, args...), redacted) // which may have come from an answer
	j.result.Reason, j.stopped = printable.Cut(printable.Line(string(reason)), longestLine), true
}

// Contract is what the server is held against.
func (j *Judgement) Contract() *Contract { return j.run.contract }

// Earlier returns the answer to a probe that was sent before, with its fixed IDs, or nil if there is none.
func (j *Judgement) Earlier(probe string) *Answer {
	if x := j.run.exchanges[probe]; x != nil && x.response != nil {
		return newAnswer(x)
	}
	return nil
}

// judge has the rule look at what came of a probe. That there is no answer is a violation of one rule, and no other's
// affair; a redirect is that of no-redirect alone.
func (j *Judgement) judge(x *exchange) {
	j.answer = newAnswer(x)
	switch {
	case x.response == nil && j.rule.observes():
	case x.response == nil && x.blamed:
		j.Skip("there was no answer to %s", x.probe.Name)
	case x.response == nil && x.unconnected() && j.run.gone:
		j.Skip("there is no connection any more")
	case x.response == nil:
		x.blamed, j.run.gone = true, j.run.gone || x.unconnected()
		j.Violated(MUST, Part{}, j.rule.Sources[0], "an answer", "")
	case x.throttled() && !j.rule.observes():
		j.Skip("the server throttles %s", x.probe.Name)
	case x.response.Status/100 == 3 && !j.rule.observes():
		j.Skip("answered with a redirect, see no-redirect")
	default:
		j.looked++
		j.rule.Check(j, j.answer)
	}
}

// on returns a judgement of the same rule with a result of its own, to try an answer on.
func (j *Judgement) on(x *exchange) *Judgement {
	trial := j.run.judgement(j.rule)
	trial.judge(x)
	return trial
}

// take adds what another judgement of the rule has found.
func (j *Judgement) take(other *Judgement) {
	j.looked += other.looked
	j.failed = j.failed || other.failed
	room := min(maxViolations-len(j.result.Violations), len(other.result.Violations))
	j.result.Violations = append(j.result.Violations, other.result.Violations[:room]...)
	j.result.More += other.result.More + len(other.result.Violations) - room
}

// violated reports whether there is a violation so far.
func (j *Judgement) violated() bool { return len(j.result.Violations) > 0 }

// finish returns the result.
func (j *Judgement) finish() Result {
	r := *j.result
	switch {
	case j.failed:
		r.Outcome = Failed
	case j.violated():
		r.Outcome = Warned
	case r.Reason != "":
		r.Outcome = Skipped
	default:
		r.Outcome = Passed
	}
	if r.Outcome != Skipped {
		r.Reason = ""
	}
	return r
}
