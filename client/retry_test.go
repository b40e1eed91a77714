package client_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

// A step is what one attempt comes to.
type step func(*http.Request) (*http.Response, error)

// script plays one step after the other, and the last one for ever.
type script struct {
	steps    []step
	mu       sync.Mutex
	requests []*http.Request
	times    []time.Time
}

func play(steps ...step) *script { return &script{steps: steps} }

func (s *script) Do(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	next := s.steps[min(len(s.times), len(s.steps)-1)]
	s.requests, s.times = append(s.requests, req), append(s.times, time.Now())
	s.mu.Unlock()
	return next(req)
}

// delays returns the time between the attempts.
func (s *script) delays() (between []time.Duration) {
	for i := 1; i < len(s.times); i++ {
		between = append(between, s.times[i].Sub(s.times[i-1]))
	}
	return between
}

func status(code int, body string, header ...string) step {
	return func(*http.Request) (*http.Response, error) {
		resp := answer(code, body)
		for i := 0; i < len(header); i += 2 {
			resp.Header.Set(header[i], header[i+1])
		}
		return resp, nil
	}
}

func fails(err error) step {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// cutOff answers with a body that ends before its end.
func cutOff(code int) step {
	return func(req *http.Request) (*http.Response, error) {
		resp, err := status(code, "")(req)
		resp.Body = io.NopCloser(failing(`{"error_code":"DMS.00`, io.ErrUnexpectedEOF))
		return resp, err
	}
}

func apiError(code string) string { return `{"error_code":"` + code + `","error_msg":"m"}` }

var (
	deleted  = status(http.StatusNoContent, "")
	notFound = status(http.StatusNotFound, apiError("DMS.00404001"))
	down     = status(http.StatusServiceUnavailable, apiError("DMS.111501025"))
	busy     = status(http.StatusTooManyRequests, apiError("APIG.0308"))
	refused  = fails(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED})
	reset    = fails(&net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET})
	hangs    = step(func(req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, req.Context().Err()
	})
)

// TestRetried: what is tried again, and what is not. TestCutAnswers has more of what is.
func TestRetried(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		first step // before a 204
		is    error
	}{
		"408":                      {status(408, apiError("DMS.111501024")), nil},
		"429":                      {busy, nil},
		"500":                      {status(500, apiError("DMS.00500000")), nil},
		"502 of a proxy":           {status(502, "<html>"), nil},
		"503":                      {down, nil},
		"504":                      {status(504, apiError("APIG.0203")), nil},
		"attempt took too long":    {hangs, nil},
		"400":                      {status(400, apiError("DMS.00400070")), client.ErrInvalid},
		"401":                      {status(401, apiError("APIG.0301")), client.ErrUnauthorized},
		"401 that is cut off":      {cutOff(401), nil},
		"401, flow control":        {status(401, apiError("APIG.0308")), client.ErrThrottled},
		"404":                      {notFound, client.ErrNotFound},
		"501":                      {status(501, apiError("DMS.111501026")), client.ErrUnavailable},
		"503 with a code of a 404": {status(503, apiError("DMS.00404022")), client.ErrInstanceNotFound},
		"421":                      {status(421, ""), client.ErrWrongEndpoint},
		"421 with Retry-After":     {status(421, "", "Retry-After", "0"), nil},
		"421 that is cut off":      {cutOff(421), nil},
		"425 with Retry-After":     {status(425, "", "Retry-After", "2"), nil},
		"519 with Retry-After":     {status(519, "", "Retry-After", "2"), client.ErrUnavailable},
		"520":                      {status(520, ""), client.ErrUnavailable},
		"520 with Retry-After":     {status(520, "", "Retry-After", "2"), nil},
		"599 with Retry-After":     {status(599, "", "Retry-After", "2"), nil},
		"name that does not exist": {fails(&net.DNSError{UnwrapErr: errAny, IsNotFound: true}), errAny},
		"name server fails":        {fails(&net.DNSError{Err: "server misbehaving", IsTemporary: true}), nil},
		"no TLS":                   {fails(tls.RecordHeaderError{Msg: "m"}), tls.RecordHeaderError{Msg: "m"}},
		"certificate not trusted":  {fails(&tls.CertificateVerificationError{Err: errAny}), errAny},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				wire := play(tc.first, deleted)
				c := newClient(t, remote, usual, client.WithToken(token), client.WithHTTPClient(wire))
				require.ErrorIs(t, c.DeleteTask(t.Context(), task), tc.is)
				assert.Len(t, wire.times, map[bool]int{true: 2, false: 1}[tc.is == nil])
			})
		})
	}
}

// errAny stands for an error that has no meaning of its own.
var errAny = errors.New("any error")

