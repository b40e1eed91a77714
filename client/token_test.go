package client_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

// onlyToken answers 204 to one token and 401 to all others.
func onlyToken(good string) doer {
	return func(req *http.Request) (*http.Response, error) {
		if req.Header.Get("X-Auth-Token") == good {
			return deleted(req)
		}
		return status(http.StatusUnauthorized, apiError("DMS.10240102"))(req)
	}
}

// An iam is an identity service that issues token-1, token-2 and so on. It is a source of tokens, and the login of one
// that caches them.
type iam struct {
	logins  atomic.Int32
	refused []string // tokens of which it is told

	has   int           // so many tokens, and then the last one for ever; 0: no end
	takes time.Duration // a login
	lives time.Duration // a token; 0: not known
	until time.Time     // the end of its trouble
	err   error         // of its trouble; nil: it hangs
}

func (s *iam) Token(ctx context.Context) (client.Token, error) {
	n := int(s.logins.Add(1))
	if time.Now().Before(s.until) {
		if s.err == nil {
			<-ctx.Done()
		}
		return client.Token{}, cmp.Or(s.err, ctx.Err())
	}
	select {
	case <-ctx.Done():
		return client.Token{}, ctx.Err()
	case <-time.After(s.takes):
	}
	token := client.Token{Value: "token-" + strconv.Itoa(min(n, cmp.Or(s.has, n)))}
	if s.lives != 0 {
		token.Expires = time.Now().Add(s.lives)
	}
	return token, nil
}

func (s *iam) InvalidateToken(token string) { s.refused = append(s.refused, token) }

// inTrouble is an identity service that hangs, or answers with an error, for a time from now on.
func inTrouble(d time.Duration, err error) *iam { return &iam{until: time.Now().Add(d), err: err} }

// TestTokenSource: asked for every attempt, and once more when a token is refused, of which it is told. A token that
// was refused is not sent again.
func TestTokenSource(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		has         int
		good        string
		asked, sent int
		is          error
	}{
		"good":          {1, "token-1", 1, 1, nil},
		"fresh is good": {2, "token-2", 2, 2, nil},
		"only once":     {3, "token-3", 2, 2, client.ErrUnauthorized},
		"has no other":  {1, "", 2, 1, client.ErrUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, wire := &iam{has: tc.has}, play(step(onlyToken(tc.good)))
			c := newClient(t, remote, usual, client.WithHTTPClient(wire), client.WithTokenSource(source))
			require.ErrorIs(t, c.DeleteTask(t.Context(), task), tc.is)
			assert.EqualValues(t, tc.asked, source.logins.Load())
			assert.Len(t, wire.times, tc.sent)
			assert.Equal(t, []string{"token-1"}[:tc.asked-1], append([]string{}, source.refused...))
		})
	}
}

// TestRenewalIsBesidesTheAttempts: the attempt whose token was refused is repeated and does not count, whenever it was,
// and whatever else happens that is once a call.
func TestRenewalIsBesidesTheAttempts(t *testing.T) {
	t.Parallel()
	unauthorized := status(http.StatusUnauthorized, apiError("APIG.0301"))
	for name, tc := range map[string]struct {
		attempts int // of the policy
		steps    []step
		sent     int
		is       error
	}{
		"at first":          {4, []step{unauthorized, down}, 5, client.ErrUnavailable},
		"in the middle":     {4, []step{down, unauthorized, down}, 5, client.ErrUnavailable},
		"at last":           {4, []step{down, down, down, unauthorized, down}, 5, client.ErrUnavailable},
		"retries are off":   {1, []step{unauthorized, deleted}, 2, nil},
		"and refused again": {1, []step{unauthorized}, 2, client.ErrUnauthorized},
		"refused twice":     {4, []step{unauthorized, down, unauthorized, deleted}, 3, client.ErrUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				wire := play(tc.steps...)
				c := newClient(t, remote, client.WithHTTPClient(wire), client.WithTokenSource(&iam{}),
					client.WithRetry(client.RetryPolicy{Attempts: tc.attempts}))
				err := c.DeleteTask(t.Context(), task)
				require.ErrorIs(t, err, tc.is)
				assert.Len(t, wire.times, tc.sent)
				if err != nil {
					require.ErrorContains(t, err, "after "+strconv.Itoa(tc.sent)+" attempts")
				}
			})
		})
	}
}

