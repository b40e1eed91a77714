package client

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/dmstask/dmstask/internal/pace"
)

// A RetryPolicy sets how often, and after which delay, a call is retried. A field that is 0 has its default.
//
// DELETE is idempotent (RFC 9110 section 9.2.2). A call is retried after connection errors, attempts that took too
// long, truncated answers, the statuses 408, 429, 500, 502, 503 and 504, the code DMS.10240407, and, with a Retry-After
// field, the statuses 421, 425 and 520 to 599. It is not retried after anything else, in particular not after a wrong
// signature: more than five in a row lock an access key.
type RetryPolicy struct {
	// Attempts is the maximum number, including the first one. 1 turns retries off. The default is 4. If the service
	// refuses a token from a [TokenSource], the attempt does not count; it is repeated immediately with another token,
	// once per call.
	Attempts int
	// BaseDelay is the upper bound of the first delay. Each delay is random between 0 and a bound that doubles every time
	// (exponential backoff with full jitter). The default is 1 s.
	BaseDelay time.Duration
	// MaxDelay is the highest bound of a delay. The default is 20 s.
	MaxDelay time.Duration
	// MaxThrottled is how long a run of [Client.DeleteTasks] continues while the service throttles every request;
	// throttled requests do not count as attempts there. The default is 2 minutes.
	MaxThrottled time.Duration
	// MaxRetryAfter limits the delay that the server asks for with Retry-After (RFC 9110 section 10.2.3), which replaces
	// the random delay. The default is 60 s.
	MaxRetryAfter time.Duration
}

func (p RetryPolicy) withDefaults() RetryPolicy {
	return RetryPolicy{
		Attempts:      cmp.Or(p.Attempts, 4),
		BaseDelay:     cmp.Or(p.BaseDelay, time.Second),
		MaxDelay:      cmp.Or(p.MaxDelay, 20*time.Second),
		MaxThrottled:  cmp.Or(p.MaxThrottled, 2*time.Minute),
		MaxRetryAfter: cmp.Or(p.MaxRetryAfter, time.Minute),
	}
}

func (p RetryPolicy) validate() error {
	durations := []time.Duration{p.BaseDelay, p.MaxDelay, p.MaxThrottled, p.MaxRetryAfter, time.Duration(p.Attempts)}
	for _, d := range durations {
		if d < 0 || d > 24*time.Hour {
			return &InvalidError{Parameter: "retry policy", Value: fmt.Sprintf("%+v", p), Expected: "from 0 to 24 hours each"}
		}
	}
	return nil
}

// asked returns how long an answer asks to wait, as far as the policy follows it; 0 if it does not ask.
func (p RetryPolicy) asked(answer *APIError) time.Duration {
	if answer == nil {
		return 0
	}
	return min(answer.RetryAfter, p.MaxRetryAfter)
}

// delay returns the time before the next attempt, after so many.
func (p RetryPolicy) delay(attempts int, answer *APIError) time.Duration {
	if asked := p.asked(answer); asked > 0 {
		return asked
	}
	bound := p.MaxDelay
	if doublings := attempts - 1; doublings < 32 && p.BaseDelay < bound>>doublings {
		bound = p.BaseDelay << doublings
	}
	return rand.N(bound + 1) //nolint:gosec // G404: jitter is no secret
}

// retry repeats a request as the policy of its call says. The answer of the last attempt is returned as it came.
type retry struct {
	next      handler
	source    TokenSource // which can be asked for another token, or nil
	signed    bool
	logger    *slog.Logger
	onAttempt func(Attempt)
}

func (l retry) send(req *http.Request, r *record) (resp *http.Response, err error) {
	ctx := req.Context()
	for {
		if r.run != nil {
			if r.run.pacer.Wait(ctx) != nil {
				return nil, stopped(ctx)
			}
			if why := context.Cause(r.run.feeding); why != nil && ctx.Err() == nil {
				if r.attempts > 0 && noCredentials(why) != nil {
					r.last = fmt.Errorf("%w; the previous answer: %w", why, r.last)
				}
				return resp, cmp.Or(err, why)
			}
		}
		r.answer, r.written = nil, false
		started := time.Now()
		resp, err = l.next.send(req, r)
		took := time.Since(started)
		r.note(ctx, err)
		delay, again := l.decide(ctx, r)
		if r.run != nil {
			delay, again = l.pace(r, started, delay, again)
		}
		l.report(ctx, r, took, delay, again)
		if !again {
			return resp, err
		}
		if pace.Sleep(ctx, delay) != nil {
			return nil, stopped(ctx)
		}
	}
}

// decide reports whether there is to be another attempt, and after what time.
func (l retry) decide(ctx context.Context, r *record) (delay time.Duration, again bool) {
	switch {
	case r.last == nil, ctx.Err() != nil:
		return 0, false
	case r.answer != nil && r.answer.StatusCode == http.StatusUnauthorized && l.source != nil && r.refused == "":
		r.refused = r.token
		if source, ok := l.source.(TokenInvalidator); ok {
			source.InvalidateToken(r.token)
		}
		return 0, true
	case r.answer != nil && r.answer.StatusCode == http.StatusUnauthorized && l.signed:
		return 0, false // even if it was cut off
	case r.counted() >= r.call.retry.Attempts, !mayPass(r.last):
		return 0, false
	}
	return r.call.retry.delay(r.counted(), r.answer), true
}

var errOver = &refusedError{
	errors.New("the service throttles all requests, and has served none for too long"), ErrThrottled,
}

// pace tells the pacer of a run about an answer, and decides anew about one that was throttled: it uses no attempt.
func (l retry) pace(r *record, sent time.Time, delay time.Duration, again bool) (time.Duration, bool) {
	switch {
	case r.last != nil && r.answer == nil:
		r.run.pacer.Failed()
		return delay, again
	case r.answer == nil, !r.answer.Is(ErrThrottled), r.answer.StatusCode == http.StatusUnauthorized:
		r.run.pacer.Served()
		return delay, again
	}
	r.throttled++
	policy := r.call.retry
	held, quiet := r.run.pacer.Throttled(sent, policy.asked(r.answer), min(policy.BaseDelay, policy.MaxDelay))
	if quiet > policy.MaxThrottled {
		r.run.stop(errOver)
		return 0, false
	}
	if held {
		return 0, true
	}
	return policy.delay(r.throttled, r.answer), true
}

// mayPass reports whether what an attempt came to may be another thing next time. What was refused before it was sent
// stays so, as do a name and a certificate: the resolver that says so has asked the authority.
func mayPass(err error) bool {
	var (
		answer      *APIError
		refused     *refusedError
		certificate *tls.CertificateVerificationError
		dns         *net.DNSError
		plain       tls.RecordHeaderError // the server does not speak TLS
	)
	switch {
	case errors.As(err, &refused): // first: the answer before it is kept along
		return refused.meaning == ErrUnavailable || refused.meaning == ErrThrottled //nolint:errorlint // sentinels
	case errors.As(err, &answer):
		return answer.mayPass()
	}
	return !errors.As(err, &certificate) && !errors.As(err, &plain) && (!errors.As(err, &dns) || !dns.IsNotFound)
}
