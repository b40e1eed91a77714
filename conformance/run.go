package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// MaxRequests is the most requests that a run sends.
const MaxRequests = 40

// Why a server could not be checked.
var (
	// ErrNoAnswer: there is no connection, or nothing that answers HTTP.
	ErrNoAnswer = errors.New("the server does not answer")
	// ErrCredentialsRefused: the server refuses the target's credentials, so that nothing can be said about the rest.
	ErrCredentialsRefused = errors.New("the server refuses the credentials")
)

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
	endpoint, err := target.validate(cfg.contract)
	if err != nil {
		return nil, err
	}
	if !target.hasCredentials() && cfg.selects(func(r Rule) bool { return slices.Contains(r.needs, needsCredentials) }) {
		return nil, errors.New("no credentials: the selected rules need a token for the project, or an access key")
	}

	mayDelete := target.TaskID != "" && cfg.selects(func(r Rule) bool { return r.Deletes })
	r := &run{
		config: cfg, target: target, endpoint: endpoint,
		probes:    newProbes(target, cfg.contract.route.Method, mayDelete),
		exchanges: make(map[string]*exchange),
	}
	report := &Report{
		Endpoint: endpoint.String(), ContractVersion: cfg.contract.Version(), Started: time.Now().UTC(),
	}
	r.preflight(ctx)
	for _, rule := range cfg.silent {
		r.judge(ctx, rule)
	}
	for _, rule := range cfg.selected {
		result := r.judge(ctx, rule)
		report.Results = append(report.Results, result)
		cfg.onResult(result)
	}
	report.Duration = time.Since(report.Started).Seconds()
	report.Requests = len(r.order)
	err = r.verdict()
	if err == nil && report.Count(Skipped) == len(report.Results) {
		err = fmt.Errorf("no rule could be judged: %s", report.Results[0].Reason)
	}
	if err != nil {
		report.Error = err.Error()
	}
	return report, err
}

// run is the state of one run.
type run struct {
	config
	target    Target
	endpoint  *url.URL
	probes    probes
	exchanges map[string]*exchange // by name of the probe
	order     []*exchange
	secrets   []string // all credentials that were sent so far
	aborted   error    // why nothing more is sent
}

func (r *run) judge(ctx context.Context, rule Rule) Result {
	if r.aborted == nil && ctx.Err() != nil {
		r.aborted = fmt.Errorf("stopped: %w", context.Cause(ctx))
	}
	j := &judgement{ctx: ctx, run: r, rule: rule, result: &Result{Rule: rule}}
	missing := r.target.misses(rule)
	switch {
	case missing != "":
		j.skip("no %s was given", missing)
	case rule.observes() && len(r.answers()) == 0:
		j.skip("there was no answer to look at")
	case r.aborted == nil || rule.observes():
		rule.judge(j)
	}
	if r.aborted != nil && !rule.observes() {
		j.result.Violations = nil // half a rule is no verdict
		j.skip("not judged")
	}
	j.finish()
	return *j.result
}

// preflight sends the first harmless requests ahead, until one shows that the server answers and takes the credentials:
// where nothing can be judged, nothing should be reported as a violation, and no wrong credentials be sent again and
// again.
func (r *run) preflight(ctx context.Context) {
	for _, rule := range slices.Concat(r.silent, r.selected) {
		if rule.Deletes || r.target.misses(rule) != "" {
			continue
		}
		for _, name := range rule.probes {
			x := r.send(ctx, name)
			if r.aborted != nil || x.response != nil && !x.refused() {
				return
			}
		}
	}
	r.aborted = r.verdict()
}

// send makes the request of a probe, once.
func (r *run) send(ctx context.Context, name string) *exchange {
	if x := r.exchanges[name]; x != nil {
		return x
	}
	x := &exchange{probe: r.probes[name], secrets: &r.secrets}
	if r.aborted != nil {
		x.err = r.aborted
		return x
	}
	r.exchanges[name] = x
	var request *http.Request
	if request, x.err = r.request(ctx, x); x.err != nil {
		r.aborted = x.err // of ours, not the server's: nothing can be said about that
		return x
	}
	r.order = append(r.order, x)
	started := time.Now()
	x.sent, x.response, x.err = send(ctx, request, r.timeout)
	x.err = x.clean(x.err)
	if x.response != nil {
		x.response.bodyErr = x.clean(x.response.bodyErr)
	}
	x.duration = time.Since(started)
	r.aborted = r.hopeless(ctx)
	return x
}

