package client_test

import (
	"context"
	"errors"
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

// TestTokenSource: asked for every attempt, and once more when a token is refused.
func TestTokenSource(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		tokens []string // what the source gives, the last one for ever
		good   string
		asked  int
		is     error
	}{
		"good":          {[]string{"a"}, "a", 1, nil},
		"fresh is good": {[]string{"a", "b"}, "b", 2, nil},
		"only once":     {[]string{"a", "b", "c"}, "c", 2, client.ErrUnauthorized},
		"none is good":  {[]string{"a"}, "", 2, client.ErrUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var refused []string
			c, err := client.New(remote, client.WithHTTPClient(onlyToken(tc.good)),
				client.WithTokenSource(func(ctx context.Context) (string, error) {
					refused = append(refused, client.RefusedToken(ctx))
					return tc.tokens[min(len(refused), len(tc.tokens))-1], nil
				}))
			require.NoError(t, err)
			require.ErrorIs(t, c.DeleteTask(t.Context(), task), tc.is)
			assert.Equal(t, []string{"", tc.tokens[0]}[:tc.asked], refused)
		})
	}
}

// TestTokenIsRenewedOnce: a call asks for a fresh token once, whatever else happens to it.
func TestTokenIsRenewedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		unauthorized := status(http.StatusUnauthorized, apiError("APIG.0301"))
		wire := play(unauthorized, down, unauthorized, deleted)
		c, err := client.New(remote, client.WithHTTPClient(wire), freshTokens())
		require.NoError(t, err)
		require.ErrorIs(t, c.DeleteTask(t.Context(), task), client.ErrUnauthorized)
		assert.Len(t, wire.times, 3)
	})
}

// TestRenewalIsBesidesTheAttempts: the attempt whose token was refused is repeated and does not count, whenever it was.
func TestRenewalIsBesidesTheAttempts(t *testing.T) {
	t.Parallel()
	unauthorized := status(http.StatusUnauthorized, apiError("APIG.0301"))
	for name, tc := range map[string]struct {
		attempts int // of the policy
		steps    []step
		sent     int
		is       error
	}{
		"at first":             {4, []step{unauthorized, down}, 5, client.ErrUnavailable},
		"in the middle":        {4, []step{down, unauthorized, down}, 5, client.ErrUnavailable},
		"at last":              {4, []step{down, down, down, unauthorized, down}, 5, client.ErrUnavailable},
		"at last, and deleted": {4, []step{down, down, down, unauthorized, deleted}, 5, nil},
		"retries are off":      {1, []step{unauthorized, deleted}, 2, nil},
		"and fail":             {1, []step{unauthorized, down}, 2, client.ErrUnavailable},
		"and refused again":    {1, []step{unauthorized}, 2, client.ErrUnauthorized},
		"not refused":          {4, []step{down}, 4, client.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				wire := play(tc.steps...)
				c := newClient(t, remote, client.WithHTTPClient(wire), freshTokens(),
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

// TestRenewalFails: the 401 that made a renewal necessary is not lost, nor the login's error.
func TestRenewalFails(t *testing.T) {
	t.Parallel()
	asked := 0
	c, err := client.New(remote, client.WithHTTPClient(onlyToken("none")),
		client.WithTokenSource(func(context.Context) (string, error) {
			if asked++; asked > 1 {
				return "", errAny
			}
			return "token", nil
		}))
	require.NoError(t, err)
	err = c.DeleteTask(t.Context(), task)
	require.ErrorIs(t, err, client.ErrUnauthorized)
	require.ErrorIs(t, err, errAny)
	requireStatus(t, err, http.StatusUnauthorized)
}

// TestShortLivedToken: a token is kept for nine tenths of its life, however short that is.
func TestShortLivedToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		logins := 0
		source := client.CachedTokenSource(client.Token{}, func(context.Context) (client.Token, error) {
			logins++
			return client.Token{Value: "token", Expires: time.Now().Add(time.Minute)}, nil
		})
		for range 60 {
			_, err := source(t.Context())
			require.NoError(t, err)
			time.Sleep(time.Second)
		}
		assert.Equal(t, 2, logins)
		_, err := client.CachedTokenSource(client.Token{}, nil)(t.Context())
		require.ErrorIs(t, err, client.ErrInvalid)
	})
}

func TestTokenSourceFails(t *testing.T) {
	t.Parallel()
	down := errors.New("IAM is down")
	for name, source := range map[string]client.TokenSource{
		"error":     func(context.Context) (string, error) { return "", down },
		"empty":     func(context.Context) (string, error) { return "", nil },
		"no header": func(context.Context) (string, error) { return "s3cret\n", nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wire := play(deleted)
			c, err := client.New(remote, client.WithHTTPClient(wire), client.WithTokenSource(source))
			require.NoError(t, err)
			err = c.DeleteTask(t.Context(), task)
			require.ErrorContains(t, err, "no credentials")
			assert.Equal(t, name == "error", errors.Is(err, down))
			assert.NotContains(t, err.Error(), "s3cret")
			assert.Empty(t, wire.times)
		})
	}
}

