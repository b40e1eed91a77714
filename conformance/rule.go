package conformance

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// A Rule is one demand on a server. [Rules] lists those of this package; a list of one's own, with rules left out or
// added, goes to a run by [Ruleset].
type Rule struct {
	ID      string   `json:"id"`      // lower-case letters, digits and hyphens
	Level   Level    `json:"level"`   // of what it demands first of all; a violation has one of its own
	Deletes bool     `json:"deletes"` // it deletes the record of the target's task; it is skipped if there is none
	Demands string   `json:"demands"` // what it demands, in one sentence
	Sources []Source `json:"sources"` // where that is written; at least one
	Why     string   `json:"-"`       // optional: what goes wrong for clients of a server that violates it
	Example string   `json:"-"`       // optional: an answer that violates it, as an HTTP/1.1 message with \n line ends
	Mend    string   `json:"mend"`    // optional: what to do on the server

	// Probes are the requests that the rule needs. They are sent in order, and each once: rules may share one by its
	// name. A rule without probes looks at the answers to all requests of the run.
	Probes []Probe `json:"-"`

	// Check judges one answer, that to a probe of the rule, or without probes any. It is called from the goroutine of
	// [Run], and not for a redirect unless the rule has no probes: that is the affair of the rule no-redirect.
	Check func(*Judgement, *Answer) `json:"-"`
}

// A Source is where a demand is written.
type Source struct {
	Text string `json:"text"`
	URL  string `json:"url,omitempty"`
}

// observes reports whether a rule sends nothing by itself.
func (r Rule) observes() bool { return len(r.Probes) == 0 }

var ruleID = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// valid returns what is wrong with a list of rules.
func valid(rules []Rule) error {
	seen, probes := map[string]bool{}, map[string]Probe{}
	for _, r := range rules {
		switch {
		case !ruleID.MatchString(r.ID):
			return fmt.Errorf("rule %q: an ID is of lower-case letters, digits and hyphens", r.ID)
		case seen[r.ID]:
			return fmt.Errorf("rule %s: there are two of this ID", r.ID)
		case r.Level != MUST && r.Level != SHOULD:
			return fmt.Errorf("rule %s: its level is %q and not MUST or SHOULD", r.ID, r.Level)
		case r.Demands == "" || len(r.Sources) == 0:
			return fmt.Errorf("rule %s: it does not say what it demands, or where that is written", r.ID)
		case r.Check == nil:
			return fmt.Errorf("rule %s: it has no Check", r.ID)
		}
		seen[r.ID] = true
		for _, p := range r.Probes {
			if err := p.valid(); err != nil {
				return fmt.Errorf("rule %s: %w", r.ID, err)
			}
			if same, ok := probes[p.Name]; ok && same != p {
				return fmt.Errorf("rule %s: there is another probe %s", r.ID, p.Name)
			}
			probes[p.Name] = p
		}
	}
	if len(rules) == 0 {
		return errors.New("there are no rules")
	}
	return nil
}

// Rules returns the rules of this package, in the order in which they are judged. The list is the caller's to change.
func Rules() []Rule {
	all := slices.Clone(rules)
	for i := range all {
		all[i].Sources = slices.Clone(all[i].Sources)
		all[i].Probes = slices.Clone(all[i].Probes)
	}
	return all
}
