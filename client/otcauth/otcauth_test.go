package otcauth_test

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	golangsdk "github.com/opentelekomcloud/gophertelekomcloud"
	"github.com/opentelekomcloud/gophertelekomcloud/openstack"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/client/otcauth"
	"github.com/dmstask/dmstask/client/raw"
)

// Variables that log in to a server: those of a user, and those of an access key.
const (
	byPassword = toProject + "OS_USERNAME=$USER OS_PASSWORD=$PASSWORD OS_USER_DOMAIN_NAME=$DOMAIN "
	byKey      = toProject + "OS_ACCESS_KEY=$AK OS_SECRET_KEY=$SK "
	toProject  = "OS_AUTH_URL=$URL OS_PROJECT_NAME=$PROJECT "
)

// setup starts a server and sets variables for it. Since it does, none of these tests is parallel.
func setup(t *testing.T, variables string) *clienttest.Server {
	t.Helper()
	s := clienttest.New(t)
	setenv(t, s, variables)
	return s
}

// setenv sets variables for a server, and clears all others.
func setenv(t *testing.T, s *clienttest.Server, variables string) {
	t.Helper()
	clearEnvironment(t)
	for _, variable := range strings.Fields(expand(s, variables)) {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
}

// clearEnvironment takes away whatever could log in somewhere else.
func clearEnvironment(t *testing.T) {
	t.Helper()
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		t.Setenv(name, "")
	}
	t.Setenv("HOME", t.TempDir())
	t.Chdir(t.TempDir())
}

// expand puts what a server has in the place of names such as $USER.
func expand(s *clienttest.Server, text string) string {
	return os.Expand(text, func(name string) string {
		return map[string]string{
			"HOST": s.URL, "URL": s.IdentityURL(), "REGION": s.Region,
			"PROJECT": s.ProjectName, "PROJECT_ID": string(s.ProjectID), "DOMAIN": s.User.Domain, "DOMAIN_ID": s.User.DomainID(),
			"USER": s.User.Name, "USER_ID": s.User.ID(), "PASSWORD": s.User.Password,
			"TOKEN": s.Token, "AK": s.AccessKey, "SK": s.SecretKey, "OTHER": "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f",
		}[name]
	})
}

// write writes a file and returns its path.
func write(t *testing.T, path, content string) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))     //nolint:gosec // G703: of this test
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600)) //nolint:gosec // G703: the same
	return path
}

// issued is a token that nothing else knows.
const issued = "made-up-0123456789-token"

// answerIdentity has the identity service answer so to everything.
func answerIdentity(s *clienttest.Server, status int, body func(*http.Request) string) {
	s.WrapIdentity(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "/v3/elsewhere")
			w.Header().Set("X-Subject-Token", issued)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body(r))
		})
	})
}

