package conformance

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// An Operation is an operation of the contract, with the rules for servers that implement it.
type Operation struct {
	ID    string                 // the operationId of the contract
	Rules func(*Contract) []Rule // in the order in which they are judged; see [Contract.Parameters]
}

// A Rule is a requirement for a server, in one sentence, with the requests that it needs and the checks of their
// responses.
//
// In its texts, {404} stands for that status if the contract documents it: see [Contract.Text].
type Rule struct {
	ID      string // lower-case letters, digits and hyphens
	Deletes bool   // it deletes the record of the target's task; it is skipped if none is named
	Says    string // what it demands, in one sentence
	Why     string // optional: what goes wrong for clients if a server violates it
	Fix     string // optional: what to do on the server

	// Probes are the requests that the rule needs, in the order in which they are sent. Probes with the same name are sent
	// once and shared between rules. A rule without probes looks at the responses to all requests of the run.
	Probes []Probe
	// OneConnection sends all probes of the rule on the same connection.
	OneConnection bool
	// Unreadable makes the demands look also at responses that begin like HTTP but cannot be parsed.
	Unreadable bool

	// Demands are checked for every response to a probe of the rule. If a MUST is violated, a SHOULD is not checked.
	Demands []Demand
}

// A Demand is one thing that a rule requires of a response.
type Demand struct {
	Level  Level
	Source Source
	Check  Check
}

// A Check looks at one exchange and returns nil, or what is wrong. It must be a pure function: it changes nothing, and
// its result depends on the exchange only.
type Check func(*Exchange) *Finding

// A Finding is what a Check found.
type Finding struct {
	Want   string // what was expected; {404} as in the texts of a rule
	Got    string // optional: what was found instead, where the response as a whole does not show it
	Where  Where  // optional
	Near   string // optional: the offending text, around which a long response is cut
	Advice string // optional: what to do, where the rule's Fix would mislead
	Open   string // if not empty: why nothing follows from the response, so that nothing is violated
}

// A Source is where a demand is documented.
type Source struct {
	Text string `json:"text"`
	URL  string `json:"url,omitempty"`
}

// Level returns the level of the strongest demand.
func (r Rule) Level() Level {
	if slices.ContainsFunc(r.Demands, func(d Demand) bool { return d.Level == MUST }) {
		return MUST
	}
	return SHOULD
}

// Sources returns where the demands are documented, without duplicates.
func (r Rule) Sources() (list []Source) {
	for _, d := range r.Demands {
		if !slices.Contains(list, d.Source) {
			list = append(list, d.Source)
		}
	}
	return list
}

// Observes reports whether a rule sends nothing itself and looks at the responses to all requests.
func (r Rule) Observes() bool { return len(r.Probes) == 0 }

// Text returns what a report says about the rule, with the statuses of a contract.
func (r Rule) Text(c *Contract) RuleText {
	return RuleText{
		ID: r.ID, Level: r.Level(), Deletes: r.Deletes, Sources: r.Sources(),
		Demands: c.Text(r.Says), Why: c.Text(r.Why), Fix: c.Text(r.Fix),
	}
}

var ruleID = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// valid returns what is wrong with a list of rules.
func valid(rules []Rule) error {
	seen := map[string]bool{}
	for _, r := range rules {
		switch {
		case !ruleID.MatchString(r.ID) || seen[r.ID]:
			return fmt.Errorf("rule %q: its ID must consist of lower-case letters, digits and hyphens, and be unique", r.ID)
		case r.Says == "" || len(r.Demands) == 0:
			return fmt.Errorf("rule %s: it has no Says or no Demands", r.ID)
		case slices.ContainsFunc(r.Probes, func(p Probe) bool { return p.Name == "" }):
			return fmt.Errorf("rule %s: a probe has no name", r.ID)
		case slices.ContainsFunc(r.Demands, func(d Demand) bool { return d.Check == nil || d.Source.Text == "" }):
			return fmt.Errorf("rule %s: a demand has no Check or no Source", r.ID)
		}
		seen[r.ID] = true
	}
	if len(rules) == 0 {
		return errors.New("there are no rules")
	}
	return nil
}