// request makes the HTTP request of a probe. Whatever the IDs are, it does not leave the path of the contract.
func (r *run) request(ctx context.Context, x *exchange) (*http.Request, error) {
	if len(r.order) >= MaxRequests {
		return nil, fmt.Errorf("not sent: a run has at most %d requests", MaxRequests)
	}
	path := r.contract.path(x.probe.ids)
	if !safePath(path) || strings.Count(path, "/") != strings.Count(r.contract.route.Path, "/") {
		return nil, fmt.Errorf("not sent: %q is not within the path of the contract", path)
	}
	request, err := http.NewRequestWithContext(ctx, x.probe.method, r.endpoint.String()+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "dms-conformance")
	switch x.probe.sign {
	case own:
		err = r.authorize(request)
	case madeUp: // a token, never a signature: too many wrong ones lock an access key
		request.Header.Set("X-Auth-Token", randomHex())
	case none:
	}
	for _, field := range []string{"X-Auth-Token", "Authorization", "X-Security-Token"} {
		if secret := request.Header.Get(field); secret != "" {
			r.secrets = append(r.secrets, secret)
		}
	}
	return request, err
}

// authorize puts the target's own credentials on a request.
func (r *run) authorize(request *http.Request) error {
	if r.target.Authorize == nil {
		request.Header.Set("X-Auth-Token", r.target.Token)
		return nil
	}
	if err := r.target.Authorize(request); err != nil {
		return fmt.Errorf("not sent: no credentials: %w", err)
	}
	return nil
}

// hopeless returns why it makes no sense to go on: nobody answers, or the credentials are no good. It takes two
// requests to say so, unless there is not even a connection: the first may have met a fault that a rule is to find.
func (r *run) hopeless(ctx context.Context) error {
	if ctx.Err() != nil {
		return fmt.Errorf("stopped: %w", context.Cause(ctx))
	}
	last := r.order[len(r.order)-1]
	if len(r.answers()) == 0 {
		connectFailed := (*connectError)(nil)
		if len(r.order) >= 2 || errors.As(last.err, &connectFailed) {
			return fmt.Errorf("%w: %w", ErrNoAnswer, last.err)
		}
	}
	if refused, asked := r.refused(); asked >= 2 && refused == asked {
		return fmt.Errorf("%w: %s", ErrCredentialsRefused, last.summary())
	}
	return nil
}

// refused counts the answers to requests that had the target's own credentials and project, and of these the ones that
// refuse the credentials.
func (r *run) refused() (refused, asked int) {
	for _, x := range r.answers() {
		if x.probe.sign != own || x.probe.name == "foreign-project" {
			continue
		}
		asked++
		if x.refused() {
			refused++
		}
	}
	return refused, asked
}

// answers returns the exchanges that have an answer, in the order of sending.
func (r *run) answers() []*exchange {
	var answered []*exchange
	for _, x := range r.order {
		if x.response != nil {
			answered = append(answered, x)
		}
	}
	return answered
}

// sent reports whether a probe was sent.
func (r *run) sent(name string) bool { return r.exchanges[name] != nil }

// verdict returns why the answers so far say too little about the server.
func (r *run) verdict() error {
	switch refused, asked := r.refused(); {
	case r.aborted != nil:
		return r.aborted
	case len(r.order) > 0 && len(r.answers()) == 0:
		return fmt.Errorf("%w: %w", ErrNoAnswer, r.order[0].err)
	case asked > 0 && refused == asked:
		return fmt.Errorf("%w: %s", ErrCredentialsRefused, r.order[0].summary())
	}
	return nil
}

// refused reports whether an answer refuses the credentials.
func (x *exchange) refused() bool {
	return x.response.status == http.StatusUnauthorized || x.response.status == http.StatusForbidden
}
