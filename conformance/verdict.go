package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/dmstask/dmstask/conformance/internal/wire"
	"github.com/dmstask/dmstask/internal/codes"
)

// Why a server could not be checked.
var (
	// ErrNoAnswer: there is no connection, or nothing that speaks HTTP.
	ErrNoAnswer = errors.New("the server does not respond")
	// ErrCredentialsRefused: the server refuses the target's credentials, so that nothing is known about the rest.
	ErrCredentialsRefused = errors.New("the server refuses the credentials")
	// ErrWrongEndpoint: the server has no such API, by all of its responses.
	ErrWrongEndpoint = errors.New("wrong endpoint")
	// ErrUnavailable: all responses come from a gateway or a proxy that cannot reach the service.
	ErrUnavailable = errors.New("the service is unavailable")
	// ErrNoCredentials: the target has none, and the selected rules need them.
	ErrNoCredentials = errors.New("no credentials")
)

// A sign is what follows from an exchange about whether this is the right server, and whether it can be used.
type sign int

const (
	nothing   sign = iota
	works          // it is, and it can
	silent         // there was no response
	elsewhere      // there is no such API
	absent         // the same, by a code that means just that
	noSuchURL      // there is no such URL, which may also be the response for a task that does not exist
	refused        // the target's credentials are refused
	forbidden      // the same by 403
	neutral        // other credentials are refused
	insecure       // a redirect to the same host, over https
)

func signOf(x *Exchange) sign {
	code, own := x.ErrorCode(), x.Probe.Credentials.isOwn()
	meaning := codes.Of(code)
	switch {
	case x.response == nil:
		return silent
	case x.Malformed != nil:
		return works // and is wrong
	case x.Status/100 == 3 && x.toHTTPS:
		return insecure
	case x.Status == http.StatusUnauthorized && own:
		return refused
	case x.Status == http.StatusForbidden && code != "" && own:
		return forbidden
	case x.Status == http.StatusUnauthorized, x.Status == http.StatusForbidden && code != "":
		return neutral
	case x.passing(), x.Method != x.Contract.Method() && x.Status == http.StatusMethodNotAllowed && code != "":
		return nothing
	case x.Status == http.StatusNotFound && meaning == codes.NotFound:
		return noSuchURL
	case x.Status == http.StatusNotFound && meaning == codes.WrongEndpoint:
		return absent
	case x.Status/100 == 4 && (code == "" || meaning == codes.WrongEndpoint):
		return elsewhere
	}
	return works
}

// enough is the number of rules whose responses must all mean that there is no such URL before this is believed.
const enough = 4

// assess returns why the server cannot be judged by the responses so far, or nil. Once one shows that it is the right
// server, only the end of the time or of the connection ends a run. As long as more can be sent, it takes two
// responses: the first may have met a fault that a rule is to find.
func (s *Session) assess(all bool) error {
	if s.alive || len(s.exchanges) == 0 {
		return nil
	}
	n, total, rules := map[sign]int{}, 0, map[string]bool{}
	for _, x := range s.exchanges {
		if k := signOf(x); k != nothing {
			n[k]++
			total++
			rules[x.owner] = true
		}
	}
	lost := n[elsewhere] + n[noSuchURL]
	s.alive = n[works] > 0 || lost > 0 && n[neutral] > 0 // it distinguishes requests with other credentials
	few := !all && total < 2
	denied := n[refused] + n[forbidden]
	var err error
	switch last := s.all[len(s.all)-1]; {
	case s.alive || few || total == 0:
	case n[silent] == total:
		err = fmt.Errorf("%w: %w", ErrNoAnswer, last.err)
	case n[insecure] == total:
		err = fmt.Errorf("%w: the server redirects to https; did you mean https://?", ErrWrongEndpoint)
	// A server may also send 403 for everything that does not exist: the deletion will tell.
	case denied+n[neutral] == total && (all || denied > 1) && denied > 0 && (!s.named || n[forbidden] == 0):
		err = fmt.Errorf("%w: %s", ErrCredentialsRefused, last.summary())
	case n[absent] > 0 && n[absent]+n[neutral] == total && (len(rules) >= enough || all):
		err = wrongEndpoint(s.all[0])
	case lost+n[absent] == total && (len(rules) >= enough || all && n[noSuchURL] == 0):
		err = wrongEndpoint(last)
	}
	return err
}

