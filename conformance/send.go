package conformance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/dmstask/dmstask/internal/pace"
	"github.com/dmstask/dmstask/internal/retryafter"
	"github.com/dmstask/dmstask/internal/secret"
)

// probe sends the request of a probe, once, and again as long as the server throttles it. The error says why it is not
// sent.
func (s *Session) probe(ctx context.Context, rule Rule, p Probe) (*Exchange, error) {
	if x := s.exchanges[p.Name]; x != nil {
		return x, nil
	}
	if method := p.method(s.contract); !s.contract.allows(method) {
		return nil, notSent("%s on the path of the contract could change something other than a task", method)
	}
	ids, exposes, err := s.ids(rule, p)
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		x := &Exchange{
			Probe: p, Contract: s.contract, Method: p.method(s.contract), IDs: ids,
			Named: s.named && maps.Equal(ids, s.target.IDs), Exposed: s.exposed, WrongCredentials: s.report.WrongCredentials,
			owner: rule.ID, answers: s.exchanges, secrets: &s.secrets,
		}
		if err := s.attempt(ctx, x); err != nil {
			return nil, err
		}
		s.exchanges[p.Name] = x
		if exposes {
			s.exposed++
			if x.answered() && x.Succeeded() && s.report.DeletedBy == "" {
				s.report.DeletedBy = p.Name
			}
		}
		if x.passing() && s.again(ctx, x, attempt) {
			continue
		}
		s.pause -= s.pause / 8 // until the server throttles again
		if s.aborted == nil {
			s.aborted = s.assess(false)
		}
		s.reject(x)
		return x, nil
	}
}

// ids returns the path parameters of a probe, and whether they name what the target may lose, or a near miss of it, in
// a request that must not delete it.
func (s *Session) ids(rule Rule, p Probe) (_ map[string]string, exposes bool, _ error) {
	for name := range p.IDs {
		if s.contract.parameter(name) == nil {
			return nil, false, notSent("the contract has no path parameter %s", name)
		}
	}
	ids := make(map[string]string)
	carriesOut := p.carriesOut(s.contract) && !s.contract.safe()
	for _, parameter := range s.contract.parameters {
		id, value := p.IDs[parameter.Name], s.target.IDs[parameter.Name]
		if parameter.Last {
			if !s.named || carriesOut && !rule.Deletes {
				value = ""
			}
			exposes = value != "" && (id.isOwn() || id.near != nil) && !carriesOut && !s.contract.safe()
		}
		made, err := id.value(s.contract, parameter, value, s.target.IDs[parameter.Name])
		if err != nil {
			return nil, false, err
		}
		if !safeSegment(made) {
			return nil, false, notSent("%s %q would leave the path of the contract", parameter.Name, made)
		}
		ids[parameter.Name] = made
	}
	return ids, exposes, nil
}

// attempt sends a request once and notes what came back.
func (s *Session) attempt(ctx context.Context, x *Exchange) error {
	if s.aborted == nil && (ctx.Err() != nil || pace.Sleep(ctx, s.pause) != nil) {
		s.aborted = stopped(ctx)
	}
	if s.aborted != nil {
		return s.reason()
	}
	request, err := s.request(ctx, x)
	switch {
	case errors.Is(err, errNotSent):
		return err
	case err != nil:
		s.aborted = x.clean(err) // our own error, from which nothing follows about the server
		return s.aborted
	}
	s.options.OnRequest(x.Probe.Name)
	s.report.Requests++
	if !x.Probe.Credentials.isOwn() && len(x.carried) > 0 {
		s.report.WrongCredentials++
	}
	exchange := s.transport.Exchange
	if s.kept != nil {
		exchange = s.kept.Exchange
	}
	started := time.Now()
	sent, response, err := exchange(ctx, request)
	x.sent, x.err, x.duration = sent, err, time.Since(started)
	if response != nil {
		x.take(response)
		secure := "https://" + s.endpoint.Hostname()
		x.toHTTPS = s.endpoint.Scheme == "http" && strings.HasPrefix(x.Header.Get("Location"), secure)
	}
	if ctx.Err() != nil && (response == nil || response.BodyErr != nil) {
		x.response, x.err = nil, stopped(ctx) // the run ends early here, and not the response
	}
	x.err, x.BodyErr, x.Malformed = x.clean(x.err), x.clean(x.BodyErr), x.clean(x.Malformed)
	s.all = append(s.all, x)
	s.note(ctx, x)
	return nil
}

