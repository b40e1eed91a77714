package client_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

var (
	loopback = []string{
		"http://127.0.0.1", "http://127.0.0.1:8080", "http://127.8.9.1", "http://[::1]", "http://[::1]:8080",
		"http://[::ffff:127.0.0.1]", "http://localhost", "http://localhost:8080",
	}
	exposed = []string{
		"http://dms.example.com", "http://10.0.0.1", "http://0.0.0.0", "http://[::]", "http://128.0.0.1",
		"http://127.0.0.1.example.com", "http://localhost.example.com", "http://example.com/localhost",
		"http://127.0.0.1.:80", "http://[fe80::1]",
	}
	encrypted = []string{"https://dms.example.com", "https://10.0.0.1", "HTTPS://dms.example.com", "https://localhost"}
)

func TestPlainHTTP(t *testing.T) {
	t.Parallel()
	field := func(key string) []client.ClientOption {
		return []client.ClientOption{client.WithRequestEditorFn(func(_ context.Context, req *http.Request) error {
			req.Header.Set(key, token)
			return nil
		})}
	}
	tests := map[string]struct {
		opts    []client.ClientOption
		servers []string
		refused bool
	}{
		"token, https":              {[]client.ClientOption{client.WithToken(token)}, encrypted, false},
		"token, loopback":           {[]client.ClientOption{client.WithToken(token)}, loopback, false},
		"token, exposed":            {[]client.ClientOption{client.WithToken(token)}, exposed, true},
		"token of editor, https":    {field("X-Auth-Token"), encrypted, false},
		"token of editor, loopback": {field("X-Auth-Token"), loopback, false},
		"token of editor, exposed":  {field("X-Auth-Token"), exposed, true},
		"signature, https":          {field("Authorization"), encrypted, false},
		"signature, loopback":       {field("Authorization"), loopback, false},
		"signature, exposed":        {field("Authorization"), exposed, true},
		"nothing to read, exposed":  {nil, exposed, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, server := range tt.servers {
				sent, err := tryDelete(t, server, tt.opts...)
				if tt.refused {
					require.ErrorIs(t, err, client.ErrInvalid, server)
					require.ErrorContains(t, err, "WithInsecureHTTP")
					assert.NotContains(t, err.Error(), token)
					assert.Zero(t, sent, server)
				} else {
					require.NoError(t, err, server)
					assert.Equal(t, 1, sent, server)
				}

				sent, err = tryDelete(t, server, append(tt.opts, client.WithInsecureHTTP())...)
				require.NoError(t, err, "%s, insecure", server)
				assert.Equal(t, 1, sent, "%s, insecure", server)
			}
		})
	}
}

// tryDelete returns how many requests were sent, and the error of New or of DeleteTask.
func tryDelete(t *testing.T, server string, opts ...client.ClientOption) (sent int, err error) {
	t.Helper()
	wire := new(recorder)
	c, err := client.New(server, append(opts, client.WithHTTPClient(wire))...)
	if err == nil {
		err = c.DeleteTask(t.Context(), task)
	}
	return len(wire.requests), err
}

// A token for a plain host is a mistake in the configuration: it shows at the start of the program.
func TestPlainHTTPRefusedByNew(t *testing.T) {
	t.Parallel()
	c, err := client.New("http://dms.example.com", client.WithToken(token))
	require.ErrorIs(t, err, client.ErrInvalid)
	assert.Nil(t, c)
}

// The guard judges the request as it leaves, not as it was meant.
func TestPlainHTTPAfterEditor(t *testing.T) {
	t.Parallel()
	downgrade := func(_ context.Context, req *http.Request) error {
		req.URL = &url.URL{Scheme: "http", Host: "dms.example.com", Path: req.URL.Path}
		return nil
	}
	sent, err := tryDelete(t, remote, client.WithToken(token), client.WithRequestEditorFn(downgrade))
	require.ErrorIs(t, err, client.ErrInvalid)
	assert.Zero(t, sent)
}
