package client

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/dmstask/dmstask/client/raw"
)

// DefaultTimeout is how long an attempt may take, from connecting to the last byte of the answer.
const DefaultTimeout = 30 * time.Second

// An Option configures a client, for [New]. If several set the same thing, the last one applies.
type Option interface{ apply(s *settings) error }

// A TasksOption configures one run of [Client.DeleteTasks].
type TasksOption interface{ applyTasks(s *tasksSettings) error }

// A CallOption configures one call of [Client.DeleteTask]. Passed to [Client.DeleteTasks] or [New], it applies to all
// calls.
type CallOption interface {
	Option
	TasksOption
	applyCall(s *callSettings) error
}

// settings is what the options of New set.
type settings struct {
	call         callSettings
	authorize    func(req *http.Request, r *record) error // puts the credentials on a request; nil for none
	source       TokenSource                              // where authorize has its token from, or nil
	signed       bool                                     // authorize signs
	editors      []RequestEditorFn
	doer         Doer // what the caller brought along, or nil
	userAgent    string
	insecureHTTP bool
	logger       *slog.Logger
	onAttempt    func(Attempt)
}

// callSettings can be set for a single call.
type callSettings struct {
	timeout           time.Duration // of an attempt; 0 for none
	retry             RetryPolicy
	notFoundAsSuccess bool
}

// each applies options in turn.
func each[O any](opts []O, apply func(O) error) error {
	for _, opt := range opts {
		if err := apply(opt); err != nil {
			return err
		}
	}
	return nil
}

type option func(s *settings) error

func (set option) apply(s *settings) error { return set(s) }

// plainOption is an option that cannot be wrong.
type plainOption func(s *settings)

func (set plainOption) apply(s *settings) error {
	set(s)
	return nil
}

type callOption func(s *callSettings) error

func (set callOption) apply(s *settings) error           { return set(&s.call) }
func (set callOption) applyTasks(s *tasksSettings) error { return set(&s.call) }
func (set callOption) applyCall(s *callSettings) error   { return set(s) }

// WithTimeout sets how long an attempt may take, from connecting to the last byte of the answer. The default is
// [DefaultTimeout]; with 0, only the context of the call limits it.
func WithTimeout(d time.Duration) CallOption {
	return callOption(func(s *callSettings) error {
		s.timeout = d
		if d < 0 {
			return &InvalidError{Parameter: "timeout", Value: d.String(), Expected: "0 or more"}
		}
		return nil
	})
}

// WithRetry sets how a call is retried. The default is the zero [RetryPolicy]; RetryPolicy{Attempts: 1} turns retries
// off.
func WithRetry(policy RetryPolicy) CallOption {
	return callOption(func(s *callSettings) error {
		s.retry = policy.withDefaults()
		return policy.validate()
	})
}

// WithNotFoundAsSuccess makes DeleteTask return nil even if the first answer is that there is no such task (404 with
// code DMS.00404001). It is for programs that do not care who deleted a record.
func WithNotFoundAsSuccess() CallOption {
	return callOption(func(s *callSettings) error {
		s.notFoundAsSuccess = true
		return nil
	})
}

// WithToken sets the project-scoped IAM token that is sent as X-Auth-Token. IAM tokens are valid for 24 hours; programs
// that run longer should use [WithTokenSource]. If several options set credentials, the last one applies.
func WithToken(token string) Option {
	return option(func(s *settings) error {
		s.authorize, s.source, s.signed = setToken(fixedToken(token)), nil, false
		return checkToken(token)
	})
}

// WithTokenSource sets the source of the IAM token for every attempt. If the service refuses a token, the source is
// asked once for another and the call is retried once, regardless of the [RetryPolicy]: see [TokenInvalidator].
func WithTokenSource(source TokenSource) Option {
	return plainOption(func(s *settings) { s.authorize, s.source, s.signed = setToken(source), source, false })
}

// WithSigner sets a function that adds credentials to the request of every attempt, for example a signature by access
// key and secret key, which includes the date. More than five wrong signatures in a row lock an access key. Therefore
// requests are sent one at a time until a first signature is accepted, a call is not retried after a refused signature,
// and after two refusals in a row the client signs nothing more; create a new one. Requests already in progress are the
// only exception.
func WithSigner(sign func(*http.Request) error) Option {
	return plainOption(func(s *settings) {
		s.authorize, s.source, s.signed = func(req *http.Request, _ *record) error { return sign(req) }, nil, true
	})
}

// A RequestEditorFn changes a request before it is sent, for example to add a header field.
type RequestEditorFn = raw.RequestEditorFn

// WithRequestEditorFn sets a function that edits every request, once per call and before the credentials are added.
// Editors run in the given order. If one changes method, URL or host, the request is not sent.
func WithRequestEditorFn(edit RequestEditorFn) Option {
	return plainOption(func(s *settings) { s.editors = append(s.editors, edit) })
}

// A Doer sends a request, as [*http.Client] does.
type Doer interface {
	Do(req *http.Request) (*http.Response, error)
}

// WithHTTPClient sets what sends the requests. If it is an [*http.Client], its Transport is used; its Timeout limits an
// attempt if it is shorter than that of [WithTimeout]; with a Jar, requests go through its Do method, which keeps
// cookies. CheckRedirect is ignored: no redirect is followed. It replaces [WithTransport].
//
// Any other Doer must not follow redirects either. If it reports through net/http/httptrace when a request was written,
// as http.Client does, a lost answer can be recognized.
func WithHTTPClient(doer Doer) Option {
	return plainOption(func(s *settings) { s.doer = doer })
}

// WithTransport sets the transport of the requests. By default, all clients share one: that of package http, with more
// idle connections and a limit on the header section of answers. It replaces [WithHTTPClient].
func WithTransport(transport http.RoundTripper) Option {
	return plainOption(func(s *settings) {
		if s.doer = nil; transport != nil {
			s.doer = &http.Client{Transport: transport}
		}
	})
}

// WithUserAgent sets the User-Agent field (RFC 9110 section 10.1.5), for example "cleaner/7". The default is "dmstask/"
// and [Version].
func WithUserAgent(value string) Option {
	return option(func(s *settings) error {
		s.userAgent = value
		if value == "" || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r >= 0x7f }) {
			return &InvalidError{Parameter: "user agent", Value: value, Expected: "one or more printable ASCII characters"}
		}
		return nil
	})
}

// WithLogger logs every attempt at level debug and every retry at level warn. Credentials are redacted. By default
// nothing is logged.
func WithLogger(logger *slog.Logger) Option {
	return plainOption(func(s *settings) { s.logger = logger })
}

// WithOnAttempt sets a function that is called after every attempt, by the goroutine that made it, for example for
// metrics. It should return quickly.
func WithOnAttempt(f func(Attempt)) Option {
	return plainOption(func(s *settings) { s.onAttempt = f })
}

// WithInsecureHTTP allows sending credentials over plain HTTP to hosts other than loopback. Anybody on the network path
// can read and use them.
func WithInsecureHTTP() Option {
	return plainOption(func(s *settings) { s.insecureHTTP = true })
}
