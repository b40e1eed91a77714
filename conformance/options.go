package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// DefaultAnswerTimeout is how long one answer may take, from the connection to the last byte.
const DefaultAnswerTimeout = 10 * time.Second

// An Option changes what a run does.
type Option func(*config) error

type config struct {
	contract *Contract
	timeout  time.Duration
	only     []string
	skip     []string
	onResult func(Result)

	selected []Rule // what is judged and reported
	silent   []Rule // what is sent for the selected rules to look at, and not reported
}

// Only selects rules by ID; without it all are.
func Only(ids ...string) Option {
	return func(c *config) error { c.only = append(c.only, ids...); return known(ids) }
}

// Skip leaves rules out by ID. Nothing is sent that only they need; without the rule delete nothing is deleted.
func Skip(ids ...string) Option {
	return func(c *config) error { c.skip = append(c.skip, ids...); return known(ids) }
}

// AnswerTimeout sets how long one answer may take. The default is [DefaultAnswerTimeout]; for the run as a whole there
// is the context.
func AnswerTimeout(d time.Duration) Option {
	return func(c *config) error {
		if d <= 0 {
			return fmt.Errorf("an answer timeout of %v leaves no time to answer", d)
		}
		c.timeout = d
		return nil
	}
}

// OnResult has f called with every result as soon as it is known, from the goroutine of Run.
func OnResult(f func(Result)) Option {
	return func(c *config) error {
		if f != nil {
			c.onResult = f
		}
		return nil
	}
}

// Against sets the contract. The default is [DefaultContract].
func Against(contract *Contract) Option {
	return func(c *config) error { c.contract = contract; return nil }
}

func known(ids []string) error {
	for _, id := range ids {
		if !slices.ContainsFunc(rules, func(r Rule) bool { return r.ID == id }) {
			return fmt.Errorf("there is no rule %q; the rules are %s", id, strings.Join(ruleIDs(), ", "))
		}
	}
	return nil
}

func ruleIDs() []string {
	ids := make([]string, len(rules))
	for i, r := range rules {
		ids[i] = r.ID
	}
	return ids
}

func newConfig(options []Option) (config, error) {
	c := config{timeout: DefaultAnswerTimeout, onResult: func(Result) {}}
	for _, option := range options {
		if option == nil {
			continue
		}
		if err := option(&c); err != nil {
			return c, err
		}
	}
	if c.contract == nil {
		var err error
		if c.contract, err = DefaultContract(); err != nil {
			return c, err
		}
	}
	noDeletion := slices.Contains(c.skip, "delete")
	for _, rule := range rules {
		if rule.Deletes && noDeletion {
			continue
		}
		if (len(c.only) == 0 || slices.Contains(c.only, rule.ID)) && !slices.Contains(c.skip, rule.ID) {
			c.selected = append(c.selected, rule)
		}
	}
	if len(c.selected) == 0 {
		return c, errors.New("no rule is left to check")
	}
	if !slices.ContainsFunc(c.selected, func(r Rule) bool { return !r.observes() }) {
		// Rules that look at answers need some. A deletion has to be asked for by name.
		for _, rule := range rules {
			if !rule.observes() && !rule.Deletes && !slices.Contains(c.skip, rule.ID) {
				c.silent = append(c.silent, rule)
			}
		}
	}
	return c, nil
}

func (c *config) selects(want func(Rule) bool) bool { return slices.ContainsFunc(c.selected, want) }
