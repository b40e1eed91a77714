package main

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client/clienttest"
)

// newCloud writes a clouds.yaml with three clouds for a server. The SDK reads the real environment, and so the tests
// that use it are not parallel.
func newCloud(t *testing.T) *clienttest.Server {
	t.Helper()
	s := clienttest.NewServer()
	t.Cleanup(s.Close)
	file := filepath.Join(t.TempDir(), "clouds.yaml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `
clouds:
  password:
    auth: {auth_url: %[1]q, username: %[2]s, password: %[3]s, user_domain_name: %[4]s, project_name: %[5]s}
  key:
    auth: {auth_url: %[1]q, ak: %[6]s, sk: %[7]s, project_name: %[5]s}
  wrong:
    auth: {auth_url: %[1]q, ak: %[6]s, sk: s3cret, project_name: %[5]s}
`, s.IdentityURL(), s.User.Name, s.User.Password, s.User.Domain, s.ProjectName, s.AccessKey, s.SecretKey), 0o600))
	t.Setenv("OS_CLIENT_CONFIG_FILE", file)
	t.Setenv("OS_CLOUD", "")
	return s
}

func TestCloud(t *testing.T) {
	s := newCloud(t)
	for _, name := range []string{"password", "key"} {
		task := s.NewTask()
		got := command(t, nil, "--cloud="+name, "--instance-id="+string(task.InstanceID), "--task-id="+string(task.TaskID))
		assert.Equal(t, conforms, got.status, got.stderr)
		assert.Contains(t, got.stdout, "18 passed, 0 failed, 0 warned, 0 skipped")
		assert.False(t, s.HasTask(task))
	}
	signed := 0
	for _, r := range s.Requests() {
		if strings.Contains(r.Header.Get("Authorization"), s.AccessKey) {
			signed++
			assert.Empty(t, r.Header.Get("X-Auth-Token"))
		}
	}
	assert.Equal(t, 32, signed, "all requests of a run but those without and with made-up credentials")
}

func TestCloudByEnvironment(t *testing.T) {
	s := newCloud(t)
	t.Setenv("OS_CLOUD", "password")
	env := map[string]string{"OS_CLOUD": "password", "DMS_INSTANCE_ID": string(s.InstanceID)}
	got := command(t, env)
	assert.Equal(t, conforms, got.status, got.stderr)
	assert.Contains(t, got.stdout, s.URL+" conforms")

	// An endpoint does not get the credentials of a cloud that was not named together with it.
	other := clienttest.NewServer()
	t.Cleanup(other.Close)
	env["DMS_ENDPOINT"], env["DMS_PROJECT_ID"] = other.URL, string(s.ProjectID)
	got = command(t, env)
	assert.Equal(t, unchecked, got.status)
	assert.Contains(t, got.stderr, "no credentials")
	assert.Empty(t, other.Requests())
}

// TestCloudIsAlone: a cloud that is named by a flag does not give its credentials to what is left over in the
// environment, but to what a flag names.
func TestCloudIsAlone(t *testing.T) {
	s := newCloud(t)
	other := clienttest.NewServer()
	t.Cleanup(other.Close)
	const project = "00000000000000000000000000000000"
	for name, tc := range map[string]struct {
		env     map[string]string
		args    []string
		refused string
	}{
		"endpoint": {map[string]string{"DMS_ENDPOINT": other.URL}, nil, "DMS_ENDPOINT: unset"},
		"project":  {map[string]string{"DMS_PROJECT_ID": project}, nil, "DMS_PROJECT_ID: unset"},
		"both": {
			map[string]string{"DMS_ENDPOINT": other.URL, "DMS_PROJECT_ID": project}, nil, "say with --endpoint and --project-id",
		},
		"project beside an endpoint that is meant": {
			map[string]string{"DMS_PROJECT_ID": project}, []string{"--endpoint=" + s.URL}, "say with --project-id",
		},
		"empty":    {map[string]string{"DMS_ENDPOINT": "", "DMS_PROJECT_ID": ""}, nil, ""},
		"instance": {map[string]string{"DMS_INSTANCE_ID": string(s.InstanceID)}, nil, ""},
		"flags": {
			map[string]string{"DMS_ENDPOINT": other.URL, "DMS_PROJECT_ID": project},
			[]string{"--endpoint=" + s.URL, "--project-id=" + string(s.ProjectID)}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(s.IdentityRequests())
			got := command(t, tc.env, append(tc.args, "--cloud=key")...)
			if tc.refused == "" {
				assert.Equal(t, conforms, got.status, got.stderr)
				assert.Contains(t, got.stdout, s.URL+" conforms")
			} else {
				assert.Equal(t, unchecked, got.status)
				assert.Contains(t, got.stderr, "--cloud=key has an endpoint and a project")
				assert.Contains(t, got.stderr, tc.refused)
				assert.Len(t, s.IdentityRequests(), before)
			}
			assert.Empty(t, other.Requests())
		})
	}
}

// TestCloudIsRefused: a wrong secret key is tried once.
func TestCloudIsRefused(t *testing.T) {
	s := newCloud(t)
	got := command(t, nil, "--cloud=wrong")
	assert.Equal(t, unchecked, got.status)
	assert.Contains(t, got.stderr, "refuses the credentials")
	assert.NotContains(t, got.stderr, "s3cret")
	assert.Len(t, s.IdentityRequests(), 1)
	assert.Empty(t, s.Requests())

	got = command(t, nil, "--cloud=nonesuch")
	assert.Equal(t, unchecked, got.status)
	assert.Contains(t, got.stderr, `there is no cloud "nonesuch"`)
}

// TestCloudOverPlainHTTP: the endpoint of a catalog is looked at like one that is named.
func TestCloudOverPlainHTTP(t *testing.T) {
	s := newCloud(t)
	got := command(t, nil, "--cloud=key", "--insecure")
	assert.Equal(t, unchecked, got.status)
	assert.Contains(t, got.stderr, "--insecure has no effect on "+s.URL)
	assert.Empty(t, s.Requests())
}

// TestCloudSteersNoTerminal: what a login says may come from a server.
func TestCloudSteersNoTerminal(t *testing.T) {
	s := newCloud(t)
	s.WrapIdentity(func(own http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := httptest.NewRecorder()
			own.ServeHTTP(answer, r)
			maps.Copy(w.Header(), answer.Header())
			w.WriteHeader(answer.Code)
			_, _ = w.Write(bytes.ReplaceAll(answer.Body.Bytes(), []byte(`"region":"`), []byte(`"region":"\u001b[2J`)))
		})
	})
	got := command(t, nil, "--cloud=password")
	assert.Equal(t, unchecked, got.status)
	assert.Contains(t, got.stderr, `but in \x1b[2J`)
	assert.NotContains(t, got.stderr, "\x1b")
}
