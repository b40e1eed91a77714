package otcauth_test

import (
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	golangsdk "github.com/opentelekomcloud/gophertelekomcloud"
	"github.com/opentelekomcloud/gophertelekomcloud/openstack"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/client/otcauth"
)

// setup starts a server and clears the environment of whatever could log in somewhere else. It is set anew by each
// test, and so none of these tests is parallel.
func setup(t *testing.T) *clienttest.Server {
	t.Helper()
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "OS_") || strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("OS_CLIENT_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	server := clienttest.NewServer()
	t.Cleanup(server.Close)
	return server
}

func setenv(t *testing.T, env map[string]string) {
	t.Helper()
	for name, value := range env {
		t.Setenv(name, value)
	}
}

// clouds writes a clouds.yaml, and a secure.yaml if that is not empty.
func clouds(t *testing.T, public, secure string) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{"CONFIG": public, "SECURE": secure} {
		if content == "" {
			continue
		}
		path := filepath.Join(dir, name+".yaml")
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		t.Setenv("OS_CLIENT_"+name+"_FILE", path)
	}
}

func passwordEnv(s *clienttest.Server) map[string]string {
	return map[string]string{
		"OS_AUTH_URL": s.IdentityURL(), "OS_USERNAME": s.User.Name, "OS_PASSWORD": s.User.Password,
		"OS_USER_DOMAIN_NAME": s.User.Domain, "OS_PROJECT_NAME": s.ProjectName,
	}
}

func keyEnv(s *clienttest.Server) map[string]string {
	return map[string]string{
		"OS_AUTH_URL": s.IdentityURL(), "OS_ACCESS_KEY": s.AccessKey, "OS_SECRET_KEY": s.SecretKey,
		"OS_PROJECT_NAME": s.ProjectName,
	}
}

func with(env map[string]string, changes ...string) map[string]string {
	for pair := range slices.Chunk(changes, 2) {
		env[pair[0]] = pair[1]
	}
	return env
}

// TestLogins: every kind of credentials deletes a task, with nothing but the environment to go by.
func TestLogins(t *testing.T) {
	for name, env := range map[string]func(s *clienttest.Server) map[string]string{
		"password by names": passwordEnv,
		"password by IDs": func(s *clienttest.Server) map[string]string {
			return map[string]string{
				"OS_AUTH_URL": s.IdentityURL(), "OS_USER_ID": s.User.ID(), "OS_PASSWORD": s.User.Password,
				"OS_PROJECT_ID": string(s.ProjectID), "OS_REGION_NAME": s.Region,
			}
		},
		"password, domain by ID": func(s *clienttest.Server) map[string]string {
			return with(passwordEnv(s), "OS_USER_DOMAIN_NAME", "", "OS_USER_DOMAIN_ID", s.User.DomainID())
		},
		"token": func(s *clienttest.Server) map[string]string {
			return map[string]string{"OS_AUTH_URL": s.IdentityURL(), "OS_TOKEN": s.Token}
		},
		"access key, project by name": keyEnv,
		"access key, project by ID": func(s *clienttest.Server) map[string]string {
			return with(keyEnv(s), "OS_PROJECT_NAME", "", "OS_PROJECT_ID", string(s.ProjectID), "OS_REGION_NAME", s.Region)
		},
		"access key with a domain": func(s *clienttest.Server) map[string]string {
			return with(keyEnv(s), "OS_DOMAIN_NAME", s.User.Domain)
		},
		"variables of AWS are not ours": func(s *clienttest.Server) map[string]string {
			return with(passwordEnv(s), "AWS_ACCESS_KEY_ID", "AKIA", "AWS_ACCESS_SECRET_KEY", "x", "AWS_SECURITY_TOKEN", "y")
		},
		"access key beside those of AWS": func(s *clienttest.Server) map[string]string {
			return with(keyEnv(s), "AWS_ACCESS_KEY_ID", "AKIA", "AWS_ACCESS_SECRET_KEY", "x")
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := setup(t)
			setenv(t, env(s))
			c, err := otcauth.New(t.Context())
			require.NoError(t, err)
			assert.Equal(t, s.URL, c.Endpoint)
			assert.Equal(t, s.ProjectID, c.ProjectID)
			assert.Equal(t, s.Region, c.Region)
			for range 3 {
				task := s.NewTask()
				require.NoError(t, c.DeleteTask(t.Context(), task))
				assert.False(t, s.HasTask(task))
			}
		})
	}
}

