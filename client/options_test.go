package client_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

// header sets a header field by an editor.
func header(key, value string) client.Option {
	return client.WithRequestEditorFn(func(_ context.Context, req *http.Request) error {
		req.Header.Set(key, value)
		return nil
	})
}

func TestOptionsAreRefused(t *testing.T) {
	t.Parallel()
	for says, opt := range map[string]client.Option{
		`timeout "-1s"`:          client.WithTimeout(-time.Second),
		"retry policy":           client.WithRetry(client.RetryPolicy{Attempts: -1}),
		"BaseDelay:-1ns":         client.WithRetry(client.RetryPolicy{BaseDelay: -1}),
		"MaxDelay:-1ns":          client.WithRetry(client.RetryPolicy{MaxDelay: -1}),
		"MaxRetryAfter:-1ns":     client.WithRetry(client.RetryPolicy{MaxRetryAfter: -1}),
		"from 0 to 24 hours":     client.WithRetry(client.RetryPolicy{BaseDelay: math.MaxInt64}),
		`token ""`:               client.WithToken(""),
		`user agent ""`:          client.WithUserAgent(""),
		`user agent "a\r\nb: c"`: client.WithUserAgent("a\r\nb: c"),
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			c, err := client.New(remote, opt)
			require.ErrorIs(t, err, client.ErrInvalid)
			require.ErrorContains(t, err, says)
			assert.Nil(t, c)
			if call, ok := opt.(client.CallOption); ok {
				wire := play(deleted)
				err := newClient(t, remote, client.WithHTTPClient(wire)).DeleteTask(t.Context(), task, call)
				require.ErrorIs(t, err, client.ErrInvalid)
				require.ErrorContains(t, err, "nothing was sent")
				assert.Empty(t, wire.requests)
			}
		})
	}
}

func TestLastOptionWins(t *testing.T) {
	t.Parallel()
	first, last := play(deleted), play(deleted)
	ours := func(with client.Option) []client.Option {
		return []client.Option{
			client.WithHTTPClient(first), client.WithToken("first"), client.WithUserAgent("first"), with,
			client.WithToken("last"), client.WithUserAgent("last"),
		}
	}
	send := transport(func(req *http.Request) (*http.Response, error) { return last.Do(req) })
	for _, opts := range [][]client.Option{
		ours(client.WithHTTPClient(last)), ours(client.WithTransport(send)),
		append([]client.Option{client.WithTransport(&http.Transport{})}, ours(client.WithHTTPClient(last))...),
	} {
		// A set of options serves several clients.
		for range 2 {
			require.NoError(t, newClient(t, remote, opts...).DeleteTask(t.Context(), task))
		}
	}
	assert.Empty(t, first.requests)
	require.Len(t, last.requests, 6)
	for _, req := range last.requests {
		assert.Equal(t, []string{"last"}, req.Header["X-Auth-Token"])
		assert.Equal(t, []string{"last"}, req.Header["User-Agent"])
	}
}

// TestCallOptions: a setting of one call is that of the client for this call alone, and of one run for all its calls.
func TestCallOptions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wire := play(down)
		c := newClient(t, remote, usual, client.WithHTTPClient(wire), client.WithRetry(client.RetryPolicy{Attempts: 3}))
		for _, tc := range []struct {
			opts []client.CallOption
			want int
		}{
			{nil, 3}, {[]client.CallOption{client.WithRetry(client.RetryPolicy{Attempts: 5})}, 5}, {nil, 3},
		} {
			before := len(wire.times)
			require.ErrorIs(t, c.DeleteTask(t.Context(), task, tc.opts...), client.ErrUnavailable)
			assert.Equal(t, tc.want, len(wire.times)-before)
		}

		c = newClient(t, remote, client.WithHTTPClient(play(notFound)))
		require.ErrorIs(t, c.DeleteTask(t.Context(), task), client.ErrNotFound)
		require.NoError(t, c.DeleteTask(t.Context(), task, client.WithNotFoundAsSuccess()))

		c = newClient(t, remote, client.WithHTTPClient(play(hangs)))
		started := time.Now()
		require.ErrorIs(t, c.DeleteTask(t.Context(), task, client.WithTimeout(time.Second)), context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(started))
		minute := client.WithTimeout(time.Minute)
		for _, err := range c.DeleteTasks(t.Context(), tasksN(3), minute, client.WithConcurrency(3)) {
			require.ErrorContains(t, err, "no answer within 1m0s")
		}
		assert.Equal(t, time.Second+time.Minute, time.Since(started))
	})
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	const own = "dmstask/" + client.Version
	for name, tc := range map[string]struct {
		opts             []client.Option
		userAgent, token string
	}{
		"plain":                   {nil, own, ""},
		"token":                   {[]client.Option{client.WithToken(token)}, own, token},
		"User-Agent":              {[]client.Option{client.WithUserAgent("cleaner/7 (x)")}, "cleaner/7 (x)", ""},
		"User-Agent of an editor": {[]client.Option{header("User-Agent", "cleaner/8")}, "cleaner/8", ""},
		"token of an editor":      {[]client.Option{header("X-Auth-Token", "of-the-editor")}, own, "of-the-editor"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := clienttest.New(t)
			_ = newClient(t, srv.URL, tc.opts...).DeleteTask(t.Context(), task)
			require.Len(t, srv.Requests(), 1)
			sent := srv.Requests()[0].Header
			assert.Equal(t, []string{tc.userAgent}, sent["User-Agent"])
			assert.Equal(t, []string{"application/json"}, sent["Accept"])
			assert.Equal(t, tc.token, sent.Get("X-Auth-Token"))
			for _, field := range []string{"Authorization", "Content-Length", "Content-Type", "Transfer-Encoding"} {
				assert.NotContains(t, sent, field)
			}
		})
	}
}

func TestTokenIsChecked(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]string{
		"newline at its end": token + "\n",
		"space in it":        "Bearer " + token,
		"DEL":                token + "\x7f",
		"not ASCII":          token + "é",
	} {
		c, err := client.New(remote, client.WithToken(bad))
		require.ErrorIs(t, err, client.ErrInvalid, name)
		assert.Nil(t, c)
		assert.NotContains(t, err.Error(), token)
		assert.NotContains(t, err.Error(), `""`, "an empty value would be untrue")
	}
	for _, good := range []string{"!", "~", "gAAAAABk-_=+/.", token} {
		wire := play(deleted)
		c := newClient(t, remote, client.WithToken(good), client.WithHTTPClient(wire))
		require.NoError(t, c.DeleteTask(t.Context(), task))
		assert.Equal(t, []string{good}, wire.requests[0].Header["X-Auth-Token"])
	}
}

func TestRequestEditorFails(t *testing.T) {
	t.Parallel()
	wire := play(deleted)
	errEditor := errors.New("no trace today")
	c := newClient(t, remote, client.WithHTTPClient(wire),
		client.WithRequestEditorFn(func(context.Context, *http.Request) error { return errEditor }))
	require.ErrorIs(t, c.DeleteTask(t.Context(), task), errEditor)
	require.ErrorIs(t, rawDelete(t, c, task), errEditor)
	assert.Empty(t, wire.requests)
}
