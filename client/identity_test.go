package client_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

func TestHeaders(t *testing.T) {
	t.Parallel()
	set := func(key, value string) client.ClientOption {
		return client.WithRequestEditorFn(func(_ context.Context, req *http.Request) error {
			req.Header.Set(key, value)
			return nil
		})
	}
	const own = "dmstask/" + client.Version
	tests := map[string]struct {
		opts             []client.ClientOption
		userAgent, token string
	}{
		"plain":          {nil, own, ""},
		"token":          {[]client.ClientOption{client.WithToken(token)}, own, token},
		"own User-Agent": {[]client.ClientOption{set("User-Agent", "cleaner/7")}, "cleaner/7", ""},
		"token of an editor": {
			[]client.ClientOption{set("X-Auth-Token", "of-the-editor")}, own, "of-the-editor",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t)
			_ = newClient(t, srv.URL, tt.opts...).DeleteTask(t.Context(), task)
			require.Len(t, srv.Requests(), 1)
			sent := srv.Requests()[0].Header
			assert.Equal(t, []string{tt.userAgent}, sent["User-Agent"])
			assert.Equal(t, []string{"application/json"}, sent["Accept"])
			assert.Equal(t, tt.token, sent.Get("X-Auth-Token"))
			assert.NotContains(t, sent, "Authorization")
		})
	}
}

func TestTokenRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"newline at its end":  token + "\n",
		"carriage return":     token + "\r\n",
		"header smuggled in":  token + "\r\nX-Evil: 1",
		"space in it":         "Bearer " + token,
		"space at its end":    token + " ",
		"tab":                 token + "\t",
		"NUL":                 token + "\x00",
		"DEL":                 token + "\x7f",
		"not ASCII":           token + "é",
		"not UTF-8":           token + "\xff",
		"no-break space":      token + "\u00a0",
		"newline at its head": "\n" + token,
	}
	for name, bad := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := client.New(remote, client.WithToken(bad))
			require.ErrorIs(t, err, client.ErrInvalid)
			assert.Nil(t, c)
			assert.NotContains(t, err.Error(), token)
			var invalid *client.InvalidError
			require.ErrorAs(t, err, &invalid)
			assert.Equal(t, "token", invalid.Parameter)
			assert.Empty(t, invalid.Value)
			assert.NotContains(t, err.Error(), `""`, "an empty value would be a lie")
		})
	}
}

func TestTokenEmpty(t *testing.T) {
	t.Parallel()
	c, err := client.New(remote, client.WithToken(""))
	require.ErrorIs(t, err, client.ErrInvalid)
	require.ErrorContains(t, err, `token "" is not allowed`)
	assert.Nil(t, c)
}

func TestTokenAccepted(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"!", "~", "gAAAAABk-_=+/.", token} {
		wire := new(recorder)
		c := newClient(t, remote, client.WithToken(good), client.WithHTTPClient(wire))
		require.NoError(t, c.DeleteTask(t.Context(), task))
		require.Len(t, wire.requests, 1)
		assert.Equal(t, []string{good}, wire.requests[0].Header["X-Auth-Token"])
	}
}
