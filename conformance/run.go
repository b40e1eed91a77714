package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dmstask/dmstask/conformance/internal/wire"
	"github.com/dmstask/dmstask/internal/secret"
	"github.com/dmstask/dmstask/internal/version"
)

// Run checks a server. The error says why the server could not be checked, or not completely. The report has the
// results up to then; it is nil only if the target or an option is invalid and nothing was sent. A server that does not
// conform is not an error: see [Report.Verdict].
func Run(ctx context.Context, target Target, options Options) (*Report, error) {
	s, err := Start(ctx, target, options)
	if err != nil {
		return nil, err
	}
	for _, rule := range s.Rules() {
		s.Judge(ctx, rule)
	}
	return s.Report()
}

// A Session is a run that the caller advances rule by rule.
type Session struct {
	options   Options
	contract  *Contract
	rules     []Rule // that were asked for
	target    Target
	endpoint  *url.URL
	transport *wire.Transport
	stop      func() // stops serving a handler
	named     bool   // the target's own last ID may be used: the run may delete it, or the operation is safe

	kept      *wire.Session        // the connection of a rule that uses only one
	exchanges map[string]*Exchange // the last one of each probe
	all       []*Exchange          // including those that were sent again
	secrets   secret.Set           // all credentials that were sent so far
	exposed   int                  // requests for the target's task that must not delete it
	pause     time.Duration        // before each request, since the server throttles
	throttled *Exchange            // one that was given up
	refusals  int                  // of good credentials, in a row
	alive     bool                 // a response shows that this is the right server, and that it can be used
	aborted   error                // why nothing more is sent
	report    *Report
}

// Start starts a run. The error says what is wrong with the target or an option.
func Start(ctx context.Context, target Target, options Options) (*Session, error) {
	if ctx == nil {
		return nil, errors.New("the context is nil")
	}
	o, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	rules, leftOut, err := o.choose()
	if err != nil {
		return nil, err
	}
	endpoint, err := target.validate(o.Contract)
	if err != nil {
		return nil, err
	}
	proxy, err := proxyOfEnvironment()
	if err != nil {
		return nil, err
	}
	s := &Session{
		options: o, contract: o.Contract, rules: rules, target: target, endpoint: endpoint, stop: func() {},
		transport: &wire.Transport{TLS: o.TLS, HTTP2: o.HTTP2, Timeout: o.AnswerTimeout, Proxy: proxy.of},
		exchanges: make(map[string]*Exchange),
		report: &Report{
			Version: version.String, Endpoint: endpoint.String(), IDs: make(map[string]string),
			Operation: o.Contract.String(), OperationID: o.Contract.operation.OperationID,
			ContractVersion: o.Contract.Version(), Started: time.Now().UTC(), Strict: o.Strict, LeftOut: leftOut,
		},
	}
	complete := true
	for _, p := range s.contract.parameters {
		if value := target.IDs[p.Name]; value != "" {
			s.report.IDs[p.Name] = value
			s.secrets.Public(value) // a token may contain the project, which every response may name
		} else {
			complete = false
		}
	}
	for _, r := range o.Rules {
		for _, p := range r.Probes {
			for _, id := range p.IDs {
				s.secrets.Public(id.literal)
			}
		}
	}
	for _, credential := range append(proxy.credentials, target.Token) {
		s.secrets.Add(credential)
	}
	s.named = complete && (s.contract.safe() || slices.ContainsFunc(rules, func(r Rule) bool { return r.Deletes }))
	sends := slices.DeleteFunc(slices.Clone(rules), Rule.Observes)
	possible := func(r Rule) bool { return s.lacks(r) == "" }
	if !target.hasCredentials() && len(sends) > 0 && !slices.ContainsFunc(sends, possible) {
		return nil, fmt.Errorf("%w: the selected rules need a token for the project, or an access key", ErrNoCredentials)
	}
	if target.Handler != nil {
		var listener pipes
		listener, s.stop = serve(target.Handler, o.AnswerTimeout)
		s.transport.Dial, s.transport.Proxy = listener.dial, nil
	}
	return s, nil
}