// TestTokenSourceFails: nothing is sent without a token, and no token is shown. Before a renewal there was a 401, which
// is not lost.
func TestTokenSourceFails(t *testing.T) {
	t.Parallel()
	errDown := errors.New("IAM is down")
	for says, tc := range map[string]struct {
		token client.Token
		err   error
	}{
		"IAM is down":      {client.Token{}, errDown},
		`token ""`:         {client.Token{}, nil},
		"token is not all": {client.Token{Value: "s3cret\n"}, nil},
		"the token expired at 2026-01-02T03:04:05Z": {
			client.Token{Value: "s3cret", Expires: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}, nil,
		},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			for _, before := range []int{0, 1} {
				wire, asked := play(status(http.StatusUnauthorized, "")), 0
				source := client.TokenSourceFunc(func(context.Context) (client.Token, error) {
					if asked++; asked <= before {
						return client.Token{Value: "good"}, nil
					}
					return tc.token, tc.err
				})
				c := newClient(t, remote, usual, client.WithHTTPClient(wire), client.WithTokenSource(source))
				err := c.DeleteTask(t.Context(), task)
				require.ErrorContains(t, err, "no credentials: ")
				require.ErrorContains(t, err, says)
				assert.NotContains(t, err.Error(), "s3cret")
				assert.Equal(t, tc.err != nil, errors.Is(err, errDown))
				require.ErrorIs(t, err, client.ErrUnauthorized)
				assert.Len(t, wire.times, before)
			}
		})
	}
}

// askAll asks a source a hundred times at once, and returns how often each token came.
func askAll(ctx context.Context, source client.TokenSource) map[string]int {
	var mu sync.Mutex
	var asking sync.WaitGroup
	got := map[string]int{}
	for range 100 {
		asking.Go(func() {
			token, err := source.Token(ctx)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				got[token.Value]++
			}
		})
	}
	asking.Wait()
	return got
}

// TestCachedTokenSource: a hundred goroutines, one login; again before the token expires, and when it is refused.
func TestCachedTokenSource(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &iam{takes: time.Second, lives: time.Hour}
		source := client.CachedTokenSource(client.Token{}, l)
		assert.Equal(t, map[string]int{"token-1": 100}, askAll(t.Context(), source))
		time.Sleep(54 * time.Minute)
		assert.Equal(t, map[string]int{"token-1": 100}, askAll(t.Context(), source))
		time.Sleep(2 * time.Minute) // within the margin before it expires
		assert.Equal(t, map[string]int{"token-2": 100}, askAll(t.Context(), source))
		source.InvalidateToken("token-1") // that of long ago
		assert.Equal(t, map[string]int{"token-2": 100}, askAll(t.Context(), source))
		source.InvalidateToken("token-2")
		assert.Equal(t, map[string]int{"token-3": 100}, askAll(t.Context(), source))
		source.InvalidateToken("token-3")
		assert.Equal(t, map[string]int{"token-4": 100}, askAll(t.Context(), source))
		source.InvalidateToken("token-4") // one fresh token after the other: another login would not help
		assert.Equal(t, map[string]int{"token-4": 100}, askAll(t.Context(), source))
		assert.EqualValues(t, 4, l.logins.Load())

		initial := client.CachedTokenSource(client.Token{Value: "initial"}, l)
		assert.Equal(t, map[string]int{"initial": 100}, askAll(t.Context(), initial))

		// A token is kept for nine tenths of its life, however short that is.
		short := client.CachedTokenSource(client.Token{}, &iam{takes: time.Second, lives: time.Minute})
		for _, want := range []string{"token-1", "token-1", "token-2"} {
			assert.Equal(t, map[string]int{want: 100}, askAll(t.Context(), short))
			time.Sleep(27*time.Second + time.Millisecond)
		}
	})
}

// TestLoginFails: a login that brings no good token has failed.
func TestLoginFails(t *testing.T) {
	t.Parallel()
	for says, login := range map[string]client.TokenSource{
		"the login returned an unusable token: the token expired at": &iam{lives: -time.Second},
		`the login returned an unusable token: token ""`: client.TokenSourceFunc(
			func(context.Context) (client.Token, error) { return client.Token{}, nil }),
	} {
		_, err := client.CachedTokenSource(client.Token{}, login).Token(t.Context())
		require.ErrorContains(t, err, says)
	}
}

// TestLoginOutlivesItsCaller: one that gives up waiting does not take the login away from the others, and a login that
// hangs ends.
func TestLoginOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := client.CachedTokenSource(client.Token{}, &iam{takes: time.Second})
		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		go func() {
			_, err := source.Token(impatient)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		}()
		synctest.Wait()
		got, err := source.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "token-1", got.Value)

		started := time.Now()
		_, err = client.CachedTokenSource(client.Token{}, inTrouble(time.Hour, nil)).Token(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, client.DefaultTimeout, time.Since(started))
	})
}

