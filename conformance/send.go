package conformance

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dmstask/dmstask/conformance/internal/wire"
	"github.com/dmstask/dmstask/internal/secret"
)

// Why a server could not be checked.
var (
	// ErrNoAnswer: there is no connection, or nothing that answers HTTP.
	ErrNoAnswer = errors.New("the server does not answer")
	// ErrCredentialsRefused: the server refuses the target's credentials, so that nothing can be said about the rest.
	ErrCredentialsRefused = errors.New("the server refuses the credentials")
	// ErrWrongEndpoint: all that the server says is that it has no such API.
	ErrWrongEndpoint = errors.New("there is no such API; are host, region and path right?")
	// ErrNoCredentials: the target has none, and rules were selected that need them.
	ErrNoCredentials = errors.New("no credentials")
)

// preflight sends the first harmless requests ahead, until one shows that the server answers and takes the credentials:
// where nothing can be judged, nothing should be reported as a violation, and no wrong credentials be sent again and
// again.
func (r *run) preflight(ctx context.Context) {
	for _, rule := range slices.Concat(r.silent, r.selected) {
		if rule.Deletes || r.target.misses(rule) != "" {
			continue
		}
		for _, p := range rule.Probes {
			x, err := r.send(ctx, p)
			if r.aborted != nil || err == nil && x.response != nil && !x.refused() && !x.elsewhere() {
				return
			}
		}
	}
	if !r.undecided() {
		r.aborted = r.verdict()
	}
}

