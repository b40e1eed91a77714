package conformance

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/dmstask/dmstask/conformance/internal/wire"
	"github.com/dmstask/dmstask/internal/printable"
)

// A judgment collects what the demands of a rule find.
type judgment struct {
	rule     Rule
	contract *Contract
	result   Result
	looked   int      // how many responses were checked against the demands
	kinds    []string // of violations
	reasons  []string // why it cannot be judged
	hopeless bool
}

// maxViolations is how many kinds of violations of a rule are kept.
const maxViolations = 10

// open notes why the rule, or a response, cannot be judged.
func (j *judgment) open(format string, args ...any) {
	j.reasons = append(j.reasons, printable.Cut(printable.Line(fmt.Sprintf(format, args...)), longestLine))
}

// incomplete notes that not everything could be sent. Of a server that shows no sign of being the right one, nothing
// counts; otherwise a violation that was seen does.
func (j *judgment) incomplete(reason error, hopeless bool) {
	j.reasons = append([]string{"not judged: " + reason.Error()}, j.reasons...)
	j.hopeless = hopeless
}

// look checks one exchange against the demands. Whether there is a response at all, one that can be read and that is
// about the request, is decided here: no rule with probes sees any other.
func (j *judgment) look(x *Exchange) {
	probes := !j.rule.Observes()
	switch {
	case x.response == nil:
		// It is not the server's response if the run ends or there is no connection; and it may ignore a client that has
		// failed several times.
		way := errors.Is(x.err, errStopped) || errors.As(x.err, new(*wire.ConnectError)) || x.exhausts()
		if probes && x.owner == j.rule.ID && !way {
			j.add(x, j.rule.Demands[0], Finding{Want: "a response"}, MUST)
		} else if probes {
			j.open("there was no response to %s", x.Probe.Name)
		}
	case x.Malformed != nil && !j.rule.Unreadable:
		if probes {
			j.open("the response to %s cannot be parsed; see framing", x.Probe.Name)
		}
	case x.unavailable(): // a response of the gateway, or the proxy, and not of the server
		if probes {
			j.open("the service was unavailable for %s", x.Probe.Name)
		}
	case probes && x.throttled() && !x.locked:
		j.open("the server throttled %s", x.Probe.Name)
	case probes && x.Status/100 == 3:
		j.open("the response to %s is a redirect; see no-redirect", x.Probe.Name)
	default:
		j.looked++
		violated := false
		for _, d := range j.rule.Demands {
			if violated && d.Level == SHOULD {
				continue
			}
			f := d.Check(x)
			switch {
			case f == nil:
			case f.Open != "":
				j.open("%s", x.line(j.contract.Text(f.Open)))
			default:
				violated = violated || d.Level == MUST
				j.add(x, d, *f, d.Level)
			}
		}
	}
}

// add notes a violation: as one more of its kind, if there is one.
func (j *judgment) add(x *Exchange, d Demand, f Finding, level Level) {
	v := Violation{
		Level: level, Source: d.Source, Where: f.Where, Expected: x.line(j.contract.Text(f.Want)), Got: x.summary(),
		Advice: j.contract.Text(f.Advice), Count: 1, Probes: []string{x.Probe.Name},
	}
	found := x.line(j.contract.Text(f.Got))
	kind := fmt.Sprint(level, d.Source, v.Expected, found, f.Where, x.kind())
	switch i := slices.Index(j.kinds, kind); {
	case i >= maxViolations:
		return
	case i >= 0:
		same := &j.result.Violations[i]
		same.Count++
		same.Probes = append(same.Probes, x.Probe.Name)
		if same.Advice != v.Advice {
			same.Advice = "" // the Fix of the rule is for all of them
		}
		return
	}
	if j.kinds = append(j.kinds, kind); len(j.kinds) > maxViolations {
		j.result.More++
		return
	}
	if found != "" {
		v.Got = found + ", in " + v.Got
	}
	v.Example = x.evidence(f.Near)
	j.result.Violations = append(j.result.Violations, v)
}

// finish returns the result.
func (j *judgment) finish() Result {
	r := j.result
	if j.hopeless {
		r.Violations, r.More = nil, 0
	}
	slices.SortStableFunc(r.Violations, func(a, b Violation) int { return cmp.Compare(a.Level, b.Level) }) // MUST first
	switch {
	case len(r.Violations) > 0 && r.Violations[0].Level == MUST:
		r.Outcome = Failed
	case len(r.Violations) > 0:
		r.Outcome = Warned
	case len(j.reasons) > 0:
		r.Outcome, r.Reason = Skipped, j.reasons[0]
	default:
		r.Outcome = Passed
	}
	return r
}