// TestClouds: clouds.yaml with secure.yaml, by option or by OS_CLOUD.
func TestClouds(t *testing.T) {
	s := setup(t)
	clouds(t, fmt.Sprintf(`
clouds:
  by-password:
    region_name: %[1]s
    auth: {auth_url: %[2]q, username: %[3]s, user_domain_id: %[4]s, project_name: %[5]s}
  by-key:
    auth: {auth_url: %[2]q, project_name: %[5]s, ak: %[6]s}
  elsewhere:
    region_name: eu-xx
    auth: {auth_url: %[2]q, token: %[7]s}
`, s.Region, s.IdentityURL(), s.User.Name, s.User.DomainID(), s.ProjectName, s.AccessKey, s.Token),
		fmt.Sprintf("clouds: {by-password: {auth: {password: %s}}, by-key: {auth: {sk: %s}}}", s.User.Password, s.SecretKey))
	// Credentials for somewhere else must not change what the named cloud is.
	t.Setenv("OS_ACCESS_KEY", "of-another-cloud")

	for _, name := range []string{"by-password", "by-key"} {
		c, err := otcauth.New(t.Context(), otcauth.WithCloud(name))
		require.NoError(t, err, name)
		require.NoError(t, c.DeleteTask(t.Context(), s.NewTask()), name)

		t.Setenv("OS_CLOUD", name)
		_, err = otcauth.New(t.Context())
		require.NoError(t, err, name)
	}
	_, err := otcauth.New(t.Context(), otcauth.WithCloud("elsewhere"))
	require.ErrorContains(t, err, `no service dmsv2 in region "eu-xx", but in eu-de, eu-nl`)
	c, err := otcauth.New(t.Context(), otcauth.WithCloud("elsewhere"), otcauth.WithRegion("eu-nl"))
	require.NoError(t, err)
	assert.Equal(t, s.URL+"/eu-nl", c.Endpoint)
	_, err = otcauth.New(t.Context(), otcauth.WithCloud("by-passwort"))
	require.ErrorContains(t, err, `there is no cloud "by-passwort" in `)
	for _, r := range s.IdentityRequests() {
		assert.NotContains(t, r.Header.Get("Authorization"), "of-another-cloud")
	}
}

// TestRefused: what is wrong is said, with no secret and nothing sent that need not be.
func TestRefused(t *testing.T) {
	const secret = "s3cret-value"
	for name, tc := range map[string]struct {
		env  func(s *clienttest.Server) map[string]string
		says string
		is   error
	}{
		"nothing at all": {
			func(*clienttest.Server) map[string]string { return nil }, "there is no auth_url", nil,
		},
		"no credentials": {
			func(s *clienttest.Server) map[string]string { return map[string]string{"OS_AUTH_URL": s.IdentityURL()} },
			"there are no credentials", nil,
		},
		"auth_url is no URL": {
			func(s *clienttest.Server) map[string]string { return with(passwordEnv(s), "OS_AUTH_URL", "iam") },
			"auth_url is no URL", nil,
		},
		"plain http": {
			func(s *clienttest.Server) map[string]string {
				return with(passwordEnv(s), "OS_AUTH_URL", "http://iam.example.com/v3")
			}, "plain http", nil,
		},
		"wrong password": {
			func(s *clienttest.Server) map[string]string { return with(passwordEnv(s), "OS_PASSWORD", secret) },
			"refuses the credentials", client.ErrUnauthorized,
		},
		"unknown project": {
			func(s *clienttest.Server) map[string]string { return with(passwordEnv(s), "OS_PROJECT_NAME", "x") },
			"refuses the credentials", client.ErrUnauthorized,
		},
		"wrong token": {
			func(s *clienttest.Server) map[string]string {
				return map[string]string{"OS_AUTH_URL": s.IdentityURL(), "OS_TOKEN": secret}
			}, "refuses the credentials", client.ErrUnauthorized,
		},
		"wrong secret key": {
			func(s *clienttest.Server) map[string]string { return with(keyEnv(s), "OS_SECRET_KEY", secret) },
			"refuses the credentials", client.ErrUnauthorized,
		},
		"no secret key": {
			func(s *clienttest.Server) map[string]string { return with(keyEnv(s), "OS_SECRET_KEY", "") },
			"no secret key", nil,
		},
		"no project": {
			func(s *clienttest.Server) map[string]string { return with(keyEnv(s), "OS_PROJECT_NAME", "") },
			"an access key needs a project", nil,
		},
		"project of nobody": {
			func(s *clienttest.Server) map[string]string { return with(keyEnv(s), "OS_PROJECT_NAME", "eu-de_x") },
			`no project "eu-de_x"`, nil,
		},
		"password without a project": {
			func(s *clienttest.Server) map[string]string { return with(passwordEnv(s), "OS_PROJECT_NAME", "") },
			"not for a project", client.ErrInvalid,
		},
		"region is not known": {
			func(s *clienttest.Server) map[string]string {
				return with(keyEnv(s), "OS_PROJECT_NAME", "", "OS_PROJECT_ID", string(s.ProjectID))
			}, "set region_name or OS_REGION_NAME to one of eu-de, eu-nl", nil,
		},
		"nobody there": {
			func(s *clienttest.Server) map[string]string {
				return with(passwordEnv(s), "OS_AUTH_URL", "http://127.0.0.1:1/v3")
			}, "connection refused", nil,
		},
		"nobody there, with a token": {
			func(*clienttest.Server) map[string]string {
				return map[string]string{"OS_AUTH_URL": "http://127.0.0.1:1/v3", "OS_TOKEN": secret}
			}, "no answer", nil,
		},
		"agency": {
			func(s *clienttest.Server) map[string]string { return with(passwordEnv(s), "OS_AGENCY_NAME", "x") },
			"agencies are not supported", nil,
		},
		"cacert": {
			func(s *clienttest.Server) map[string]string {
				return with(passwordEnv(s), "OS_CA_CERT", "/nonexistent")
			},
			"cacert: ", nil,
		},
		"cert": {
			func(s *clienttest.Server) map[string]string {
				return with(passwordEnv(s), "OS_CLIENT_CERT", "/nonexistent")
			},
			"cert and key: ", nil,
		},
		"no file for the cloud": {
			func(*clienttest.Server) map[string]string { return map[string]string{"OS_CLOUD": "x"} },
			"there is no clouds.yaml to find cloud", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := setup(t)
			setenv(t, tc.env(s))
			_, err := otcauth.New(t.Context())
			require.ErrorContains(t, err, tc.says)
			if tc.is != nil {
				require.ErrorIs(t, err, tc.is)
			}
			for _, value := range []string{secret, s.User.Password, s.SecretKey} {
				assert.NotContains(t, err.Error(), value)
			}
			assert.LessOrEqual(t, len(s.IdentityRequests()), 2, "wrong credentials are not tried again and again")
		})
	}
}

