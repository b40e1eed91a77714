package client_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

// TestEchoedCredentials: wherever a server repeats the credentials, the error does not.
func TestEchoedCredentials(t *testing.T) {
	t.Parallel()
	const bearer = "bearer-0123456789"
	const chunked = "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n"
	for name, response := range map[string]string{
		"status line":         "HTTP/1.1 " + token + bearer + "\r\n\r\n",
		"header line":         "HTTP/1.1 404 Not Found\r\n" + token + bearer + "\r\n\r\n",
		"Content-Length":      "HTTP/1.1 404 Not Found\r\nContent-Length: " + token + bearer + "\r\n\r\n",
		"Transfer-Encoding":   "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: " + token + bearer + "\r\n\r\n",
		"chunk":               chunked + token + bearer + "\r\n",
		"trailer":             chunked + "0\r\n" + token + bearer + "\r\n\r\n",
		"Location":            "HTTP/1.1 302 Found\r\nLocation: http://elsewhere/?" + token + bearer + "\r\n\r\n",
		"unreadable Location": "HTTP/1.1 302 Found\r\nLocation: http://[" + token + bearer + "\r\n\r\n",
		"no HTTP":             token + bearer + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, serveRaw(t, response), client.WithSigner(func(req *http.Request) error {
				req.Header.Set("X-Auth-Token", token)
				req.Header.Set("Authorization", "Bearer "+bearer)
				return nil
			}))
			err := c.DeleteTask(t.Context(), task)
			require.Error(t, err)
			assert.NotContains(t, err.Error(), token)
			assert.NotContains(t, err.Error(), bearer)
			resp, err := c.DeleteBackgroundTask(t.Context(), task.ProjectID, task.InstanceID, task.TaskID)
			if err == nil {
				require.NoError(t, resp.Body.Close())
			} else {
				assert.NotContains(t, err.Error(), token)
				assert.NotContains(t, err.Error(), bearer)
			}
		})
	}
}

// TestUnreadableLocation: a redirect is an answer, with its status, whatever it points to.
func TestUnreadableLocation(t *testing.T) {
	t.Parallel()
	c := newClient(t, serveRaw(t, "HTTP/1.1 302 Found\r\nLocation: http://[x\r\n\r\n"))
	requireStatus(t, c.DeleteTask(t.Context(), task), http.StatusFound)
}

// TestSwitchingProtocols: after a 101 the connection has no end.
func TestSwitchingProtocols(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Errorf("hijack: %v", err)
			return
		}
		defer conn.Close()
		_, _ = conn.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"))
		_, _ = conn.Read(make([]byte, 1)) // until the client hangs up
	})
	requireStatus(t, newClient(t, url).DeleteTask(t.Context(), task), http.StatusSwitchingProtocols)
}

// TestCredentialsInAnyCase: a header map can hold a name that is not canonical, and servers do not care.
func TestCredentialsInAnyCase(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"x-auth-token", "AUTHORIZATION", "x-security-token"} {
		wire := play(deleted)
		c := newClient(t, "http://dms.example.com", client.WithHTTPClient(wire),
			client.WithSigner(func(req *http.Request) error {
				req.Header[name] = []string{token}
				return nil
			}), client.WithInsecureHTTP())
		require.NoError(t, c.DeleteTask(t.Context(), task))
		guarded, err := client.New("http://dms.example.com", client.WithHTTPClient(wire),
			client.WithRequestEditorFn(func(_ context.Context, req *http.Request) error {
				req.Header[name] = []string{token}
				return nil
			}))
		require.NoError(t, err)
		require.ErrorIs(t, guarded.DeleteTask(t.Context(), task), client.ErrInvalid)
		assert.Len(t, wire.times, 1)
	}
}

// TestServerIsNotShown: a password can stand in a URL in more places than package url knows to redact.
func TestServerIsNotShown(t *testing.T) {
	t.Parallel()
	for _, server := range []string{
		"admin:s3cret@dms.example.com", "https:///u:s3cret@h", "https://s3cret@h", "https://u:s3cret@h",
		"https://h?token=s3cret", "https://h#s3cret", "https://u:s3cret@%zz",
	} {
		_, err := client.New(server)
		require.ErrorIs(t, err, client.ErrInvalid)
		assert.NotContains(t, err.Error(), "s3cret")
	}
}

func TestOptionsOfAFinishedClient(t *testing.T) {
	t.Parallel()
	c := newClient(t, remote)
	require.Error(t, client.WithToken(token)(c))
}

// TestOddErrorBodies: a field that is not what it should be does not hide the code, which decides.
func TestOddErrorBodies(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"error_code":"DMS.10240407","error_msg":"m","request_id":1}`,
		`{"error_code":"DMS.10240407","error_msg":["m"]}`,
		`{"error_code":"DMS.10240407"}`,
	} {
		c := newClient(t, remote, client.WithHTTPClient(play(status(http.StatusNotFound, body))))
		require.ErrorIs(t, c.DeleteTask(t.Context(), task), client.ErrThrottled)
	}
}
