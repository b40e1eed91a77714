package conformance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/dmstask/dmstask/conformance/internal/wire"
	"github.com/dmstask/dmstask/internal/secret"
	"github.com/dmstask/dmstask/internal/version"
)

// MaxRequests is the most requests that a run sends, with [Rules] and [DefaultExamples]; 30 of them only look for the
// simplest ID that shows a fault. Up to 20 more are sent again because they were throttled.
const MaxRequests = 69

// Run checks a server and returns what became of every rule. The error says why the server could not be checked, or
// not in full; what is known by then is in the report, which is nil only if the target or an option is at fault and
// nothing was sent. A server that does not conform is no error: see [Report.Conforms].
func Run(ctx context.Context, target Target, options ...Option) (*Report, error) {
	if ctx == nil {
		return nil, errors.New("the context is nil")
	}
	cfg, err := newConfig(options)
	if err != nil {
		return nil, err
	}
	if target.Handler != nil {
		stop, err := target.serve(ctx)
		if err != nil {
			return nil, err
		}
		defer stop()
	}
	endpoint, err := target.validate(cfg.contract)
	if err != nil {
		return nil, err
	}
	anonymous := func(p Probe) bool { return p.Credentials != OwnCredentials }
	if !target.hasCredentials() && cfg.selects(func(r Rule) bool {
		return !r.observes() && !slices.ContainsFunc(r.Probes, anonymous)
	}) {
		return nil, fmt.Errorf("%w: the selected rules need a token for the project, or an access key", ErrNoCredentials)
	}
	proxy, err := proxyOfEnvironment()
	if err != nil {
		return nil, err
	}
	return newRun(ctx, cfg, target, endpoint, proxy).do(ctx)
}

// run is the state of one run.
type run struct {
	config
	target    Target
	endpoint  *url.URL
	transport *wire.Transport
	maker     maker
	mayDelete bool
	limit     int       // of requests
	spare     int       // requests left for looking for simpler examples
	half      time.Time // when half of the time is over; zero if it has no end

	exchanges map[string]*exchange // of the fixed cases, by name of the probe
	observers []*Judgement         // of the rules that look at every answer
	secrets   secret.Set           // all credentials that were sent so far
	sent      int                  // requests
	answered  int                  // of these
	repeated  int                  // requests that are sent again, since they were throttled
	generated int                  // requests with drawn IDs
	short     bool                 // there was no time for all IDs that were to be drawn
	varied    int                  // rules that still have IDs to be drawn
	asked     int                  // answers to requests with the target's own credentials and project
	refused   int                  // of these, the ones that refuse the credentials
	forbidden int                  // of these, the ones that do so by 403
	called    int                  // answers to such requests with the method of the contract
	elsewhere int                  // of these, the ones that say that there is no such API
	throttled *exchange            // one that was given up
	gone      bool                 // there is no connection any more, which a rule has noted
	first     *exchange
	last      *exchange
	exposed   bool   // the target's task went along with a request that must not delete it
	taken     string // the probe of the first such request that was answered with a 2xx
	aborted   error  // why nothing more is sent
}

// simplifying is how many requests of a run look for a simpler example.
const simplifying = 30

func newRun(ctx context.Context, cfg config, target Target, endpoint *url.URL, proxy proxy) *run {
	r := &run{
		config: cfg, target: target, endpoint: endpoint,
		transport: &wire.Transport{
			TLS: cfg.tls, HTTP2: cfg.http2, Timeout: cfg.timeout, Proxy: proxy.of,
		},
		maker:     maker{cfg.contract, cfg.seed},
		mayDelete: target.TaskID != "" && cfg.selects(func(r Rule) bool { return r.Deletes }),
		spare:     simplifying,
		exchanges: make(map[string]*exchange),
	}
	fixed := map[string]bool{}
	for _, rule := range slices.Concat(cfg.silent, cfg.selected) {
		for _, p := range rule.Probes {
			fixed[p.Name] = true
		}
		if len(rule.Probes) > 0 && rule.Probes[0].varied() != "" {
			r.limit += cfg.examples
			r.varied++
		}
	}
	r.limit += len(fixed) + simplifying
	// A token may have the project in it, which every answer may name.
	r.secrets.Public(endpoint.String(), target.ProjectID, target.InstanceID, target.TaskID)
	for _, credential := range append(proxy.credentials, target.Token) {
		r.secrets.Keep(credential)
	}
	if deadline, ok := ctx.Deadline(); ok {
		r.half = time.Now().Add(time.Until(deadline) / 2)
	}
	for _, rule := range cfg.selected {
		if rule.observes() {
			r.observers = append(r.observers, r.judgement(rule))
		}
	}
	return r
}

func (r *run) judgement(rule Rule) *Judgement {
	return &Judgement{run: r, rule: rule, result: &Result{Rule: rule}}
}

// do judges all rules.
func (r *run) do(ctx context.Context) (*Report, error) {
	report := &Report{
		Version: version.String, Endpoint: r.endpoint.String(),
		ProjectID: r.target.ProjectID, InstanceID: r.target.InstanceID, TaskID: r.target.TaskID,
		Operation: r.contract.Operation(), ContractVersion: r.contract.Version(),
		Started: time.Now().UTC(), Strict: r.strict, Seed: r.seed, Examples: r.examples, LeftOut: r.leftOut(),
	}
	r.preflight(ctx)
	for _, rule := range r.silent {
		r.judge(ctx, rule)
	}
	known := func(result Result) {
		report.Results = append(report.Results, result)
		r.onResult(result)
	}
	for _, rule := range r.selected {
		if !rule.observes() {
			known(r.judge(ctx, rule))
		}
	}
	for _, observer := range r.observers { // which have seen all answers now, wherever they are in the list
		if observer.looked == 0 {
			observer.Skip("there was no answer to look at")
		}
		known(observer.finish())
	}
	report.Duration = time.Since(report.Started).Seconds()
	report.Requests, report.Generated, report.Short = r.sent, r.generated, r.short
	err := cmp.Or(r.verdict(), report.verdict())
	if err != nil {
		report.Error = err.Error()
	}
	return report, err
}

// judge makes the requests of a rule and judges the answers.
func (r *run) judge(ctx context.Context, rule Rule) Result {
	j := r.judgement(rule)
	if r.aborted == nil && ctx.Err() != nil {
		r.aborted = stopped(ctx)
	}
	switch missing := r.target.misses(rule); {
	case missing != "":
		j.Skip("no %s was given", missing)
	case rule.Deletes && r.taken != "":
		j.Skip("the answer to %s says that the task is gone already", r.taken)
	}
	due := len(rule.Probes)
	for _, p := range rule.Probes {
		if j.stopped || r.aborted != nil {
			break
		}
		x, err := r.send(ctx, p)
		switch {
		case errors.Is(err, errNotApplicable):
			if due--; due == 0 {
				j.Skip("%v", err)
			}
		case err != nil:
			j.Skip("%v", err)
		default:
			j.result.Exchanges = append(j.result.Exchanges, x.public())
			j.judge(x)
		}
	}
	if !j.stopped && r.aborted == nil {
		r.examine(ctx, j)
	}
	if r.aborted != nil && (j.looked < due || j.violated()) {
		j = r.judgement(rule) // half a rule is no verdict
		j.Skip("not judged: %v", r.reason())
	}
	return j.finish()
}