// TestBrokenClouds: a file that cannot be read is an error that does not quote it.
func TestBrokenClouds(t *testing.T) {
	for name, content := range map[string]string{
		"syntax": "clouds: {x: {auth: {password: s3cret",
		"types":  "clouds: {x: [s3cret]}",
		"tab":    "clouds:\n\tx: s3cret",
	} {
		t.Run(name, func(t *testing.T) {
			setup(t)
			clouds(t, content, "")
			_, err := otcauth.New(t.Context(), otcauth.WithCloud("x"))
			require.ErrorContains(t, err, "is not as clouds.yaml should be")
			assert.NotContains(t, err.Error(), "s3cret")
		})
	}
}

// TestTokenIsRenewed: before it expires, when it is refused, and once for a hundred calls.
func TestTokenIsRenewed(t *testing.T) {
	s := setup(t)
	setenv(t, passwordEnv(s))
	s.SetTokenLifetime(-time.Minute) // too old at once
	c, err := otcauth.New(t.Context())
	require.NoError(t, err)
	s.SetTokenLifetime(time.Hour)
	var calls sync.WaitGroup
	for range 100 {
		calls.Go(func() { assert.NoError(t, c.DeleteTask(t.Context(), s.NewTask())) })
	}
	calls.Wait()
	assert.Len(t, s.IdentityRequests(), 2)

	requests := s.Requests()
	s.ExpireToken(requests[len(requests)-1].Header.Get("X-Auth-Token"))
	for range 100 {
		calls.Go(func() { assert.NoError(t, c.DeleteTask(t.Context(), s.NewTask())) })
	}
	calls.Wait()
	assert.Len(t, s.IdentityRequests(), 3)
}

// TestSignedAnew: an attempt after an error has a signature of its own.
func TestSignedAnew(t *testing.T) {
	s := setup(t)
	setenv(t, keyEnv(s))
	c, err := otcauth.New(t.Context(),
		otcauth.WithClientOptions(client.WithRetry(client.RetryPolicy{BaseDelay: time.Millisecond})))
	require.NoError(t, err)
	s.AnswerNext(2, clienttest.Error(503, "DMS.111501025", "m", nil))
	require.NoError(t, c.DeleteTask(t.Context(), s.NewTask()))
	require.Len(t, s.Requests(), 3)
	for _, r := range s.Requests() {
		assert.Len(t, r.Header.Values("X-Sdk-Date"), 1)
		assert.Len(t, r.Header.Values("Authorization"), 1)
	}
}