// undecided reports whether only the deletion can tell if the credentials are good for anything: 403 may also be what a
// server says of all that is not there.
func (r *run) undecided() bool { return r.mayDelete && r.forbidden > 0 }

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
	if method := x.probe.withMethod(c); method != c.route.Method && (method == http.MethodGet || method == http.MethodHead) {
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
	request.Header.Set("Accept", "application/json")
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
		request.Header.Set("X-Sdk-Date", time.Now().UTC().Format("20060102T150405Z"))
		request.Header.Set("Authorization", fmt.Sprintf("SDK-HMAC-SHA256 Access=%s, SignedHeaders=host;x-sdk-date, Signature=%s",
			madeUp("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 20), madeUp(hexadecimal, 64)))
	case AlteredCredentials:
		err = r.alter(request)
	case NoCredentials:
	}
	if err != nil {
		return nil, err
	}
	return request, r.remember(x, request.Header)
}

// remember notes the credentials of a request, which must not be shown.
func (r *run) remember(x *exchange, header http.Header) error {
	for _, field := range append(slices.Clone(credentialFields), r.contract.tokenField()) {
		value := header.Get(field)
		if value == "" {
			continue
		}
		credential := credentialIn(value)
		if secret.Short(credential) {
			return fmt.Errorf("not sent: the credentials in %s have fewer than %d characters; are they whole?",
				field, secret.Shortest)
		}
		x.carried = append(x.carried, value)
		r.secrets.Add(credential)
	}
	return nil
}

// credentialIn returns what is secret in a header field: of a signature neither the access key nor the name of the
// method, of another Authorization not the scheme (RFC 9110 section 11.4).
func credentialIn(value string) string {
	if _, signature, ok := strings.Cut(value, "Signature="); ok {
		return signature
	}
	if _, credential, ok := strings.Cut(value, " "); ok {
		return credential
	}
	return value
}

// authorize puts the target's own credentials on a request.
func (r *run) authorize(request *http.Request) error {
	if r.target.Authorize == nil {
		request.Header.Set(r.contract.tokenField(), r.target.Token)
		return nil
	}
	if err := r.target.Authorize(request); err != nil {
		return fmt.Errorf("not sent: no credentials: %w", err)
	}
	return nil
}

// alter puts the target's token on a request, changed where its signature would be: to a server that does not verify it
// it looks right.
func (r *run) alter(request *http.Request) error {
	if err := r.authorize(request); err != nil {
		return err
	}
	field := r.contract.tokenField()
	token := request.Header.Get(field)
	if request.Header.Get("Authorization") != "" || altered(token) == token {
		return fmt.Errorf("%w: there is no token to be altered", errNotApplicable)
	}
	request.Header.Set(field, altered(token))
	return nil
}

// altered returns a token with a few characters changed near its end: the signature of a JSON Web Token has 43. The very
// last ones may be padding, or bits that do not count.
func altered(token string) string {
	b := []byte(token)
	half := len(b) / 2
	for i := max(half, len(b)-16); i < max(half+1, len(b)-8) && i < len(b); i++ {
		b[i] = neighbour(b[i])
	}
	return string(b)
}

// neighbour returns another character of the same kind, where there is one.
func neighbour(b byte) byte {
	switch {
	case b == '9':
		return '0'
	case b == 'z' || b == 'Z':
		return b - 25
	case isAlphanumeric(rune(b)):
		return b + 1
	}
	return b
}

const hexadecimal = "0123456789abcdef"

// madeUp returns random characters of an alphabet of 16, or 32, for credentials that nobody issued. They are not drawn
// from the seed, which others may know.
func madeUp(alphabet string, length int) string {
	b := make([]byte, length)
	_, _ = rand.Read(b) // never fails: see crypto/rand
	for i := range b {
		b[i] = alphabet[int(b[i])%len(alphabet)]
	}
	return string(b)
}

// hopeless returns why it makes no sense to go on: nobody answers, or the credentials are no good. It takes two
// requests to say so, unless there is not even a connection: the first may have met a fault that a rule is to find.
func (r *run) hopeless(ctx context.Context) error {
	if ctx.Err() != nil {
		return stopped(ctx)
	}
	if r.answered == 0 {
		connectFailed := (*wire.ConnectError)(nil)
		if r.sent >= 2 || errors.As(r.last.err, &connectFailed) {
			return fmt.Errorf("%w: %w", ErrNoAnswer, r.last.err)
		}
	}
	if r.asked >= 2 && r.refused == r.asked && !r.undecided() {
		return fmt.Errorf("%w: %s", ErrCredentialsRefused, r.last.summary())
	}
	if r.called >= 2 && r.elsewhere == r.called {
		return fmt.Errorf("%w: %s", ErrWrongEndpoint, r.last.summary())
	}
	return nil
}

// verdict returns why the answers so far say too little about the server.
func (r *run) verdict() error {
	switch {
	case r.aborted != nil:
		return r.aborted
	case r.sent > 0 && r.answered == 0:
		return fmt.Errorf("%w: %w", ErrNoAnswer, r.last.err)
	case r.asked > 0 && r.refused == r.asked:
		return fmt.Errorf("%w: %s", ErrCredentialsRefused, r.first.summary())
	case r.called > 0 && r.elsewhere == r.called:
		return fmt.Errorf("%w: %s", ErrWrongEndpoint, r.first.summary())
	case r.throttled != nil:
		return impatient(r.throttled)
	}
	return nil
}

// reason returns in short why nothing more is sent.
func (r *run) reason() error {
	for _, err := range []error{ErrNoAnswer, ErrCredentialsRefused, ErrWrongEndpoint} {
		if errors.Is(r.aborted, err) {
			return err
		}
	}
	return r.aborted
}

// refused reports whether an answer refuses the credentials.
func (x *exchange) refused() bool {
	return x.response.Status == http.StatusUnauthorized || x.response.Status == http.StatusForbidden
}

// elsewhere reports whether an answer says that there is no such API.
func (x *exchange) elsewhere() bool {
	return x.response.Status == http.StatusNotFound && meanings[newAnswer(x).ErrorCode()] == noSuchAPI
}

func stopped(ctx context.Context) error { return fmt.Errorf("stopped: %w", context.Cause(ctx)) }