// preflight sends the first probe of a rule, and until a response shows that this is the right server, those of other
// rules that delete nothing, a request without credentials among them: where nothing can be judged, nothing
// should be reported as a violation, and no wrong credentials be sent again and again.
func (s *Session) preflight(ctx context.Context, rule Rule) {
	if rule.Deletes || s.alive || s.aborted != nil {
		return
	}
	anonymous, others := []Rule{}, []Rule{rule}
	for _, r := range s.options.Rules { // also those that were not asked for: one request of theirs may be enough
		switch {
		case r.ID == rule.ID || r.Deletes || r.Observes() || s.lacks(r) != "" || slices.Contains(s.options.Skip, r.ID):
		case r.Probes[0].Credentials.isOwn():
			others = append(others, r)
		case len(anonymous) == 0:
			anonymous = append(anonymous, r)
		}
	}
	for _, r := range slices.Concat(others[:min(3, len(others))], anonymous, others[min(3, len(others)):]) {
		if s.alive || s.aborted != nil {
			return
		}
		if !r.Observes() {
			_, _ = s.probe(ctx, r, r.Probes[0])
		}
	}
}

// note looks whether there still is a connection, and time.
func (s *Session) note(ctx context.Context, x *Exchange) {
	unconnected := (*wire.ConnectError)(nil)
	switch {
	case ctx.Err() != nil:
		s.aborted = stopped(ctx)
	case x.response == nil && errors.As(x.err, &unconnected) && s.alive:
		s.aborted = fmt.Errorf("the server no longer responds: %w", x.err)
	case x.response == nil && errors.As(x.err, &unconnected):
		s.aborted = fmt.Errorf("%w: %w", ErrNoAnswer, x.err)
	}
}

// verdict returns why the responses are not enough to judge the server. A task is named to be deleted: if nothing is
// violated and the deletion was not judged, the most important thing is open.
func (s *Session) verdict() error {
	if err := s.assess(true); s.aborted == nil && err != nil {
		s.aborted = err
	}
	switch {
	case s.aborted != nil:
		return s.aborted
	case s.throttled != nil:
		return throttles(s.throttled)
	case len(s.report.Results) > 0 && s.report.Count(Skipped) == len(s.report.Results):
		return fmt.Errorf("no rule could be judged: %s", s.report.Results[0].Reason)
	case s.report.Count(Failed) > 0 || !s.named:
		return nil
	}
	var open error
	for _, result := range s.report.Results {
		switch {
		case !result.Rule.Deletes:
		case result.Outcome != Skipped:
			return nil
		case open == nil:
			open = fmt.Errorf("the deletion could not be judged: %s", result.Reason)
		}
	}
	return open
}

// reason returns in short why nothing more is sent.
func (s *Session) reason() error {
	for _, err := range []error{ErrNoAnswer, ErrCredentialsRefused, ErrWrongEndpoint, ErrUnavailable} {
		if errors.Is(s.aborted, err) {
			return err
		}
	}
	return s.aborted
}

func wrongEndpoint(x *Exchange) error {
	return fmt.Errorf("%w; are the host, the region and the path right? %s", ErrWrongEndpoint, x.summary())
}

func throttles(x *Exchange) error {
	return fmt.Errorf("the server throttles the check: %s", x.summary())
}

// errStopped: the run ended while a request was under way, or before it.
var errStopped = errors.New("stopped")

func stopped(ctx context.Context) error { return fmt.Errorf("%w: %w", errStopped, context.Cause(ctx)) }