// TestStalledIdentity: a login ends with its context, and an identity service that throttles does not hold it up.
func TestStalledIdentity(t *testing.T) {
	s := setup(t)
	setenv(t, passwordEnv(s))
	s.WrapIdentity(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the client has gone
			<-r.Context().Done()
		})
	})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := otcauth.New(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	for status, says := range map[int]string{429: "Too many requests", 500: "Internal Server Error", 302: "redirects"} {
		s.WrapIdentity(func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "/v3/elsewhere")
				w.WriteHeader(status)
				_, _ = fmt.Fprintf(w, "you said %s", s.User.Password)
			})
		})
		_, err := otcauth.New(t.Context())
		require.ErrorContains(t, err, says)
		assert.NotContains(t, err.Error(), s.User.Password)
	}
}

// TestElsewhere: a password goes to the service that the user named, wherever that points.
func TestElsewhere(t *testing.T) {
	s := setup(t)
	arrived := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived++ }))
	t.Cleanup(other.Close)
	versions := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		const listed = `{"versions":{"values":[{"id":"v3.9","status":"stable","links":[{"rel":"self","href":"%s/v3/"}]}]}}`
		_, _ = fmt.Fprintf(w, listed, other.URL)
	}))
	t.Cleanup(versions.Close)
	setenv(t, with(passwordEnv(s), "OS_AUTH_URL", versions.URL))
	_, err := otcauth.New(t.Context())
	require.ErrorContains(t, err, "refers to another one")
	assert.Zero(t, arrived)
}

// TestProvider: a provider that the caller has logged in already.
func TestProvider(t *testing.T) {
	s := setup(t)
	for name, options := range map[string]golangsdk.AuthOptionsProvider{
		"password": golangsdk.AuthOptions{
			IdentityEndpoint: s.IdentityURL(), Username: s.User.Name, Password: s.User.Password,
			DomainName: s.User.Domain, TenantName: s.ProjectName,
		},
		"access key": golangsdk.AKSKAuthOptions{
			IdentityEndpoint: s.IdentityURL(), AccessKey: s.AccessKey, SecretKey: s.SecretKey, ProjectName: s.ProjectName,
		},
	} {
		t.Run(name, func(t *testing.T) {
			provider, err := openstack.AuthenticatedClient(options)
			require.NoError(t, err)
			c, err := otcauth.New(t.Context(), otcauth.WithProvider(provider), otcauth.WithRegion(s.Region))
			require.NoError(t, err)
			require.NoError(t, c.DeleteTask(t.Context(), s.NewTask()))
			_, err = otcauth.New(t.Context(), otcauth.WithProvider(provider), otcauth.WithRegion("x"))
			require.ErrorContains(t, err, "no dmsv2 in region x")
		})
	}
	setenv(t, passwordEnv(s)) // which must not take the place of a provider that is not there
	var none context.Context
	_, err := otcauth.New(none)
	require.ErrorContains(t, err, "context is nil")
	for says, provider := range map[string]*golangsdk.ProviderClient{
		"provider is nil": nil,
		"has no region":   {}, "not logged in": {RegionID: "eu-de"},
	} {
		_, err := otcauth.New(t.Context(), nil, otcauth.WithProvider(provider))
		require.ErrorContains(t, err, says)
	}
}

// TestTLS: the client heeds cacert, or is the caller's own.
func TestTLS(t *testing.T) {
	setup(t)
	s := clienttest.NewTLSServer()
	t.Cleanup(s.Close)
	setenv(t, passwordEnv(s))
	_, err := otcauth.New(t.Context())
	require.ErrorContains(t, err, "certificate")

	c, err := otcauth.New(t.Context(), otcauth.WithHTTPClient(s.Client()))
	require.NoError(t, err)
	require.NoError(t, c.DeleteTask(t.Context(), s.NewTask()))

	ca := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	require.NoError(t, os.WriteFile(ca, block, 0o600))
	t.Setenv("OS_CA_CERT", ca)
	c, err = otcauth.New(t.Context())
	require.NoError(t, err)
	require.NoError(t, c.DeleteTask(t.Context(), s.NewTask()))

	t.Setenv("OS_CA_CERT", "")
	t.Setenv("OS_INSECURE", "true")
	_, err = otcauth.New(t.Context())
	require.NoError(t, err)
}

// TestAuthorize: for programs that send requests of their own.
func TestAuthorize(t *testing.T) {
	s := setup(t)
	for _, env := range []map[string]string{passwordEnv(s), with(keyEnv(s), "OS_USERNAME", "", "OS_PASSWORD", "")} {
		setenv(t, env)
		c, err := otcauth.New(t.Context())
		require.NoError(t, err)
		task := s.NewTask()
		req, err := client.NewDeleteBackgroundTaskRequest(c.Endpoint, task.ProjectID, task.InstanceID, task.TaskID)
		require.NoError(t, err)
		require.NoError(t, c.Authorize(req))
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, http.StatusNoContent, resp.StatusCode)
	}
}
