package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/dmstask/dmstask/internal/caught"
	"github.com/dmstask/dmstask/internal/pace"
)

// A Token is a project-scoped IAM token and the end of its validity.
type Token struct {
	Value   string
	Expires time.Time // zero: not known
}

// String returns when the token expires, but not its value.
func (t Token) String() string {
	if t.Expires.IsZero() {
		return "a token"
	}
	return "a token that expires at " + t.Expires.UTC().Format(time.RFC3339)
}

// GoString is String, so that the value stays out of %#v too.
func (t Token) GoString() string { return t.String() }

// LogValue implements [slog.LogValuer], without the value.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }

func (t Token) validate() error {
	if err := checkToken(t.Value); err != nil {
		return err
	}
	if t.expired(0) {
		return fmt.Errorf("the token expired at %v; is the clock right?", t.Expires.UTC().Format(time.RFC3339))
	}
	return nil
}

func (t Token) expired(margin time.Duration) bool {
	return !t.Expires.IsZero() && time.Until(t.Expires) <= margin
}

// A TokenSource returns a token. It is called for every attempt, concurrently, and should therefore cache its token:
// see [CachedTokenSource].
type TokenSource interface {
	Token(ctx context.Context) (Token, error)
}

// A TokenInvalidator is a [TokenSource] that is told when the service refuses a token (401), before it is asked for
// another one. It should then return a different token.
type TokenInvalidator interface {
	TokenSource
	InvalidateToken(token string)
}

// A TokenSourceFunc is a function used as a [TokenSource].
type TokenSourceFunc func(ctx context.Context) (Token, error)

// Token calls the function.
func (f TokenSourceFunc) Token(ctx context.Context) (Token, error) { return f(ctx) }

type fixedToken string

func (t fixedToken) Token(context.Context) (Token, error) { return Token{Value: string(t)}, nil }

var errSameToken = errors.New("the service refuses the token, and the source has no other")

// A token is renewed this long before it expires, so that it does not expire on its way; one that is short-lived, a
// tenth of its life before.
const renewalMargin = 5 * time.Minute

// CachedTokenSource makes a [TokenInvalidator] from a source that logs in and an initial token, which may be zero. A
// token is cached until five minutes before it expires, or until the service refuses it. Then login is called once,
// however many goroutines wait for it, and even if some of them give up. While the old token is valid, a failed login
// has no effect.
//
// A login is retried with backoff, for [DefaultTimeout] in total, after [ErrUnavailable], [ErrThrottled], a network
// error, or 10 s without an answer. The next login starts at least 5 s later, and all callers wait for it. Any other
// error means that the credentials are refused, and so does an empty or expired token. A refused login is not retried,
// because a few of them lock a user; all callers get its error for 30 s.
func CachedTokenSource(initial Token, login TokenSource) TokenInvalidator {
	return &tokenCache{login: login, current: initial, issued: time.Now()}
}

const (
	loginTry   = 10 * time.Second // for one try of a login
	loginPause = 5 * time.Second  // after a login that failed
	loginLock  = 30 * time.Second // after one that was refused
)

type tokenCache struct {
	login TokenSource

	mu      sync.Mutex
	current Token
	flight  *flight   // the login that is under way, or nil
	pause   time.Time // until when there is no other login
	refusal error     // of the last login, during the pause
	issued  time.Time // when the current token came
	fresh   int       // how many tokens in a row were refused soon after that
}

// A flight is one login, which others than its caller may wait for.
type flight struct {
	done     chan struct{}
	token    Token
	err      error // of the last try, also while others wait
	panicked *caught.PanicError
}

// valid reports whether the current token can still be used, be it for a short time.
func (c *tokenCache) valid() bool { return c.current.Value != "" && !c.current.expired(0) }

// InvalidateToken forgets the token, unless it has been renewed by now. If the service has refused one fresh token
// after the other, the last one is kept: another login would bring no better one.
func (c *tokenCache) InvalidateToken(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current.Value != token {
		return
	}
	if c.fresh++; time.Since(c.issued) > loginLock {
		c.fresh = 1
	}
	if c.fresh <= maxRefused {
		c.current = Token{}
	}
}

func (c *tokenCache) Token(ctx context.Context) (Token, error) {
	c.mu.Lock()
	margin := min(renewalMargin, c.current.Expires.Sub(c.issued)/10)
	switch {
	case c.current.Value != "" && !c.current.expired(margin),
		c.valid() && time.Now().Before(c.pause): // the login before its end has failed
		defer c.mu.Unlock()
		return c.current, nil
	case c.refusal != nil && time.Now().Before(c.pause):
		defer c.mu.Unlock()
		return Token{}, c.refusal
	case c.flight == nil:
		c.flight = &flight{done: make(chan struct{})}
		go c.fly(context.WithoutCancel(ctx), c.flight, time.Until(c.pause))
	}
	f := c.flight
	c.mu.Unlock()

	select {
	case <-ctx.Done():
		c.mu.Lock()
		defer c.mu.Unlock()
		if f.err != nil {
			return Token{}, fmt.Errorf("%w; the last login: %w", stopped(ctx), f.err)
		}
		return Token{}, stopped(ctx)
	case <-f.done:
	}
	if f.panicked != nil {
		panic(f.panicked)
	}
	return f.token, f.err
}

// fly logs in after a pause, and lands the flight whatever the login does.
func (c *tokenCache) fly(ctx context.Context, f *flight, pause time.Duration) {
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.refusal = nil
		switch {
		case f.panicked != nil:
		case f.err == nil:
			c.current, c.issued = f.token, time.Now()
		default:
			c.pause = time.Now().Add(loginPause)
			if errors.Is(f.err, ErrUnauthorized) {
				c.pause, c.refusal = time.Now().Add(loginLock), f.err
			}
			if c.valid() {
				f.token, f.err = c.current, nil
			}
		}
		c.flight = nil
		close(f.done)
	}()
	caught.Guard(func() {
		_ = pace.Sleep(ctx, pause) // ctx does not end
		ctx, cancel := context.WithTimeout(ctx, DefaultTimeout)
		defer cancel()
		backoff := RetryPolicy{MaxDelay: loginPause}.withDefaults()
		for tries := 1; ; tries++ {
			token, err := c.try(ctx)
			c.mu.Lock()
			f.token, f.err = token, err
			old := c.valid()
			c.mu.Unlock()
			if err == nil || old || errors.Is(err, ErrUnauthorized) ||
				pace.Sleep(ctx, backoff.delay(tries, nil)) != nil {
				return
			}
		}
	}, func(p *caught.PanicError) { f.panicked = p })
}

// try logs in once.
func (c *tokenCache) try(ctx context.Context) (Token, error) {
	ctx, cancel := context.WithTimeout(ctx, loginTry)
	defer cancel()
	token, err := c.login.Token(ctx)
	if err == nil {
		if err = token.validate(); err != nil {
			err = fmt.Errorf("the login returned an unusable token: %w", err)
		}
	}
	if err != nil {
		return Token{}, &refusedError{err, loginMeaning(err)}
	}
	return token, nil
}

// loginMeaning returns what the error of a token source means, unless it says so itself. One that is not known is taken
// for a refusal, after which nobody should go on logging in.
func loginMeaning(err error) error {
	var network net.Error
	for _, meaning := range []error{ErrUnavailable, ErrThrottled, ErrUnauthorized} {
		if errors.Is(err, meaning) {
			return meaning
		}
	}
	if errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded) {
		return ErrUnavailable
	}
	return ErrUnauthorized
}
