package conformance

import (
	"context"
	"fmt"
	"iter"
)

// A judgement is what a rule is judged with, in the manner of a testing.T.
type judgement struct {
	ctx    context.Context
	run    *run
	rule   Rule
	result *Result
}

// send makes the request of a probe, unless an earlier rule has, and returns what came of it.
func (j *judgement) send(name string) *exchange { return j.run.send(j.ctx, name) }

// violated notes that x is not what the rule demands.
func (j *judgement) violated(level Level, x *exchange, source Source, expected string) {
	j.result.Violations = append(j.result.Violations, Violation{
		Level: level, Expected: x.redact([]byte(expected)), Got: x.summary(), Source: source, Exchange: x.export(),
	})
}

// skip says why the rule cannot be judged. Violations that are noted already count all the same.
func (j *judgement) skip(format string, args ...any) { j.result.Reason = fmt.Sprintf(format, args...) }

// answers makes the requests of the rule and yields those whose answer a rule about statuses can judge.
func (j *judgement) answers() iter.Seq[*exchange] {
	return func(yield func(*exchange) bool) {
		for _, name := range j.rule.probes {
			if x := j.send(name); j.answered(x) && !yield(x) {
				return
			}
		}
	}
}

// answered reports whether there is an answer that a rule about statuses can judge. It is a violation that there is
// none; a redirect is the affair of no-redirect alone.
func (j *judgement) answered(x *exchange) bool {
	if x.response == nil {
		j.violated(MUST, x, j.rule.Sources[0], "an answer")
		return false
	}
	if x.response.status/100 == 3 {
		j.skip("answered with a redirect, see no-redirect")
		return false
	}
	return true
}

func (j *judgement) finish() {
	outcome := Passed
	if j.result.Reason != "" {
		outcome = Skipped
	}
	for _, v := range j.result.Violations {
		if v.Level == MUST {
			outcome = Failed
		} else if outcome != Failed {
			outcome = Warned
		}
	}
	if outcome != Skipped {
		j.result.Reason = ""
	}
	j.result.Outcome = outcome
}