// TestLogins: every kind of credentials deletes a task, with nothing but the environment to go by.
func TestLogins(t *testing.T) {
	for name, variables := range map[string]string{ //nolint:gosec // G101: they are made up
		"password by names": byPassword,
		"password by IDs": "OS_AUTH_URL=$URL OS_USER_ID=$USER_ID OS_USERNAME=x OS_PASSWORD=$PASSWORD " +
			"OS_PROJECT_ID=$PROJECT_ID OS_PROJECT_NAME=x OS_REGION_NAME=$REGION",
		"password, domain by ID":           byPassword + "OS_USER_DOMAIN_NAME= OS_USER_DOMAIN_ID=$DOMAIN_ID",
		"password, domain of both":         byPassword + "OS_USER_DOMAIN_NAME= OS_DOMAIN_NAME=$DOMAIN",
		"password, tenant":                 byPassword + "OS_PROJECT_NAME= OS_TENANT_NAME=$PROJECT",
		"password, no version in the URL":  byPassword + "OS_AUTH_URL=$HOST",
		"token":                            "OS_AUTH_URL=$URL/ OS_TOKEN=$TOKEN",
		"access key, project by name":      byKey,
		"access key, project by ID":        byKey + "OS_PROJECT_NAME= OS_PROJECT_ID=$PROJECT_ID OS_REGION_NAME=$REGION",
		"access key, short names":          byKey + "OS_ACCESS_KEY= OS_SECRET_KEY= OS_AK=$AK OS_SK=$SK",
		"access key with a domain":         byKey + "OS_DOMAIN_NAME=$DOMAIN OS_DOMAIN_ID=$DOMAIN_ID",
		"access key with a security token": byKey + "OS_SECURITY_TOKEN=x",
		"variables of AWS are not ours":    byPassword + "AWS_ACCESS_KEY_ID=AKIA AWS_ACCESS_SECRET_KEY=x",
		"access key beside those of AWS":   byKey + "AWS_ACCESS_KEY_ID=AKIA AWS_ACCESS_SECRET_KEY=x",
	} {
		t.Run(name, func(t *testing.T) {
			s := setup(t, variables)
			retry := client.WithRetry(client.RetryPolicy{BaseDelay: time.Millisecond})
			c, err := otcauth.New(t.Context(), otcauth.WithClientOptions(retry))
			require.NoError(t, err)
			assert.Equal(t, []any{s.URL, s.ProjectID, s.Region}, []any{c.Endpoint, c.ProjectID, c.Region})
			task := s.NewTask()
			s.AnswerNext(2, clienttest.Error(503, "DMS.111501025", "m", nil))
			require.NoError(t, c.DeleteTask(t.Context(), task))
			assert.False(t, s.HasTask(task))
			require.Len(t, s.Requests(), 3)
			for _, r := range s.Requests() { // an attempt has credentials of its own
				assert.Len(t, append(r.Header.Values("X-Auth-Token"), r.Header.Values("Authorization")...), 1)
				assert.Len(t, r.Header.Values("X-Sdk-Date"), len(r.Header.Values("Authorization")))
			}

			task = s.NewTask()
			req, err := raw.NewDeleteBackgroundTaskRequest(c.Endpoint, task.ProjectID, task.InstanceID, task.TaskID)
			require.NoError(t, err)
			require.NoError(t, c.Authorize(req))
			resp, err := http.DefaultClient.Do(req)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			assert.Equal(t, http.StatusNoContent, resp.StatusCode)
		})
	}
}

// TestPasswordRequest: user and project are looked up each in a domain of its own; a passcode is a second method.
func TestPasswordRequest(t *testing.T) {
	for variables, want := range map[string]string{ //nolint:gosec // G101: they are made up
		"OS_USER_DOMAIN_NAME=a OS_PROJECT_NAME=n OS_PROJECT_DOMAIN_ID=b OS_DOMAIN_NAME=x": `{"identity": {
			"methods": ["password"], "password": {"user": {"name": "u", "password": "p", "domain": {"name": "a"}}}},
			"scope": {"project": {"name": "n", "domain": {"id": "b"}}}}`,
		"OS_PROJECT_DOMAIN_NAME=a OS_PASSCODE=1": `{"identity": {"methods": ["password", "totp"],
			"password": {"user": {"name": "u", "password": "p", "domain": {"name": "a"}}},
			"totp": {"user": {"name": "u", "passcode": "1", "domain": {"name": "a"}}}}}`,
		"OS_USER_ID=i OS_PROJECT_ID=n OS_PASSCODE=1": `{"identity": {"methods": ["password", "totp"],
			"password": {"user": {"id": "i", "password": "p"}}, "totp": {"user": {"id": "i", "passcode": "1"}}},
			"scope": {"project": {"id": "n"}}}`,
	} {
		s := setup(t, "OS_AUTH_URL=$URL OS_USERNAME=u OS_PASSWORD=p "+variables)
		var got []byte
		answerIdentity(s, http.StatusForbidden, func(r *http.Request) string {
			got, _ = io.ReadAll(r.Body)
			return ""
		})
		_, err := otcauth.New(t.Context())
		require.ErrorAs(t, err, new(golangsdk.ErrDefault403))
		require.JSONEq(t, `{"auth": `+want+`}`, string(got))
	}
}

