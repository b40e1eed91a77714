package client_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/raw"
)

// TestNewRefusesServer: package endpoint tests what is refused. A password is shown nowhere.
func TestNewRefusesServer(t *testing.T) {
	t.Parallel()
	for server, hidden := range map[string]bool{
		"": false, "dms.example.com": false, "https://dms.example.com/v2": false,
		"https://user:hunter2@dms.example.com": true, "user:hunter2@dms.example.com": true, "https://h?token=hunter2": true,
		"https://h#hunter2": true, "https://user:hunter2%zz@h": true,
	} {
		c, err := client.New(server)
		require.ErrorIs(t, err, client.ErrInvalid)
		assert.Nil(t, c)
		var invalid *client.InvalidError
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, "server", invalid.Parameter)
		assert.Equal(t, hidden, invalid.Hidden)
		assert.Equal(t, map[bool]string{false: server}[hidden], invalid.Value)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

// TestNewAcceptsServer: and DeleteTask sends what the generated function sends, whatever the path of the endpoint.
func TestNewAcceptsServer(t *testing.T) {
	t.Parallel()
	for server, want := range map[string]string{
		"https://dms.example.com":               "https://dms.example.com" + path,
		"http://dms.example.com":                "http://dms.example.com" + path,
		"HTTPS://dms.example.com":               "https://dms.example.com" + path,
		"https://[fe80::1%25eth0]":              "https://[fe80::1%25eth0]" + path,
		"https://10.0.0.1:":                     "https://10.0.0.1" + path,
		"https://dms_1.exämple.com":             "https://dms_1.ex%C3%A4mple.com" + path,
		"https://example.com/a%2Fb/c%20d":       "https://example.com/a%2Fb/c%20d" + path,
		"https://example.com/ü/":                "https://example.com/%C3%BC" + path,
		"https://example.com/a/../b":            "https://example.com/b" + path,
		"https://example.com/v2/f00d/instances": "https://example.com/v2/f00d/instances" + path,
	} {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			wire := play(deleted)
			c := newClient(t, server, client.WithHTTPClient(wire))
			require.NoError(t, c.DeleteTask(t.Context(), task))
			require.NoError(t, rawDelete(t, c, task))
			require.Len(t, wire.requests, 2)
			ours, generated := wire.requests[0], wire.requests[1]
			assert.Equal(t, want, ours.URL.String())
			assert.Equal(t, generated.WithContext(t.Context()), ours.WithContext(t.Context()))
		})
	}
}

// rawDelete calls the generated function, and returns an error only if there is no answer, or it cannot be read.
func rawDelete(t *testing.T, c *client.Client, ref client.TaskRef, editors ...client.RequestEditorFn) error {
	t.Helper()
	resp, err := c.Raw().DeleteBackgroundTask(t.Context(), ref.ProjectID, ref.InstanceID, ref.TaskID, editors...)
	if err == nil {
		defer resp.Body.Close()
		_, err = io.ReadAll(resp.Body)
	}
	return err
}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	for _, region := range []string{"eu-de", "eu-nl", "eu-ch2"} {
		endpoint, err := client.Endpoint(region)
		require.NoError(t, err)
		u, err := url.Parse(endpoint)
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(u.Host, "dms."+region+"."), endpoint)
		newClient(t, endpoint, client.WithToken(token))
	}
	_, err := client.Endpoint("eu-xx")
	require.ErrorIs(t, err, client.ErrInvalid)
	require.ErrorContains(t, err, `region "eu-xx" is not allowed: expected one of eu-ch2, eu-de, eu-nl`)
}