func TestCredentialOptionsAreRefused(t *testing.T) {
	t.Parallel()
	for _, opt := range []client.ClientOption{client.WithTokenSource(nil), client.WithSigner(nil)} {
		_, err := client.New(remote, opt)
		require.ErrorIs(t, err, client.ErrInvalid)
	}
	_, err := client.New("http://dms.example.com", freshTokens())
	require.ErrorIs(t, err, client.ErrInvalid)
}

// TestSignatureIsNotRepeated: wrong signatures lock an access key, so a refused one is not sent again.
func TestSignatureIsNotRepeated(t *testing.T) {
	t.Parallel()
	wire := play(status(http.StatusUnauthorized, apiError("APIG.0301")))
	signed := 0
	c, err := client.New(remote, client.WithHTTPClient(wire), client.WithSigner(func(*http.Request) error {
		signed++
		return nil
	}))
	require.NoError(t, err)
	require.ErrorIs(t, c.DeleteTask(t.Context(), task), client.ErrUnauthorized)
	assert.Equal(t, 1, signed)

	failing, err := client.New(remote, client.WithHTTPClient(wire),
		client.WithSigner(func(*http.Request) error { return errAny }))
	require.NoError(t, err)
	require.ErrorIs(t, failing.DeleteTask(t.Context(), task), errAny)
	assert.Len(t, wire.times, 1)
}

// TestCachedTokenSource: a hundred goroutines, one login.
func TestCachedTokenSource(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var logins atomic.Int32
		source := client.CachedTokenSource(client.Token{}, func(context.Context) (client.Token, error) {
			time.Sleep(time.Second) // of the bubble's clock: all hundred are waiting by then
			n := logins.Add(1)
			return client.Token{Value: "token-" + strconv.Itoa(int(n)), Expires: time.Now().Add(time.Hour)}, nil
		})
		askAll := func(ctx context.Context) map[string]int {
			var mu sync.Mutex
			var asking sync.WaitGroup
			got := map[string]int{}
			for range 100 {
				asking.Go(func() {
					token, err := source(ctx)
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						got[token]++
					}
				})
			}
			asking.Wait()
			return got
		}
		assert.Equal(t, map[string]int{"token-1": 100}, askAll(t.Context()))
		time.Sleep(54 * time.Minute)
		assert.Equal(t, map[string]int{"token-1": 100}, askAll(t.Context()))
		time.Sleep(2 * time.Minute) // within the margin before it expires
		assert.Equal(t, map[string]int{"token-2": 100}, askAll(t.Context()))
		assert.EqualValues(t, 2, logins.Load())
	})
}

// TestCachedTokenIsRefused: when a token is refused, one login renews it for all hundred calls that it was refused to.
func TestCachedTokenIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var logins atomic.Int32
		source := client.CachedTokenSource(client.Token{}, func(context.Context) (client.Token, error) {
			return client.Token{Value: "token-" + strconv.Itoa(int(logins.Add(1)))}, nil
		})
		c, err := client.New(remote, client.WithTokenSource(source),
			client.WithHTTPClient(doer(func(req *http.Request) (*http.Response, error) {
				time.Sleep(time.Second)
				return onlyToken("token-2")(req)
			})))
		require.NoError(t, err)
		var calls sync.WaitGroup
		for range 100 {
			calls.Go(func() { assert.NoError(t, c.DeleteTask(t.Context(), task)) })
		}
		calls.Wait()
		assert.EqualValues(t, 2, logins.Load())
	})
}

// TestCachedTokenOutlivesLogin: while the old token is valid, a login that fails harms nobody.
func TestCachedTokenOutlivesLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := false
		source := client.CachedTokenSource(client.Token{}, func(context.Context) (client.Token, error) {
			if down {
				return client.Token{}, errAny
			}
			return client.Token{Value: "token", Expires: time.Now().Add(10 * time.Minute)}, nil
		})
		_, err := source(t.Context())
		require.NoError(t, err)
		down = true
		time.Sleep(6 * time.Minute)
		got, err := source(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "token", got)
		time.Sleep(5 * time.Minute)
		_, err = source(t.Context())
		require.ErrorIs(t, err, errAny)
	})
}

// TestLoginOutlivesItsCaller: who gives up waiting does not take the login away from the others.
func TestLoginOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		logins := 0
		source := client.CachedTokenSource(client.Token{}, func(ctx context.Context) (client.Token, error) {
			logins++
			select {
			case <-ctx.Done():
				return client.Token{}, ctx.Err()
			case <-time.After(time.Second):
				return client.Token{Value: "token"}, nil
			}
		})
		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		go func() {
			_, err := source(impatient)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		}()
		synctest.Wait()
		got, err := source(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "token", got)
		assert.Equal(t, 1, logins)
	})
}
