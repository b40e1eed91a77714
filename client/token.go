package client

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// A TokenSource returns a project-scoped IAM token. It is called for every attempt, by many goroutines, and so should
// keep its token: see [CachedTokenSource].
//
// When the service refuses a token with 401, the source is called once more in the same call, with a context from which
// [RefusedToken] returns the token that was refused.
type TokenSource func(ctx context.Context) (token string, err error)

type refusedKey struct{}

func withRefusedToken(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, refusedKey{}, token)
}

// RefusedToken returns the token that the service has just refused, or "" if a [TokenSource] is called for another
// reason.
func RefusedToken(ctx context.Context) string {
	token, _ := ctx.Value(refusedKey{}).(string)
	return token
}

// A Token is a token and the end of its validity.
type Token struct {
	Value   string
	Expires time.Time // zero: not known
}

// A token is renewed this long before it expires, so that it does not expire on its way; one that is short-lived, a
// tenth of its life before.
const renewalMargin = 5 * time.Minute

// CachedTokenSource makes a [TokenSource] of a function that logs in, and of a token to begin with, which may be zero.
// A token is kept until five minutes before it expires or until the service refuses it; then login is called once,
// however many goroutines wait for it. A login does not end with the context of the caller who began it, since others
// wait for it too, but after [DefaultTimeout]. If it fails while the old token is still valid, the old one is returned.
func CachedTokenSource(initial Token, login func(ctx context.Context) (Token, error)) TokenSource {
	if login == nil {
		return func(context.Context) (string, error) {
			return "", &InvalidError{Parameter: "login", Value: "nil", Expected: "a function"}
		}
	}
	c := &tokenCache{login: login}
	c.set(initial)
	return c.token
}

type tokenCache struct {
	login  func(ctx context.Context) (Token, error)
	flight singleflight.Group

	mu      sync.Mutex
	current Token
	margin  time.Duration // how long before its end the current token is renewed
}

func (c *tokenCache) set(token Token) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current = token
	c.margin = min(renewalMargin, time.Until(token.Expires)/10)
}

func (c *tokenCache) token(ctx context.Context) (string, error) {
	refused := RefusedToken(ctx)
	if token, margin := c.get(); usable(token, refused, margin) {
		return token.Value, nil
	}
	renewed := c.flight.DoChan("", func() (any, error) {
		// Whoever comes late finds what the flight before has brought.
		if token, margin := c.get(); usable(token, refused, margin) {
			return token, nil
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), DefaultTimeout)
		defer cancel()
		token, err := c.login(ctx)
		if err != nil {
			return nil, err
		}
		c.set(token)
		return token, nil
	})
	select {
	case <-ctx.Done():
		return "", stopped(ctx)
	case result := <-renewed:
		if token, ok := result.Val.(Token); ok {
			return token.Value, nil
		}
		if token, _ := c.get(); usable(token, refused, 0) {
			return token.Value, nil
		}
		return "", result.Err
	}
}

func (c *tokenCache) get() (Token, time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current, c.margin
}

func usable(t Token, refused string, margin time.Duration) bool {
	return t.Value != "" && t.Value != refused && (t.Expires.IsZero() || time.Until(t.Expires) > margin)
}

// credentialsError says that there are no credentials to send.
type credentialsError struct{ err error }

func (e *credentialsError) Error() string {
	return fmt.Sprintf("no credentials: %v", e.err)
}
func (e *credentialsError) Unwrap() error { return e.err }

// setToken puts the token of a source on a request.
func (source TokenSource) setToken(req *http.Request) error {
	token, err := source(req.Context())
	if err == nil {
		err = checkToken(token)
	}
	if err != nil {
		return &credentialsError{err}
	}
	req.Header.Set(tokenHeader, token)
	return nil
}