// An editor must not lead a request elsewhere: one path segment less, and it deletes the instance. Neither must a
// signer, nor the editor of a single generated call.
func TestEditorsKeepTheTarget(t *testing.T) {
	t.Parallel()
	elsewhere := "has changed method, URL or host of the request: from DELETE dms.example.com" + path
	for name, tc := range map[string]struct {
		edit func(req *http.Request)
		says string
	}{
		"path cut off":         {func(req *http.Request) { req.URL.Path, _, _ = strings.Cut(path, "/tasks") }, elsewhere},
		"another task":         {func(req *http.Request) { req.URL.Path += "0" }, elsewhere},
		"encoded":              {func(req *http.Request) { req.URL.RawPath = "/v2" }, elsewhere},
		"opaque":               {func(req *http.Request) { req.URL.Opaque = "/v2" }, elsewhere},
		"query":                {func(req *http.Request) { req.URL.RawQuery = "force=true" }, elsewhere},
		"another scheme":       {func(req *http.Request) { req.URL.Scheme = "http" }, elsewhere},
		"another host":         {func(req *http.Request) { req.URL.Host = "other.example.com" }, elsewhere},
		"another virtual host": {func(req *http.Request) { req.Host = "other.example.com" }, elsewhere},
		"another method":       {func(req *http.Request) { req.Method = http.MethodPut }, elsewhere},
		"a copy of it (sound)": {func(req *http.Request) { *req = *req.Clone(req.Context()) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wire := play(deleted)
			edit := func(_ context.Context, req *http.Request) error { tc.edit(req); return nil }
			for _, opts := range [][]client.Option{
				{client.WithRequestEditorFn(edit)},
				{client.WithSigner(func(req *http.Request) error { tc.edit(req); return nil })},
				nil, // of the generated call
			} {
				c := newClient(t, remote, append(opts, client.WithHTTPClient(wire))...)
				var errs []error
				if opts != nil {
					errs = append(errs, c.DeleteTask(t.Context(), task), rawDelete(t, c, task))
				} else {
					errs = append(errs, rawDelete(t, c, task, edit))
				}
				for _, err := range errs {
					if tc.says == "" {
						require.NoError(t, err)
						continue
					}
					require.ErrorContains(t, err, tc.says)
					require.ErrorContains(t, err, "nothing was sent")
				}
			}
			assert.Len(t, wire.requests, map[bool]int{true: 5}[tc.says == ""])
		})
	}
}

// TestRawIsACopy: what is done to one raw client is not done to the next, nor to DeleteTask, and a raw client sends
// what its own functions make.
func TestRawIsACopy(t *testing.T) {
	t.Parallel()
	wire := play(deleted)
	c := newClient(t, remote, client.WithHTTPClient(wire), client.WithToken(token))
	spoiled := c.Raw()
	spoiled.Server, spoiled.Client, spoiled.RequestEditors[0] = "https://other.example.com/", nil, nil
	require.NoError(t, c.DeleteTask(t.Context(), task))
	require.NoError(t, rawDelete(t, c, task))

	stripped, elsewhere, before := c.Raw(), c.Raw(), c.Raw()
	stripped.RequestEditors = nil
	elsewhere.Server = "https://other.example.com/"
	before.RequestEditors = append([]raw.RequestEditorFn{func(_ context.Context, req *http.Request) error {
		req.URL.Path = strings.TrimSuffix(req.URL.Path, "/tasks/"+string(task.TaskID))
		return nil
	}}, before.RequestEditors...)
	for _, spoiled := range []*raw.Client{stripped, elsewhere, before} {
		_, err := spoiled.DeleteBackgroundTask( //nolint:bodyclose // there is none
			t.Context(), task.ProjectID, task.InstanceID, task.TaskID)
		require.ErrorContains(t, err, "nothing was sent")
	}
	own, err := raw.NewDeleteBackgroundTaskRequest(remote, task.ProjectID, task.InstanceID, task.TaskID)
	require.NoError(t, err)
	_, err = c.Raw().Client.Do(own) //nolint:bodyclose // there is none
	require.ErrorContains(t, err, "nothing was sent")
	assert.Len(t, wire.requests, 2)
}