// TestDelays: exponential backoff with full jitter, or what the server asks for.
func TestDelays(t *testing.T) {
	t.Parallel()
	soon := func(req *http.Request) (*http.Response, error) {
		return status(503, "", "Retry-After", time.Now().Add(7*time.Second).UTC().Format(http.TimeFormat))(req)
	}
	const s, m = time.Second, time.Minute
	for name, tc := range map[string]struct {
		policy client.RetryPolicy
		answer step
		want   []time.Duration
		random bool // between 0 and these
	}{
		"default": {client.RetryPolicy{}, down, []time.Duration{s, 2 * s, 4 * s}, true},
		"bounded": {
			client.RetryPolicy{Attempts: 6, BaseDelay: m, MaxDelay: 3 * m}, down,
			[]time.Duration{m, 2 * m, 3 * m, 3 * m, 3 * m}, true,
		},
		"off": {client.RetryPolicy{Attempts: 1}, down, nil, false},
		"Retry-After in seconds": {
			client.RetryPolicy{Attempts: 3}, status(429, "", "Retry-After", "5"), []time.Duration{5 * s, 5 * s}, false,
		},
		"Retry-After as a date": {client.RetryPolicy{Attempts: 2}, soon, []time.Duration{7 * s}, false},
		"Retry-After of an hour": {
			client.RetryPolicy{Attempts: 2}, status(503, "", "Retry-After", "3600"), []time.Duration{m}, false,
		},
		"Retry-After bounded by the caller": {
			client.RetryPolicy{Attempts: 2, MaxRetryAfter: s}, status(503, "", "Retry-After", "3600"), []time.Duration{s}, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				shortest, longest := time.Hour, time.Duration(0)
				for range 300 { // many clients that fail at once do not come back at once
					wire := play(tc.answer)
					c := newClient(t, remote, client.WithHTTPClient(wire), client.WithRetry(tc.policy))
					require.ErrorAs(t, c.DeleteTask(t.Context(), task), new(*client.APIError))
					got := wire.delays()
					if !tc.random {
						require.Equal(t, tc.want, got)
						continue
					}
					require.Len(t, got, len(tc.want))
					for i := range got {
						assert.LessOrEqual(t, got[i], tc.want[i])
					}
					shortest, longest = min(shortest, got[0]), max(longest, got[0])
				}
				if tc.random {
					assert.Less(t, shortest, tc.want[0]/10, "full jitter draws from 0 on")
					assert.Greater(t, longest, tc.want[0]*9/10)
				}
			})
		})
	}
}

// TestStopped: the end of the context ends a call at once, wherever it is, and the error says all there is to say.
func TestStopped(t *testing.T) {
	t.Parallel()
	cause := errors.New("shutting down")
	later := status(503, apiError("DMS.111501025"), "Retry-After", "30")
	for name, tc := range map[string]struct {
		steps  []step
		within time.Duration
		cancel bool // instead of a deadline
		is     []error
		says   string
	}{
		"canceled in a backoff": {
			[]step{later}, time.Second, true, []error{context.Canceled, cause, client.ErrUnavailable}, "stopped after 1 attempt",
		},
		"expired in a backoff": {
			[]step{down, later}, 10 * time.Second, false,
			[]error{context.DeadlineExceeded, cause, client.ErrUnavailable}, "stopped after 2 attempts",
		},
		"expired while the server hangs": {
			[]step{down, hangs}, 10 * time.Second, false,
			[]error{context.DeadlineExceeded, cause, client.ErrUnavailable}, "after 2 attempts",
		},
		"attempts used up": {[]step{down}, 7 * time.Second, false, []error{client.ErrUnavailable}, "after 4 attempts"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newClient(t, remote, usual, client.WithHTTPClient(play(tc.steps...)))
				ctx, stop := context.WithTimeoutCause(t.Context(), tc.within, cause)
				defer stop()
				if tc.cancel {
					canceled, cancel := context.WithCancelCause(t.Context())
					time.AfterFunc(tc.within, func() { cancel(cause) })
					ctx = canceled
				}
				started := time.Now()
				err := c.DeleteTask(ctx, task)
				assert.LessOrEqual(t, time.Since(started), tc.within)
				for _, is := range tc.is {
					require.ErrorIs(t, err, is)
				}
				require.ErrorContains(t, err, tc.says)
				require.ErrorContains(t, err, "DMS.111501025")
			})
		})
	}
}

// TestRefusedIsFinal: what keeps an attempt from being sent is not tried again, whatever came before.
func TestRefusedIsFinal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked, wire := 0, play(down)
		c := newClient(t, remote, usual, client.WithHTTPClient(wire), client.WithSigner(func(*http.Request) error {
			asked++
			return map[int]error{2: errAny}[asked]
		}))
		require.EqualError(t, c.DeleteTask(t.Context(), task), "dms: delete "+task.String()+": after 2 attempts: "+
			`no credentials: any error; the previous answer: server answered 503 Service Unavailable, code "DMS.111501025", `+
			`message "m": unavailable; try again later`)
		assert.Len(t, wire.times, 1)
	})
}

// TestAttemptsAreApart: nothing that was done to the request of an attempt is left for the next, be it a header field,
// where a signature would be wrong, or a host that a transport has put in.
func TestAttemptsAreApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var signatures []string
		c := newClient(t, remote, usual,
			client.WithHTTPClient(doer(func(req *http.Request) (*http.Response, error) {
				signatures = append(signatures, req.Header.Get("Authorization"))
				req.URL.Host = "backend"
				return down(req)
			})),
			client.WithSigner(func(req *http.Request) error {
				assert.NotContains(t, req.Header, "Authorization")
				req.Header.Set("Authorization", "signed at "+time.Now().String())
				return nil
			}))
		require.ErrorIs(t, c.DeleteTask(t.Context(), task), client.ErrUnavailable)
		assert.Len(t, slices.Compact(signatures), 4)
	})
}
