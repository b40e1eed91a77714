package conformance

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// DefaultAnswerTimeout is how long one answer may take, from the connection to the last byte.
const DefaultAnswerTimeout = 10 * time.Second

// DefaultExamples is how many IDs a rule gets beyond its fixed cases.
const DefaultExamples = 2

// maxExamples takes a day with a server that takes a few milliseconds to answer.
const maxExamples = 1_000_000

// An Option changes what a run does.
type Option func(*config) error

type config struct {
	contract  *Contract
	rules     []Rule
	timeout   time.Duration
	tls       *tls.Config
	http2     bool
	only      []string
	skip      []string
	strict    bool
	examples  int
	seed      uint32
	onResult  func(Result)
	onRequest func(Probe)

	selected []Rule // what is judged and reported
	silent   []Rule // what is sent for the selected rules to look at, and not reported
}

// Only selects rules by ID; without it all are.
func Only(ids ...string) Option {
	return func(c *config) error { c.only = append(c.only, ids...); return nil }
}

// Skip leaves rules out by ID. Nothing is sent that only they need; without the rule delete nothing is deleted.
func Skip(ids ...string) Option {
	return func(c *config) error { c.skip = append(c.skip, ids...); return nil }
}

// Ruleset sets the rules, in the order in which they are judged. The default is [Rules], to which rules of one's own
// may be appended.
func Ruleset(rules ...Rule) Option {
	return func(c *config) error { c.rules = rules; return nil }
}

// Strict has a violated SHOULD count like a violated MUST: see [Report.Conforms].
func Strict() Option {
	return func(c *config) error { c.strict = true; return nil }
}

// Examples sets how many generated IDs a rule about unknown or malformed IDs gets beyond its fixed cases. The default
// is [DefaultExamples]. They are drawn from what the contract allows, or does not allow, and when one shows a violation
// the simplest that does is looked for.
func Examples(n int) Option {
	return func(c *config) error {
		if n < 0 || n > maxExamples {
			return fmt.Errorf("there cannot be %d examples; expected 0 to %d", n, maxExamples)
		}
		c.examples = n
		return nil
	}
}

// Seed makes a run use the same IDs as another run with this seed, which its report has. The default is random.
func Seed(seed uint32) Option {
	return func(c *config) error { c.seed = seed; return nil }
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

// TLS sets with what certificates, and which ones are trusted. The default is to trust those that the system does.
func TLS(settings *tls.Config) Option {
	return func(c *config) error { c.tls = settings; return nil }
}

// HTTP2 has the check speak HTTP/2. By default it speaks HTTP/1.1, whose framing it can judge, and HTTP/2 only with a
// server that refuses HTTP/1.1 while TLS is set up.
func HTTP2() Option {
	return func(c *config) error { c.http2 = true; return nil }
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

// OnRequest has f called before every request, from the goroutine of Run.
func OnRequest(f func(Probe)) Option {
	return func(c *config) error {
		if f != nil {
			c.onRequest = f
		}
		return nil
	}
}

// Against sets the contract. The default is [DefaultContract].
func Against(contract *Contract) Option {
	return func(c *config) error { c.contract = contract; return nil }
}

func newConfig(options []Option) (config, error) {
	c := config{
		rules: rules, timeout: DefaultAnswerTimeout, examples: DefaultExamples, seed: randomSeed(),
		onResult: func(Result) {}, onRequest: func(Probe) {},
	}
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
	if err := valid(c.rules); err != nil {
		return c, err
	}
	return c, c.choose()
}

func randomSeed() uint32 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails: see crypto/rand
	return binary.BigEndian.Uint32(b[:])
}

// choose finds out what is judged, and what has to be sent for it.
func (c *config) choose() error {
	for _, id := range slices.Concat(c.only, c.skip) {
		if !slices.ContainsFunc(c.rules, func(r Rule) bool { return r.ID == id }) {
			return fmt.Errorf("there is no rule %q; the rules are %s", id, strings.Join(c.ids(), ", "))
		}
	}
	noDeletion := slices.Contains(c.skip, "delete")
	for _, rule := range c.rules {
		if rule.Deletes && noDeletion {
			continue
		}
		if (len(c.only) == 0 || slices.Contains(c.only, rule.ID)) && !slices.Contains(c.skip, rule.ID) {
			c.selected = append(c.selected, rule)
		}
	}
	if len(c.selected) == 0 {
		return errors.New("no rule is left to check")
	}
	if !slices.ContainsFunc(c.selected, func(r Rule) bool { return !r.observes() }) {
		// Rules that look at answers need some. A deletion has to be asked for by name.
		for _, rule := range c.rules {
			if !rule.observes() && !rule.Deletes && !slices.Contains(c.skip, rule.ID) {
				c.silent = append(c.silent, rule)
			}
		}
	}
	return nil
}

// leftOut returns the rules that are not judged because they were not asked for.
func (c *config) leftOut() (ids []string) {
	for _, rule := range c.rules {
		if !c.selects(func(r Rule) bool { return r.ID == rule.ID }) {
			ids = append(ids, rule.ID)
		}
	}
	return ids
}

func (c *config) ids() []string {
	ids := make([]string, len(c.rules))
	for i, r := range c.rules {
		ids[i] = r.ID
	}
	return ids
}

func (c *config) selects(want func(Rule) bool) bool { return slices.ContainsFunc(c.selected, want) }
