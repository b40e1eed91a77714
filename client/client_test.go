package client_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

func TestNewRefusesServer(t *testing.T) {
	t.Parallel()
	tests := map[string]string{ //nolint:gosec // G101: the password is made up
		"empty":                 "",
		"no scheme":             "dms.example.com",
		"port for scheme":       "dms.example.com:443",
		"relative to scheme":    "//dms.example.com",
		"another scheme":        "ftp://dms.example.com",
		"scheme that looks so":  "httpss://dms.example.com",
		"opaque":                "https:dms.example.com",
		"no host":               "https://",
		"path for host":         "https:///dms.example.com",
		"port without host":     "https://:443",
		"port is no number":     "https://dms.example.com:https",
		"broken address":        "https://[::1",
		"broken encoding":       "https://dms.example.com/%zz",
		"control character":     "https://dms.example.com/\x7f",
		"newline":               "https://dms.example.com\n",
		"query":                 "https://dms.example.com?a=b",
		"empty query":           "https://dms.example.com/?",
		"fragment":              "https://dms.example.com/#top",
		"user":                  "https://user@dms.example.com",
		"user and password":     "https://user:hunter2@dms.example.com",
		"password, no host":     "https://user:hunter2@",
		"password, not https":   "ftp://user:hunter2@dms.example.com",
		"password, query":       "https://user:hunter2@dms.example.com?a=b",
		"password, broken host": "https://user:hunter2@[::1",
		"password, broken":      "https://user:hunter2%zz@dms.example.com",
	}
	for name, server := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := client.New(server)
			require.ErrorIs(t, err, client.ErrInvalid)
			assert.Nil(t, c)
			var invalid *client.InvalidError
			require.ErrorAs(t, err, &invalid)
			assert.Equal(t, "server", invalid.Parameter)
			assert.NotContains(t, err.Error(), "hunter2")
			assert.NotContains(t, invalid.Value, "hunter2")
		})
	}
}

func TestNewAcceptsServer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ server, want string }{
		"host":                {"https://dms.example.com", "https://dms.example.com" + path},
		"slash":               {"https://dms.example.com/", "https://dms.example.com" + path},
		"port":                {"https://dms.example.com:8443", "https://dms.example.com:8443" + path},
		"plain":               {"http://dms.example.com", "http://dms.example.com" + path},
		"upper case":          {"HTTPS://dms.example.com", "https://dms.example.com" + path},
		"address":             {"https://[2001:db8::1]:443", "https://[2001:db8::1]:443" + path},
		"prefix":              {"https://example.com/dms", "https://example.com/dms" + path},
		"prefix and slash":    {"https://example.com/a/dms/", "https://example.com/a/dms" + path},
		"encoded slash in it": {"https://example.com/a%2Fb", "https://example.com/a%2Fb" + path},
		"prefix with dots":    {"https://example.com/a/../b", "https://example.com/b" + path},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wire := new(recorder)
			c := newClient(t, tt.server, client.WithHTTPClient(wire))
			require.NoError(t, c.DeleteTask(t.Context(), task))
			require.Len(t, wire.requests, 1)
			assert.Equal(t, tt.want, wire.requests[0].URL.String())
		})
	}
}

func TestDeleteTask(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	ref, other := srv.NewTask(), srv.NewTask()
	c := newClient(t, srv.URL, client.WithToken(srv.Token))

	require.NoError(t, c.DeleteTask(t.Context(), ref))
	assert.False(t, srv.HasTask(ref))
	assert.True(t, srv.HasTask(other))

	err := c.DeleteTask(t.Context(), ref)
	require.ErrorIs(t, err, client.ErrNotFound)
	assert.Contains(t, err.Error(), ref.String())

	for _, req := range srv.Requests() {
		assert.Equal(t, http.MethodDelete, req.Method)
		assert.Equal(t, "/v2/"+string(ref.ProjectID)+"/instances/"+string(ref.InstanceID)+"/tasks/"+string(ref.TaskID),
			req.Target)
		assert.NotContains(t, req.Header, "Content-Length")
		assert.NotContains(t, req.Header, "Content-Type")
		assert.NotContains(t, req.Header, "Transfer-Encoding")
	}
	assert.Len(t, srv.Requests(), 2)
}

// Only New makes the chain that DeleteTask counts on.
func TestDeleteTaskNeedsNew(t *testing.T) {
	t.Parallel()
	wire := new(recorder)
	generated, err := client.NewClient(remote, client.WithHTTPClient(wire))
	require.NoError(t, err)
	changed := newClient(t, remote)
	changed.Client = wire

	for name, c := range map[string]*client.Client{
		"generated": generated, "changed": changed, "literal": {Server: remote, Client: wire}, "zero": {},
	} {
		err := c.DeleteTask(t.Context(), task)
		require.ErrorContains(t, err, "client.New", name)
	}
	assert.Empty(t, wire.requests)
}

func TestDeleteTaskNilContext(t *testing.T) {
	t.Parallel()
	wire := new(recorder)
	c := newClient(t, remote, client.WithHTTPClient(wire))
	var none context.Context
	require.ErrorIs(t, c.DeleteTask(none, task), client.ErrInvalid)
	assert.Empty(t, wire.requests)
}

func TestDeleteTaskCancelledBefore(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	c := newClient(t, srv.URL, client.WithToken(srv.Token))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, c.DeleteTask(ctx, srv.NewTask()), context.Canceled)
	assert.Empty(t, srv.Requests())
}

func TestDeleteTaskCancelledMeanwhile(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	err := newClient(t, server).DeleteTask(ctx, task)
	require.ErrorIs(t, err, context.Canceled)
	requireMeaning(t, nil, err)
}

func TestDeleteTaskConnectionRefused(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.Close()
	err := newClient(t, srv.URL, client.WithToken(token)).DeleteTask(t.Context(), task)
	require.Error(t, err)
	var apiErr *client.APIError
	assert.NotErrorAs(t, err, &apiErr)
	assert.NotContains(t, err.Error(), token)
}

func TestRequestEditorFails(t *testing.T) {
	t.Parallel()
	wire := new(recorder)
	errEditor := errors.New("no signature today")
	c := newClient(t, remote, client.WithHTTPClient(wire),
		client.WithRequestEditorFn(func(context.Context, *http.Request) error { return errEditor }))
	require.ErrorIs(t, c.DeleteTask(t.Context(), task), errEditor)
	assert.Empty(t, wire.requests)
}

func TestManyGoroutines(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	c := newClient(t, srv.URL, client.WithToken(srv.Token))
	refs := make([]client.TaskRef, 100)
	for i := range refs {
		refs[i] = srv.NewTask()
	}

	first, second := make([]error, len(refs)), make([]error, len(refs))
	var wg sync.WaitGroup
	for i, ref := range refs {
		wg.Go(func() {
			first[i] = c.DeleteTask(t.Context(), ref)
			second[i] = c.DeleteTask(t.Context(), ref)
		})
	}
	wg.Wait()

	for i, ref := range refs {
		require.NoError(t, first[i])
		require.ErrorIs(t, second[i], client.ErrNotFound)
		assert.False(t, srv.HasTask(ref))
	}
	assert.Len(t, srv.Requests(), 2*len(refs))
}

func TestTaskRefString(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "task "+goodTask+" of instance "+goodInstance+" in project "+goodProject, task.String())
}