// Rules returns the selected rules in the order in which they should be judged: those that look at all responses come
// last.
func (s *Session) Rules() []Rule {
	sends := func(r Rule) bool { return !r.Observes() }
	return slices.Concat(
		slices.DeleteFunc(slices.Clone(s.rules), Rule.Observes), slices.DeleteFunc(slices.Clone(s.rules), sends))
}

// lacks returns what a rule needs and the target does not have, or "". A probe without good credentials, or below an ID
// that is not the target's, can just as well have made-up IDs.
func (s *Session) lacks(r Rule) string {
	for _, p := range r.Probes {
		own := p.Credentials.isOwn()
		if own && !s.target.hasCredentials() {
			return "credentials"
		}
		for _, parameter := range s.contract.parameters {
			own = own && p.IDs[parameter.Name].isOwn()
			needed := own && !parameter.Last || parameter.Last && (r.Deletes || own && s.contract.safe())
			if needed && s.target.IDs[parameter.Name] == "" {
				return parameter.Name
			}
		}
	}
	return ""
}

// Judge sends what a rule needs and what has not been sent yet, and judges the responses. A rule that looks at all
// responses gets those to the probes of all selected rules that delete nothing, or, if no selected rule has probes, of
// all rules that are not skipped.
func (s *Session) Judge(ctx context.Context, rule Rule) Result {
	j := judgment{rule: rule, contract: s.contract, result: Result{Rule: rule.Text(s.contract)}}
	missing := s.lacks(rule)
	switch {
	case missing != "":
		j.open("no %s given", missing)
	case rule.Deletes && s.report.DeletedBy != "":
		j.open("the response to %s indicates that the task is already deleted", s.report.DeletedBy)
	case rule.Observes():
		for _, other := range s.observed() {
			s.send(ctx, other, nil)
		}
		for _, x := range s.all {
			j.look(x)
		}
		if j.looked == 0 {
			j.open("there was no response to look at")
		}
	default:
		for _, x := range s.send(ctx, rule, &j) {
			j.result.Exchanges = append(j.result.Exchanges, x.evidence(""))
			j.look(x)
		}
	}
	if s.aborted != nil && (!s.alive || missing == "") {
		j.incomplete(s.reason(), !s.alive)
	}
	result := j.finish()
	s.report.Results = append(s.report.Results, result)
	s.options.OnResult(result)
	return result
}

// observed returns the rules whose responses are looked at by a rule that sends nothing.
func (s *Session) observed() []Rule {
	of := s.rules
	if !slices.ContainsFunc(of, func(r Rule) bool { return !r.Observes() }) {
		of = slices.DeleteFunc(slices.Clone(s.options.Rules), func(r Rule) bool {
			return slices.Contains(s.options.Skip, r.ID)
		})
	}
	return slices.DeleteFunc(slices.Clone(of), func(r Rule) bool { return r.Deletes || r.Observes() || s.lacks(r) != "" })
}

// send sends the probes of a rule, and notes in the judgment those that are left out.
func (s *Session) send(ctx context.Context, rule Rule, j *judgment) (list []*Exchange) {
	s.preflight(ctx, rule)
	if rule.OneConnection {
		s.kept = s.transport.Keep()
		defer func() { _ = s.kept.Close(); s.kept = nil }()
	}
	for _, p := range rule.Probes {
		x, err := s.probe(ctx, rule, p)
		switch {
		case err == nil:
			list = append(list, x)
		case j == nil:
		case errors.Is(err, errNotSent):
			j.result.NotSent = append(j.result.NotSent, p.Name+": "+strings.TrimPrefix(err.Error(), "not sent: "))
		default:
			j.open("%v", err)
		}
	}
	if j != nil && len(list) == 0 && len(j.result.NotSent) > 0 {
		j.open("%s", j.result.NotSent[0])
	}
	return list
}

// Report ends the run. The error says why the server could not be checked, or not completely.
func (s *Session) Report() (*Report, error) {
	s.stop()
	s.report.Duration = time.Since(s.report.Started).Seconds()
	for _, rule := range s.rules {
		if !slices.ContainsFunc(s.report.Results, func(r Result) bool { return r.Rule.ID == rule.ID }) {
			s.report.LeftOut = append(s.report.LeftOut, rule.ID)
		}
	}
	err := s.verdict()
	if err != nil {
		s.report.Error = err.Error()
	}
	return s.report, err
}
