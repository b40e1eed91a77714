package conformance

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// DefaultAnswerTimeout is how long one response may take, from the connection to the last byte.
const DefaultAnswerTimeout = 10 * time.Second

// Options configure a run. The zero value suits most uses.
type Options struct {
	// Contract is what the server is checked against. The default is [DefaultContract].
	Contract *Contract
	// Rules are judged in this order. The default is the rules of [DeleteBackgroundTask] for the contract; you can append
	// your own to them.
	Rules []Rule
	// Only lists the IDs of the rules to check. By default all are checked.
	Only []string
	// Skip lists the IDs of rules to leave out. What only they need is not sent; without the rule delete, nothing is
	// deleted.
	Skip []string
	// Strict makes a violated SHOULD count like a violated MUST: see [Report.Verdict].
	Strict bool
	// AnswerTimeout is how long one response may take. The default is [DefaultAnswerTimeout]. The context limits the whole
	// run.
	AnswerTimeout time.Duration
	// TLS configures certificates and trust. By default, the CAs of the system are trusted.
	TLS *tls.Config
	// HTTP2 makes the check use HTTP/2. By default it uses HTTP/1.1, whose framing it can judge, and HTTP/2 only if the
	// server refuses HTTP/1.1 in the TLS handshake.
	HTTP2 bool
	// OnResult is called with every result as soon as it is known, from the goroutine of Run.
	OnResult func(Result)
	// OnRequest is called before every request with the name of its probe, from the goroutine of Run.
	OnRequest func(probe string)
}

// withDefaults returns the options with what they leave out, or what is wrong with them.
func (o Options) withDefaults() (_ Options, err error) {
	if o.Contract == nil {
		if o.Contract, err = DefaultContract(); err != nil {
			return o, err
		}
	}
	if o.Rules == nil {
		o.Rules = DeleteBackgroundTask.Rules(o.Contract)
	}
	if o.AnswerTimeout == 0 {
		o.AnswerTimeout = DefaultAnswerTimeout
	}
	if o.AnswerTimeout < 0 {
		return o, fmt.Errorf("AnswerTimeout %v is negative", o.AnswerTimeout)
	}
	if o.OnResult == nil {
		o.OnResult = func(Result) {}
	}
	if o.OnRequest == nil {
		o.OnRequest = func(string) {}
	}
	return o, valid(o.Rules)
}

// choose returns the rules that are asked for, and the IDs of the others.
func (o Options) choose() (chosen []Rule, leftOut []string, _ error) {
	known := func(id string) bool { return slices.ContainsFunc(o.Rules, func(r Rule) bool { return r.ID == id }) }
	for _, id := range slices.Concat(o.Only, o.Skip) {
		if !known(id) {
			return nil, nil, unknownRule(id, o.Rules)
		}
	}
	for _, rule := range o.Rules {
		wanted := (len(o.Only) == 0 || slices.Contains(o.Only, rule.ID)) && !slices.Contains(o.Skip, rule.ID)
		if wanted && (!rule.Deletes || !slices.Contains(o.Skip, "delete")) {
			chosen = append(chosen, rule)
		} else {
			leftOut = append(leftOut, rule.ID)
		}
	}
	if len(chosen) == 0 {
		return nil, nil, errors.New("no rule is left to check")
	}
	return chosen, leftOut, nil
}

// An UnknownRuleError says that Only or Skip names a rule that is not there.
type UnknownRuleError struct {
	ID      string
	Closest string // the ID of a rule that is like it, or ""
}

func (e *UnknownRuleError) Error() string {
	if e.Closest != "" {
		return fmt.Sprintf("there is no rule %q; did you mean %q?", e.ID, e.Closest)
	}
	return fmt.Sprintf("there is no rule %q", e.ID)
}

func unknownRule(id string, rules []Rule) error {
	e, most := &UnknownRuleError{ID: id}, len(id)/2
	for _, r := range rules {
		if n := alike(id, r.ID); n > most {
			e.Closest, most = r.ID, n
		}
	}
	return e
}

// alike returns how many characters of a are in b, in a row, or at the beginnings and the ends of both.
func alike(a, b string) (n int) {
	if strings.Contains(b, a) {
		return len(a)
	}
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	for i := 1; n+i <= min(len(a), len(b)) && a[len(a)-i] == b[len(b)-i]; i++ {
		n++
	}
	return n
}
