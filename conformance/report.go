package conformance

import "time"

// A Level is how much a demand asks (RFC 2119).
type Level string

// The levels of demands.
const (
	MUST   Level = "MUST"   // a violation means that the server does not conform
	SHOULD Level = "SHOULD" // a violation is a warning
)

// An Outcome is the result of one rule.
type Outcome string

// The outcomes of rules.
const (
	Passed  Outcome = "passed"
	Warned  Outcome = "warned"  // a SHOULD is violated
	Failed  Outcome = "failed"  // a MUST is violated
	Skipped Outcome = "skipped" // the rule could not be judged
)

// A Verdict is the result of a run.
type Verdict string

// The verdicts on a server.
const (
	Conforms       Verdict = "conforms"
	DoesNotConform Verdict = "does not conform"
	NotChecked     Verdict = "not checked" // nothing is violated, and not enough could be judged
)

// A Report is the result of a run. It shares nothing with the rules: it is the caller's to change.
type Report struct {
	Version          string            `json:"version"`  // of this module
	Endpoint         string            `json:"endpoint"` // of the target
	IDs              map[string]string `json:"ids"`      // of the target, by the contract's parameter names; those given
	Operation        string            `json:"operation"`
	OperationID      string            `json:"operation_id"`
	ContractVersion  string            `json:"contract_version"`
	Started          time.Time         `json:"started"`
	Duration         float64           `json:"duration_seconds"`      // of the whole run
	Requests         int               `json:"requests"`              // how many were sent
	WrongCredentials int               `json:"wrong_credentials"`     // of these, with wrong credentials, on purpose
	Strict           bool              `json:"strict"`                // a violated SHOULD counts like a violated MUST
	LeftOut          []string          `json:"left_out,omitempty"`    // rules that were not asked for, by ID
	DeletedBy        string            `json:"deleted_by,omitempty"`  // the probe that deleted the task, by its response
	ShortToken       bool              `json:"short_token,omitempty"` // it has fewer than 16 characters
	Error            string            `json:"error,omitempty"`       // why the run is not complete
	Results          []Result          `json:"results"`               // in the order in which they became known
}

// A Result is the result of one rule.
type Result struct {
	Rule       RuleText    `json:"rule"`
	Outcome    Outcome     `json:"outcome"`
	Reason     string      `json:"reason,omitempty"`   // why the rule was skipped
	NotSent    []string    `json:"not_sent,omitempty"` // probes that were left out, each with the reason
	Exchanges  []Evidence  `json:"exchanges,omitempty"`
	Violations []Violation `json:"violations,omitempty"`
	More       int         `json:"more,omitempty"` // how many kinds of violations there are beyond these
}

// A RuleText is what a report says about a rule, with the statuses of the contract that was checked.
type RuleText struct {
	ID      string   `json:"id"`
	Level   Level    `json:"level"` // of its strongest demand
	Deletes bool     `json:"deletes"`
	Demands string   `json:"demands"`
	Why     string   `json:"why,omitempty"`
	Fix     string   `json:"fix,omitempty"`
	Sources []Source `json:"sources"`
}

// A Violation is a kind of response that is not what a rule demands: one example, and how many responses were like it.
type Violation struct {
	Level    Level    `json:"level"`
	Expected string   `json:"expected"`
	Got      string   `json:"got"`
	Advice   string   `json:"advice,omitempty"` // what to do about just this, where the rule's own Fix would mislead
	Source   Source   `json:"source"`           // where the expectation is documented
	Where    Where    `json:"where,omitempty"`  // which part of the example's response is wrong
	Count    int      `json:"count"`            // how many responses were like the example
	Probes   []string `json:"probes"`           // the probes that got them
	Example  Evidence `json:"example"`
}

// Where is the part of a response that a finding is about: [StatusLine], [Content], the name of a header field, or ""
// for no part in particular.
type Where string

// Parts of a response that are not header fields.
const (
	StatusLine Where = "status line"
	Content    Where = "content"
)

// Evidence is a request and its response for people to read: credentials are redacted, and long responses truncated.
type Evidence struct {
	Probe    string  `json:"probe"`            // which request of the check it is
	Request  string  `json:"request"`          // as sent
	Response string  `json:"response"`         // as received; "" if there was none
	Error    string  `json:"error,omitempty"`  // what happened instead of a response, or while it came
	Duration float64 `json:"duration_seconds"` // from the connection to the last byte
}

// Count returns how many rules had an outcome.
func (r *Report) Count(outcome Outcome) int {
	n := 0
	for _, result := range r.Results {
		if result.Outcome == outcome {
			n++
		}
	}
	return n
}

// Verdict returns the result of the run. A violated MUST counts even if the run is not complete; without one, a run
// that is not complete or judged nothing checked nothing.
func (r *Report) Verdict() Verdict {
	switch {
	case r.Count(Failed) > 0:
		return DoesNotConform
	case r.Error != "" || r.Count(Skipped) == len(r.Results):
		return NotChecked
	case r.Strict && r.Count(Warned) > 0:
		return DoesNotConform
	}
	return Conforms
}

// Conforms reports whether the verdict is [Conforms].
func (r *Report) Conforms() bool { return r.Verdict() == Conforms }
