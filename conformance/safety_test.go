package conformance

import (
	"errors"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSafePath(t *testing.T) {
	t.Parallel()
	for path, safe := range map[string]bool{
		"": true, "/v2": true, "/v2/a.b/...": true, "/a%20b": true, "/~x": true,
		"/": false, "//": false, "/a/": false, "/a//b": false, "/.": false, "/a/..": false, "/../a": false,
		"/%2e": false, "/%2E%2e/a": false, "/.%2e": false, "/a%2fb": false, "/a%2F..%2Fb": false, "/%zz": false,
	} {
		assert.Equal(t, safe, safePath(path), path)
	}
}

// TestUnsafeProbesAreNotSent: even if a probe were made wrongly, its request would not leave.
func TestUnsafeProbesAreNotSent(t *testing.T) {
	t.Parallel()
	contract, err := DefaultContract()
	require.NoError(t, err)
	r := &run{config: config{contract: contract}, endpoint: &url.URL{Scheme: "http", Host: "127.0.0.1:1"}}
	for _, id := range []string{"", ".", "..", "../..", "a/b", "%2e%2e/", "/"} {
		for _, name := range []string{projectID, instanceID, taskID} {
			ids := map[string]string{projectID: "a", instanceID: "b", taskID: "c"}
			ids[name] = id
			_, err := r.request(t.Context(), &exchange{probe: probe{method: "DELETE", ids: ids}})
			require.ErrorContains(t, err, "not sent", "%s %q", name, id)
		}
	}
	r.order = make([]*exchange, MaxRequests)
	_, err = r.request(t.Context(), &exchange{probe: probe{
		method: "DELETE", ids: map[string]string{projectID: "a", instanceID: "b", taskID: "c"},
	}})
	assert.ErrorContains(t, err, "at most 40 requests")
}

// TestCleanError: net/http quotes a server in its errors, raw in some versions of Go.
func TestCleanError(t *testing.T) {
	t.Parallel()
	x := &exchange{secrets: &[]string{"s3cret"}}
	raw := errors.New("malformed \x1b[2J s3cret\n\u202e")
	err := x.clean(raw)
	require.ErrorIs(t, err, raw)
	assert.Equal(t, `malformed \x1b[2J [redacted]\n\u202e`, err.Error())
	assert.NoError(t, x.clean(nil))
}
