package conformance

import (
	"fmt"
	"time"
)

// A Level is how much a rule demands (RFC 2119).
type Level string

// The levels of demands.
const (
	MUST   Level = "MUST"   // a violation means that the server does not conform
	SHOULD Level = "SHOULD" // a violation is a warning
)

// An Outcome is what became of a rule.
type Outcome string

// The outcomes of rules.
const (
	Passed  Outcome = "passed"
	Warned  Outcome = "warned"  // a SHOULD is violated
	Failed  Outcome = "failed"  // a MUST is violated
	Skipped Outcome = "skipped" // the rule could not be judged, or was not asked for
)

// A Report is the result of a run.
type Report struct {
	Version         string    `json:"version"`  // of this module
	Endpoint        string    `json:"endpoint"` // of the target
	ProjectID       string    `json:"project_id,omitempty"`
	InstanceID      string    `json:"instance_id,omitempty"`
	TaskID          string    `json:"task_id,omitempty"`
	Operation       string    `json:"operation"` // method and path template of the contract
	ContractVersion string    `json:"contract_version"`
	Started         time.Time `json:"started"`
	Duration        float64   `json:"duration_seconds"`   // of the whole run
	Requests        int       `json:"requests"`           // how many were sent
	Strict          bool      `json:"strict"`             // a violated SHOULD counts like a violated MUST
	LeftOut         []string  `json:"left_out,omitempty"` // rules that were not asked for, by ID
	Seed            uint32    `json:"seed"`               // of the IDs that were made up; the same seed makes the same IDs
	Examples        int       `json:"examples"`           // generated IDs that a rule was to get, see [Examples]
	Generated       int       `json:"generated_requests"` // how many of the requests had generated IDs
	Short           bool      `json:"short_of_time"`      // there was no time for all generated IDs
	Error           string    `json:"error,omitempty"`    // why the server could not be checked, or not in full
	Results         []Result  `json:"results"`            // in the order in which they became known
}

// A Result is what became of one rule.
type Result struct {
	Rule       Rule        `json:"rule"`
	Outcome    Outcome     `json:"outcome"`
	Reason     string      `json:"reason,omitempty"`    // why the rule was skipped
	Exchanges  []*Exchange `json:"exchanges,omitempty"` // those of the rule's own probes, without generated IDs
	Violations []Violation `json:"violations,omitempty"`
	More       int         `json:"more,omitempty"` // how many violations there are beyond these
}

// A Violation is one answer that is not what a rule demands.
type Violation struct {
	Level    Level     `json:"level"`
	Expected string    `json:"expected"`
	Got      string    `json:"got"`
	Source   Source    `json:"source"` // where the expectation is written
	Exchange *Exchange `json:"exchange"`

	// Offending is where the fault is in Exchange.Response; nothing if there is no response, or nothing to point at.
	Offending []Span `json:"offending,omitempty"`
}

// A Span is a part of a text, from byte Start up to and without byte End of its UTF-8.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
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

// verdict returns why the results do not say enough about the server. A task that was named is there to be deleted: if
// nothing is violated and that was not judged, the most important thing is open.
func (r *Report) verdict() error {
	if r.Count(Skipped) == len(r.Results) {
		return fmt.Errorf("no rule could be judged: %s", r.Results[0].Reason)
	}
	if r.TaskID == "" || r.Count(Failed) > 0 {
		return nil
	}
	var open error
	for _, result := range r.Results {
		switch {
		case !result.Rule.Deletes:
		case result.Outcome != Skipped:
			return nil
		case open == nil:
			open = fmt.Errorf("the deletion could not be judged: %s", result.Reason)
		}
	}
	return open
}

// Conforms reports whether the server could be checked and no MUST is violated; if the run is strict, no SHOULD either.
func (r *Report) Conforms() bool {
	return r.Error == "" && r.Count(Failed) == 0 && (!r.Strict || r.Count(Warned) == 0)
}
