package client_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

func TestTemplateIsAmbiguous(t *testing.T) {
	t.Parallel()
	for _, mark := range []string{
		"f00df00df00df00df00df00df00df00d", "f00df00d-f00d-f00d-f00d-f00df00df00d", "task-f00df00df00df00df00df00df00df00d",
	} {
		_, err := client.New(remote + "/" + mark)
		require.ErrorIs(t, err, client.ErrInvalid)
	}
}

// TestTemplate: DeleteTask sends what the generated function sends, whatever the path of the server.
func TestTemplate(t *testing.T) {
	t.Parallel()
	for _, server := range []string{
		remote, remote + "/", remote + ":8443", remote + "/gateway/dms", remote + "/a%2Fb/c%20d/", remote + "/ü/",
		"http://[::1]:80/x", remote + "/v2/f00d/instances/tasks",
	} {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			var sent []*http.Request
			c := newClient(t, server, client.WithHTTPClient(doer(func(req *http.Request) (*http.Response, error) {
				sent = append(sent, req)
				return deleted(req)
			})))
			require.NoError(t, c.DeleteTask(t.Context(), task))
			resp, err := c.DeleteBackgroundTask(t.Context(), task.ProjectID, task.InstanceID, task.TaskID)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.Len(t, sent, 2)
			assert.Equal(t, sent[1].URL.String(), sent[0].URL.String())
			assert.Equal(t, sent[1].URL.RequestURI(), sent[0].URL.RequestURI())
			assert.Equal(t, sent[1].Host, sent[0].Host)
			assert.Equal(t, sent[1].Method, sent[0].Method)
			assert.Equal(t, sent[1].Header, sent[0].Header)
		})
	}
}