// TestIdentityServiceInTrouble: one login at a time for all callers, tried again until the service is back.
func TestIdentityServiceInTrouble(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err    error
		down   time.Duration
		logins int32         // at most
		within time.Duration // all tasks are deleted
	}{
		"down":          {client.ErrUnavailable, 4 * time.Second, 15, 10 * time.Second},
		"throttled":     {client.ErrThrottled, 4 * time.Second, 15, 10 * time.Second},
		"reset":         {opError("read"), 4 * time.Second, 15, 10 * time.Second},
		"hangs":         {nil, 4 * time.Second, 2, 12 * time.Second},
		"down for long": {client.ErrUnavailable, 45 * time.Second, 35, 60 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := inTrouble(tc.down, tc.err)
				source := client.CachedTokenSource(client.Token{}, l)
				c := newClient(t, remote, usual, client.WithTokenSource(source), client.WithHTTPClient(play(deleted)))
				started := time.Now()
				for _, err := range c.DeleteTasks(t.Context(), tasksN(3000), client.WithConcurrency(64)) {
					require.NoError(t, err)
				}
				assert.LessOrEqual(t, time.Since(started), tc.within)
				assert.LessOrEqual(t, l.logins.Load(), tc.logins)
			})
		})
	}
}

// TestLoginIsRefused: a few wrong logins lock a user, so a run ends with one error, and nobody logs in again so soon.
func TestLoginIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := inTrouble(20*time.Second, fmt.Errorf("wrong password: %w", client.ErrUnauthorized))
		c := newClient(t, remote, usual, client.WithHTTPClient(onlyToken("token-2")),
			client.WithTokenSource(client.CachedTokenSource(client.Token{Value: "expired"}, l)))
		n := 0
		for ref, err := range c.DeleteTasks(t.Context(), tasksN(3000), client.WithConcurrency(64)) {
			n++
			assert.Zero(t, ref)
			require.ErrorIs(t, err, client.ErrUnauthorized)
			require.ErrorContains(t, err, "the run ended early")
			require.ErrorContains(t, err, "wrong password")
		}
		assert.Equal(t, 1, n)
		time.Sleep(29 * time.Second)
		require.ErrorIs(t, c.DeleteTask(t.Context(), task), client.ErrUnauthorized)
		assert.EqualValues(t, 1, l.logins.Load())
		time.Sleep(time.Second)
		require.NoError(t, c.DeleteTask(t.Context(), task))
	})
}

// TestKeyIsNotLocked: five wrong signatures lock a key, and two are sent.
func TestKeyIsNotLocked(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer step
		sent   int // of 50 tasks
	}{
		"refused by the gateway":                    {status(401, apiError("APIG.0301")), 2},
		"refused, other spelling":                   {status(401, apiError("APIGW.0301")), 2},
		"refused without a code":                    {status(401, ""), 2},
		"refused, cut off":                          {cutOff(401), 2},
		"the signature is good, the project is not": {status(401, apiError("DMS.10240104")), 50},
		"good":                          {deleted, 50},
		"another answer of the gateway": {status(403, apiError("APIG.0302")), 50},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				wire := play(func(req *http.Request) (*http.Response, error) {
					time.Sleep(time.Second)
					return tc.answer(req)
				})
				c := newClient(t, remote, usual, client.WithHTTPClient(wire), signed)
				var errs []error
				for _, err := range c.DeleteTasks(t.Context(), tasksN(50), client.WithConcurrency(50)) {
					errs = append(errs, err)
				}
				if tc.sent == 2 {
					require.Len(t, errs, 3, "two that were refused, and one for all others")
					require.ErrorContains(t, errs[2], "the run ended early")
					require.ErrorIs(t, errs[2], client.ErrUnauthorized)
					require.ErrorContains(t, c.DeleteTask(t.Context(), task), "would lock the access key")
				}
				assert.Len(t, wire.times, tc.sent)
				assert.GreaterOrEqual(t, wire.delays()[0], time.Second, "one at a time at first")
			})
		})
	}
}

// TestOldTokenIsGood: while the old token is valid, an identity service that refuses or hangs costs little, and once.
func TestOldTokenIsGood(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err    error
		within time.Duration
	}{
		"refuses": {client.ErrUnauthorized, 0}, "is down": {client.ErrUnavailable, 0}, "hangs": {nil, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l, old := inTrouble(2*time.Hour, tc.err), client.Token{Value: "old", Expires: time.Now().Add(time.Hour)}
				source := client.CachedTokenSource(old, l)
				c := newClient(t, remote, client.WithTokenSource(source), client.WithHTTPClient(onlyToken("old")))
				time.Sleep(58 * time.Minute) // within the margin
				started := time.Now()
				for range 3 {
					require.NoError(t, c.DeleteTask(t.Context(), task))
				}
				assert.Equal(t, tc.within, time.Since(started))
				assert.EqualValues(t, 1, l.logins.Load())
			})
		})
	}
}

// TestCancelledLogin: the end of the context is not a refusal.
func TestCancelledLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, remote, client.WithTokenSource(inTrouble(time.Hour, nil)), client.WithHTTPClient(play(deleted)))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		err := c.DeleteTask(ctx, task)
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, client.ErrUnauthorized)
		require.ErrorContains(t, err, "nothing was sent")
	})
}