// TestTokenIsRenewed: before it expires, when it is refused, and once for many calls.
func TestTokenIsRenewed(t *testing.T) {
	s := setup(t, byPassword)
	s.SetTokenLifetime(-time.Minute) // too old at once
	c, err := otcauth.New(t.Context())
	require.NoError(t, err)
	s.SetTokenLifetime(time.Hour)
	for _, logins := range []int{2, 3} {
		require.NoError(t, c.DeleteTask(t.Context(), s.NewTask()))
		require.NoError(t, c.DeleteTask(t.Context(), s.NewTask()))
		assert.Len(t, s.IdentityRequests(), logins)
		requests := s.Requests()
		s.ExpireToken(requests[len(requests)-1].Header.Get("X-Auth-Token"))
	}

	answerIdentity(s, http.StatusNotFound, func(*http.Request) string { return steers + strings.ToLower(s.User.Password) })
	err = c.DeleteTask(t.Context(), s.NewTask())
	require.ErrorAs(t, err, new(golangsdk.ErrDefault404))
	requireShown(t, err)
	assert.NotContains(t, err.Error(), strings.ToLower(s.User.Password))

	// A passcode is good for one login.
	s.Reset()
	t.Setenv("OS_PASSCODE", "123456")
	s.SetTokenLifetime(-time.Minute)
	c, err = otcauth.New(t.Context())
	require.NoError(t, err)
	require.ErrorContains(t, c.DeleteTask(t.Context(), s.NewTask()), "the token has expired, and passcodes work only once")
	assert.Len(t, s.IdentityRequests(), 1)
}

// TestStubbornIdentity: no answer of the identity service holds a login up, and the error has a meaning.
func TestStubbornIdentity(t *testing.T) {
	s := setup(t, byPassword)
	for status, says := range map[int]string{201: "too large", 302: "redirects are not followed", 502: "502"} {
		s.Reset()
		answerIdentity(s, status, func(*http.Request) string { return strings.Repeat(s.User.Password, 400_000) }) // 10 MB
		_, err := otcauth.New(t.Context())
		require.ErrorContains(t, err, says)
		assert.NotContains(t, err.Error(), s.User.Password)
		assert.Len(t, s.IdentityRequests(), 1)
	}

	for meaning, answers := range map[error][]clienttest.Answer{
		client.ErrUnauthorized: {{StatusCode: 401}},
		client.ErrThrottled:    {{StatusCode: 429}},
		client.ErrUnavailable: {{StatusCode: 500}, {StatusCode: 502}, {StatusCode: 503}, {StatusCode: 504}, {HangUp: true},
			{Body: "{}", CutAfter: 9}, {Body: "{}", CutAfter: 39}, {Delay: 300 * time.Millisecond}},
		context.Canceled: {{StatusCode: 302}, {StatusCode: 400}, {StatusCode: 404}, {Body: "no JSON"}}, // none of these
	} {
		for _, answer := range answers {
			s.WrapIdentity(func(http.Handler) http.Handler { return answer })
			_, err := otcauth.New(t.Context(), otcauth.WithHTTPClient(&http.Client{Timeout: 100 * time.Millisecond}))
			for _, known := range []error{client.ErrUnauthorized, client.ErrThrottled, client.ErrUnavailable} {
				assert.Equal(t, errors.Is(meaning, known), errors.Is(err, known), "%v: %v", answer, err)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := otcauth.New(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, client.ErrUnavailable)
}

// TestProvider: a provider that the caller has logged in already.
func TestProvider(t *testing.T) {
	s := setup(t, byPassword) // which must not take the place of a provider that is not there
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
	located := func(golangsdk.EndpointOpts) (string, error) { return s.URL, nil }
	for _, provider := range []*golangsdk.ProviderClient{nil, {RegionID: "eu-de"}, {EndpointLocator: located}} {
		_, err := otcauth.New(t.Context(), otcauth.WithProvider(provider))
		require.ErrorContains(t, err, "the provider ")
	}
}

// TestTLS: the client heeds cacert and OS_INSECURE, or is the caller's own.
func TestTLS(t *testing.T) {
	s := clienttest.NewTLSServer()
	t.Cleanup(s.Close)
	ca := write(t, filepath.Join(t.TempDir(), "ca.pem"),
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	for variable, option := range map[string]otcauth.Option{
		"OS_CLOUD=":         otcauth.WithHTTPClient(s.Server.Client()),
		"OS_CACERT=" + ca:   otcauth.WithHTTPClient(nil),
		"OS_CA_CERT=" + ca:  otcauth.WithHTTPClient(nil),
		"OS_INSECURE=true":  otcauth.WithHTTPClient(nil),
		"OS_INSECURE=false": otcauth.WithHTTPClient(nil),
	} {
		setenv(t, s, byPassword+variable)
		c, err := otcauth.New(t.Context(), option)
		if strings.HasSuffix(variable, "false") {
			require.ErrorContains(t, err, "certificate")
			require.NotErrorIs(t, err, client.ErrUnavailable)
			continue
		}
		require.NoError(t, err)
		require.NoError(t, c.DeleteTask(t.Context(), s.NewTask()))
	}
}
