package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// errNotApplicable: a probe does not make sense with this contract or target, and is left out.
var errNotApplicable = errors.New("not applicable")

// send makes the request of a fixed case, once. The error says why it cannot be made.
func (r *run) send(ctx context.Context, p Probe) (*exchange, error) {
	if x := r.exchanges[p.Name]; x != nil {
		return x, nil
	}
	if p.Method == r.contract.route.Method && p.deletes(r.contract) {
		return nil, fmt.Errorf("%w: %s is the method of the contract", errNotApplicable, p.Method)
	}
	x, err := r.exchangeOf(p)
	if err != nil {
		return nil, err
	}
	for name, id := range p.ids() {
		if id.isMalformed() && r.contract.checkID(name, x.ids[name]) == nil {
			// It could be somebody's: only the target names what may be addressed.
			return nil, fmt.Errorf("%w: the contract allows %s %q", errNotApplicable, name, x.ids[name])
		}
	}
	if err := r.exchange(ctx, x); err != nil {
		return nil, err
	}
	r.exchanges[p.Name] = x
	for _, o := range r.observers {
		o.judge(x)
	}
	return x, nil
}

// exchangeOf returns the exchange that a probe will be, with all IDs.
func (r *run) exchangeOf(p Probe) (*exchange, error) {
	own := map[string]string{projectID: r.target.ProjectID, instanceID: r.target.InstanceID}
	if r.mayDelete && (r.deletes(p) || !p.deletes(r.contract)) {
		own[taskID] = r.target.TaskID
	}
	x := &exchange{probe: p, ids: make(map[string]string), secrets: &r.secrets}
	for _, name := range pathIDs {
		id := p.ids()[name]
		base := own[name]
		if id.malformed == "" && (id.unknown || base == "") {
			madeUp, ok := r.maker.id(name, p.Name)
			if !ok {
				return nil, fmt.Errorf("the contract leaves no room for a %s that surely nobody has", name)
			}
			base = madeUp
		}
		x.ids[name] = id.of(base)
	}
	return x, nil
}

// exchange sends a request and notes what came of it, again if the server throttles it. The error says that it was not
// sent.
func (r *run) exchange(ctx context.Context, x *exchange) error {
	for attempt := 1; ; attempt++ {
		if err := r.attempt(ctx, x); err != nil || !x.throttled() {
			return err
		}
		if !r.patience(ctx, x, attempt) {
			r.throttled = x
			return nil
		}
		for _, o := range r.observers {
			o.judge(x)
		}
	}
}

func (r *run) attempt(ctx context.Context, x *exchange) error {
	if r.aborted == nil && ctx.Err() != nil {
		r.aborted = stopped(ctx)
	}
	if r.aborted != nil {
		return r.aborted
	}
	request, err := r.request(ctx, x)
	switch {
	case errors.Is(err, errNotApplicable):
		return err
	case err != nil:
		r.aborted = err // of ours, not the server's: nothing can be said about that
		return err
	}
	r.onRequest(x.probe)
	r.sent++
	started := time.Now()
	x.sent, x.response, x.err = r.transport.Exchange(ctx, request)
	x.duration = time.Since(started)
	if ctx.Err() != nil && (x.response == nil || x.response.BodyErr != nil) {
		x.response, x.err = nil, stopped(ctx) // it is the run that ends early here, and not the answer
	}
	x.err = x.clean(x.err)
	if x.response != nil {
		x.response.BodyErr = x.clean(x.response.BodyErr)
	}
	r.note(ctx, x)
	return nil
}

// note counts an exchange, and decides whether to go on.
func (r *run) note(ctx context.Context, x *exchange) {
	if r.first == nil {
		r.first = x
	}
	r.last = x
	if x.response != nil {
		r.answered++
		if x.probe.Credentials == OwnCredentials && x.probe.ProjectID == OwnID {
			r.asked++
			if x.refused() {
				r.refused++
			}
			if x.response.Status == http.StatusForbidden {
				r.forbidden++
			}
			if x.probe.withMethod(r.contract) == r.contract.route.Method {
				r.called++
				if x.elsewhere() {
					r.elsewhere++
				}
			}
		}
		if r.names(x) && !r.deletes(x.probe) {
			r.exposed = true
			if x.claims(r.contract) && r.taken == "" {
				r.taken = x.probe.Name
			}
		}
	}
	r.aborted = r.hopeless(ctx)
}

// names reports whether a request is for the target's task, or for what a careless server takes for it.
func (r *run) names(x *exchange) bool {
	id := x.probe.TaskID
	return r.mayDelete && id.malformed == "" && x.ids[taskID] == id.of(r.target.TaskID)
}

// claims reports whether an answer says that something is deleted. That to a safe method does so only by having no
// content: what else a GET is answered with is not the contract's affair.
func (x *exchange) claims(c *Contract) bool {
	method := x.probe.withMethod(c)
	if safe := method == http.MethodGet || method == http.MethodHead; safe && method != c.route.Method {
		return x.response.Status == http.StatusNoContent && c.documents(http.StatusNoContent)
	}
	return x.response.Status/100 == 2
}

// deletes reports whether a probe is that of a rule that deletes.
func (r *run) deletes(p Probe) bool {
	return r.selects(func(rule Rule) bool { return rule.Deletes && slices.Contains(rule.Probes, p) })
}

// request makes the HTTP request of an exchange. Whatever the IDs are, it does not leave the path of the contract.
func (r *run) request(ctx context.Context, x *exchange) (*http.Request, error) {
	if r.sent-r.repeated >= r.limit {
		return nil, fmt.Errorf("not sent: this run has at most %d requests", r.limit)
	}
	path := r.contract.path(x.ids)
	if !safePath(path) || strings.Count(path, "/") != strings.Count(r.contract.route.Path, "/") {
		return nil, fmt.Errorf("not sent: path %q is not that of the contract", path)
	}
	if x.ids[taskID] == r.target.TaskID && !r.mayDelete {
		return nil, fmt.Errorf("not sent: task %q is not to be deleted", r.target.TaskID)
	}
	request, err := http.NewRequestWithContext(ctx, x.probe.withMethod(r.contract), r.endpoint.String()+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", r.contract.accepts())
	request.Header.Set("Accept-Encoding", "identity") // without it any coding is acceptable (RFC 9110 section 12.5.3)
	request.Header.Set("User-Agent", "dms-conformance")
	switch x.probe.Credentials {
	case OwnCredentials:
		err = r.authorize(request)
	case EmptyCredentials:
		request.Header.Set(r.contract.tokenField(), "")
	case MadeUpCredentials:
		request.Header.Set(r.contract.tokenField(), madeUp(hexadecimal, 32))
	case MadeUpSignature: // of nobody's access key: a few wrong ones lock the key that they name
		sign(request)
	case AlteredCredentials:
		err = r.alter(request)
	case NoCredentials:
	}
	if err != nil {
		return nil, err
	}
	return request, r.remember(x, request.Header)
}
