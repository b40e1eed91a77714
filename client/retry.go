package client

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// A RetryPolicy says how often, and after what time, a call is tried again. A field that is 0 has its default.
//
// Tried again are connection errors, attempts that took too long, and the answers 408, 429, 500, 502, 503, 504 and the
// code DMS.10240407: DELETE is idempotent (RFC 9110 section 9.2.2). Nothing else is, least of all a wrong signature:
// more than five of them in a row lock an access key.
type RetryPolicy struct {
	// Attempts is how many there are at the most, the first one included. 1 switches retries off. The default is 4.
	// One whose token was refused does not count if a [TokenSource] gave it: it is repeated once a call, at once, with
	// a fresh token.
	Attempts int
	// BaseDelay bounds the first delay: each is drawn at random between 0 and a bound that doubles from one to the
	// next (exponential backoff with full jitter). The default is 1 s.
	BaseDelay time.Duration
	// MaxDelay is the highest bound of a delay. The default is 20 s.
	MaxDelay time.Duration
	// MaxRetryAfter is the longest that the server's Retry-After (RFC 9110 section 10.2.3) is followed; what it asks
	// for takes the place of the random delay. The default is 60 s.
	MaxRetryAfter time.Duration
}

func (p RetryPolicy) withDefaults() RetryPolicy {
	return RetryPolicy{
		Attempts:      cmp.Or(p.Attempts, 4),
		BaseDelay:     cmp.Or(p.BaseDelay, time.Second),
		MaxDelay:      cmp.Or(p.MaxDelay, 20*time.Second),
		MaxRetryAfter: cmp.Or(p.MaxRetryAfter, time.Minute),
	}
}

func (p RetryPolicy) validate() error {
	if p.Attempts < 0 || p.BaseDelay < 0 || p.MaxDelay < 0 || p.MaxRetryAfter < 0 {
		return &InvalidError{Parameter: "retry policy", Value: fmt.Sprintf("%+v", p), Expected: "no negative field"}
	}
	return nil
}

// asked returns how long an answer asks to wait, as far as the policy follows it; 0 if it does not ask.
func (p RetryPolicy) asked(answer *APIError) time.Duration {
	return min(answer.RetryAfter, p.MaxRetryAfter)
}

// delays draws from 0 to the bound: the library goes the same way up as down from its interval.
func (p RetryPolicy) delays() backoff.BackOff {
	return &backoff.ExponentialBackOff{
		InitialInterval: p.BaseDelay / 2, RandomizationFactor: 1, Multiplier: 2, MaxInterval: p.MaxDelay / 2,
	}
}

// retry repeats a request as its policy says.
type retry struct {
	next   HttpRequestDoer
	policy RetryPolicy
	renews bool // there is a token source, which can be asked for a fresh token
	log    attemptLog
}

// do sends the request until an answer is final, and keeps track of that in c. The answer of the last attempt is
// returned as it came.
func (r *retry) do(req *http.Request, c *call) (*http.Response, error) {
	ctx := req.Context()
	resp, err := r.try(ctx, req, c)
	again, reason := r.again(ctx, c)
	if !again { // nearly always, and then package backoff is not needed
		return resp, err
	}
	first := true
	return backoff.Retry(ctx, func() (*http.Response, error) {
		if !first {
			resp, err = r.try(ctx, req, c)
			again, reason = r.again(ctx, c)
		}
		first = false
		switch {
		case again:
			return resp, reason
		case err != nil:
			return nil, backoff.Permanent(err)
		}
		return resp, nil
	},
		backoff.WithBackOff(r.policy.delays()),
		backoff.WithMaxElapsedTime(0), // the context and the number of attempts are the bounds
		backoff.WithNotify(func(_ error, delay time.Duration) {
			r.log.retry(ctx, req, c, delay)
		}))
}

// try makes one attempt, and one more with a fresh token if the first one's is refused.
func (r *retry) try(ctx context.Context, req *http.Request, c *call) (*http.Response, error) {
	resp, err := r.send(ctx, req, c)
	if err == nil && resp.StatusCode == http.StatusUnauthorized && r.renews && !c.renewed {
		c.renewed = true
		req = req.WithContext(withRefusedToken(ctx, resp.Request.Header.Get(tokenHeader)))
		resp, err = r.send(ctx, req, c)
	}
	return resp, err
}

func (r *retry) send(ctx context.Context, req *http.Request, c *call) (*http.Response, error) {
	if err := c.brake.wait(ctx); err != nil {
		return nil, err
	}
	if mayHaveReached(c.last) {
		c.reached = true
	}
	started := time.Now()
	resp, err := r.next.Do(req)
	c.note(ctx, resp, err)
	c.brake.throttled(c.last, r.policy)
	r.log.attempt(ctx, req, c, time.Since(started))
	return resp, err
}

// again reports whether there is to be another attempt. The error is the reason, as package backoff wants it.
func (r *retry) again(ctx context.Context, c *call) (again bool, reason error) {
	var answer *APIError
	switch {
	case c.last == nil, ctx.Err() != nil, c.counted() >= r.policy.Attempts:
		return false, c.last
	case !errors.As(c.last, &answer):
		return connectionFailed(c.last), c.last
	case answer.RetryAfter > 0:
		return answer.passing(), &backoff.RetryAfterError{Duration: r.policy.asked(answer)}
	}
	return answer.passing(), c.last
}

// passing reports whether an answer is one that may pass.
func (e *APIError) passing() bool {
	switch e.StatusCode {
	case http.StatusTooManyRequests, http.StatusNotFound: // flow control comes as a 404, too
		return e.Is(ErrThrottled)
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return e.Is(ErrUnavailable) || e.Is(ErrThrottled)
	}
	return false
}

// connectionFailed reports whether err is about the way to the server. What this package or the caller's credentials
// refused is not, and a certificate that is not trusted stays so.
func connectionFailed(err error) bool {
	var (
		invalid     *InvalidError
		credentials *credentialsError
		certificate *tls.CertificateVerificationError
	)
	return !errors.As(err, &invalid) && !errors.As(err, &credentials) && !errors.As(err, &certificate)
}

// mayHaveReached reports whether the service may have acted on an attempt that came to err. It has not where there was
// no connection, and not where the request was turned away.
func mayHaveReached(err error) bool {
	var dial *net.OpError
	switch {
	case err == nil, errors.As(err, &dial) && dial.Op == "dial":
		return false
	case errors.Is(err, ErrThrottled), errors.Is(err, ErrUnauthorized):
		return false
	}
	return true
}
