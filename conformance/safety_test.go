package conformance

import (
	"errors"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/internal/secret"
)

// TestSafeSegment: what is decoded twice on the way stays in its segment, too.
func TestSafeSegment(t *testing.T) {
	t.Parallel()
	for value, safe := range map[string]bool{
		"a": true, "~": true, "a b": true, "not\xffa": true, "%38abf": true, "%": true, "100%": true, "a.b": true,
		"": false, ".": false, "..": false, "a/b": false, "%2e%2e": false, "%2E.": false, "%252e%252e": false,
		"a%2fb": false, "a%252f..": false, "..;a": false, "%2e%2e%3bx": false, ";": false, "a;b": true, "a;/b": false,
		`..\x`: false, `a%5c..`: false,
	} {
		assert.Equal(t, safe, safeSegment(value), "%q", value)
	}
}

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
	cfg, err := newConfig(nil)
	require.NoError(t, err)
	target := Target{TaskID: "named", Token: "made-up"}
	r := newRun(t.Context(), cfg, target, &url.URL{Scheme: "http", Host: "127.0.0.1:1"}, proxy{})
	request := func(changes ...string) error {
		x := &exchange{ids: map[string]string{projectID: "a", instanceID: "b", taskID: "c"}}
		for i := 0; i < len(changes); i += 2 {
			x.ids[changes[i]] = changes[i+1]
		}
		_, err := r.request(t.Context(), x)
		return err
	}
	require.NoError(t, request())
	for _, id := range []string{"", ".", "..", "../..", "a/b", "%2e%2e/", "/"} {
		for _, name := range pathIDs {
			require.ErrorContains(t, request(name, id), "not sent", "%s %q", name, id)
		}
	}
	require.NoError(t, request(taskID, "named"))
	r.mayDelete = false
	require.ErrorContains(t, request(taskID, "named"), "is not to be deleted")
	r.sent = MaxRequests
	assert.ErrorContains(t, request(), "at most 69 requests")
}

// TestCleanError: net/http quotes a server in its errors, raw in some versions of Go.
func TestCleanError(t *testing.T) {
	t.Parallel()
	x := &exchange{secrets: new(secret.Set)}
	x.secrets.Keep("s3cret")
	raw := errors.New("malformed \x1b[2J s3cret\n\u202e")
	err := x.clean(raw)
	require.ErrorIs(t, err, raw)
	assert.Equal(t, `malformed \x1b[2J [redacted]\n\u202e`, err.Error())
	require.NoError(t, x.clean(nil))
}