// request makes the HTTP request of an exchange. Whatever the IDs are, it does not leave the path of the contract, and
// it does not delete unless the run may.
func (s *Session) request(ctx context.Context, x *Exchange) (*http.Request, error) {
	path := s.contract.pathOf(x.IDs)
	if !safePath(path) || strings.Count(path, "/") != strings.Count(s.contract.path, "/") {
		return nil, fmt.Errorf("not sent: path %q is not that of the contract", path)
	}
	last := s.contract.last().Name
	if own := s.target.IDs[last]; !s.named && own != "" && x.IDs[last] == own {
		return nil, fmt.Errorf("not sent: %s %q must not be deleted", last, own)
	}
	request, err := http.NewRequestWithContext(ctx, x.Method, s.endpoint.String()+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json, */*;q=0.5") // a contract can have application/problem+json
	request.Header.Set("Accept-Encoding", "identity")           // else any coding is fine (RFC 9110 section 12.5.3)
	request.Header.Set("User-Agent", "dms-conformance")
	for name, value := range x.Probe.Header {
		request.Header.Set(name, value)
	}
	if err := s.authorize(request, x.Probe.Credentials); err != nil {
		return nil, err
	}
	s.remember(x, request.Header)
	return request, nil
}

// authorize puts the credentials of a probe on a request.
func (s *Session) authorize(request *http.Request, c Credentials) error {
	field := s.contract.tokenField()
	token := ""
	if c.isOwn() || c.ofToken && s.target.hasCredentials() {
		good := request.Clone(request.Context()) // whose header is all that Authorize can change
		if s.target.Authorize == nil {
			good.Header.Set(field, s.target.Token)
		} else if err := s.target.Authorize(good); err != nil {
			return fmt.Errorf("not sent: no credentials: %w", err)
		}
		token = good.Header.Get(field)
		if c.isOwn() {
			request.Header = good.Header
		}
	}
	if !c.isOwn() && !c.put(request.Header, field, token) {
		return notSent("there is no token to change like this; a signature with the target's access key is never altered")
	}
	return nil
}

// remember notes the credentials of a request, which must not be shown, whatever the case of their field names.
func (s *Session) remember(x *Exchange, header http.Header) {
	own := x.Probe.Credentials.isOwn()
	for name, values := range header {
		if !secret.Field(name) && !strings.EqualFold(name, s.contract.tokenField()) {
			continue
		}
		for _, value := range values {
			credential := secret.InField(value)
			if value == "" || !own && name == "Authorization" && credential == value { // a scheme alone is no secret
				continue
			}
			s.secrets.Add(credential)
			s.report.ShortToken = s.report.ShortToken || own && secret.Short(credential)
			x.carried = append(x.carried, value)
		}
	}
}

// A request that is throttled was not carried out, whatever it asks for, and is sent again.
const (
	mostAttempts = 6
	fewAttempts  = 2                      // where another response is unlikely, or may lock somebody out
	firstWait    = 250 * time.Millisecond // before the second attempt, and twice as long before each further one
	longestPause = 500 * time.Millisecond // between requests to a server that has throttled
)

// again waits until a request may be sent again, and reports whether it may. After that, the run is slower. A server
// that throttles nevertheless ends the run.
func (s *Session) again(ctx context.Context, x *Exchange, attempt int) bool {
	if s.aborted != nil {
		return false
	}
	own, most := x.Probe.Credentials.isOwn(), mostAttempts
	if !own || x.unavailable() {
		most = fewAttempts
	}
	after, _ := retryafter.Parse(x.Header.Get("Retry-After"), time.Now())
	wait := max(after, firstWait<<(attempt-1)) // a server that throttles again asked for too little
	deadline, limited := ctx.Deadline()
	inTime := limited && time.Until(deadline) > wait || !limited && wait <= s.options.AnswerTimeout
	if attempt < most && inTime && pace.Sleep(ctx, wait) == nil {
		s.pause = max(s.pause, min(wait, longestPause))
		return true
	}
	x.locked = x.exhausts()
	switch {
	case x.locked:
	case x.unavailable():
		s.aborted = fmt.Errorf("%w: %s", ErrUnavailable, x.summary())
	case own:
		s.aborted = throttles(x)
	default:
		s.throttled = x
	}
	return false
}

// expired is after how many 401 in a row the target's own credentials are no longer taken to be valid.
const expired = 5

// reject notes when the target's own credentials, which were good, are refused below its own project.
func (s *Session) reject(x *Exchange) {
	if !s.alive || !x.Probe.Credentials.isOwn() || !x.Probe.IDs[project].isOwn() || x.Method != s.contract.Method() {
		return
	}
	if s.refusals++; x.Status != http.StatusUnauthorized {
		s.refusals = 0
	}
	if s.refusals == expired && s.aborted == nil {
		s.aborted = fmt.Errorf("%w that it accepted before: %s", ErrCredentialsRefused, x.summary())
	}
}
