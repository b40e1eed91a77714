package client

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// WithToken sets the project-scoped IAM token that is sent as X-Auth-Token. It is valid for 24 hours; a program that
// runs longer wants [WithTokenSource]. Of several options with credentials the last one counts.
func WithToken(token string) ClientOption {
	return option(func(s *settings) error {
		if err := checkToken(token); err != nil {
			return err
		}
		s.sign, s.renews = TokenSource(func(context.Context) (string, error) { return token, nil }).setToken, false
		return nil
	})
}

// WithTokenSource sets where the IAM token of every attempt comes from. When the service refuses one, the source is
// asked once for a fresh token and the call is tried once more, whatever [RetryPolicy] says.
func WithTokenSource(source TokenSource) ClientOption {
	return option(func(s *settings) error {
		if source == nil {
			return &InvalidError{Parameter: "token source", Value: "nil", Expected: "a function"}
		}
		s.sign, s.renews = source.setToken, true
		return nil
	})
}

// WithSigner has sign put the credentials on the request of every attempt, for example a signature by access key and
// secret key, which has a date. Whatever is set on the request after it is not signed. A request that is refused is not
// signed again in the same call: more than five wrong signatures in a row lock an access key.
func WithSigner(sign func(*http.Request) error) ClientOption {
	return option(func(s *settings) error {
		if sign == nil {
			return &InvalidError{Parameter: "signer", Value: "nil", Expected: "a function"}
		}
		s.sign, s.renews = func(req *http.Request) error {
			if err := sign(req); err != nil {
				return &credentialsError{err}
			}
			return nil
		}, false
		return nil
	})
}

// WithRetry sets how a call is tried again. The default is that of a zero [RetryPolicy]; RetryPolicy{Attempts: 1}
// switches retries off.
func WithRetry(policy RetryPolicy) ClientOption {
	return option(func(s *settings) error {
		s.retry = policy.withDefaults()
		return policy.validate()
	})
}

// WithNotFoundAsSuccess has DeleteTask return nil also when the service says from the first that there is no such task
// or instance: for programs that want a record to be gone and do not care who deleted it.
func WithNotFoundAsSuccess() ClientOption {
	return option(func(s *settings) error {
		s.notFoundAsSuccess = true
		return nil
	})
}

// WithLogger has every attempt logged at level debug and every retry at level warn. No credential is logged. The
// default is to log nothing.
func WithLogger(logger *slog.Logger) ClientOption {
	return option(func(s *settings) error {
		s.logger = logger
		return nil
	})
}

// WithTimeout sets how long an attempt may take, from the connection to the last byte of the answer. The default is
// [DefaultTimeout]; 0 leaves it to the context of the call.
func WithTimeout(d time.Duration) ClientOption {
	return option(func(s *settings) error {
		if d < 0 {
			return &InvalidError{Parameter: "timeout", Value: d.String(), Expected: "0 or more"}
		}
		s.timeout = d
		return nil
	})
}

// WithInsecureHTTP lets credentials leave over plain http to hosts other than loopback, where anybody on the way can
// read and use them.
func WithInsecureHTTP() ClientOption {
	return option(func(s *settings) error {
		s.insecureHTTP = true
		return nil
	})
}
