package otcauth_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	golangsdk "github.com/opentelekomcloud/gophertelekomcloud"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/client/otcauth"
)

// answerIdentity has the identity service answer so to everything.
func answerIdentity(s *clienttest.Server, status int, body func(*http.Request) string) {
	s.WrapIdentity(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			text := body(r)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
		})
	})
}

// steers is what a terminal obeys, in three ways, and what turns the direction of writing.
const steers = "\x1b[2J\x1b]0;title\a\u009b2J\u202e"

func requireShown(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	require.Less(t, len(err.Error()), 700)
	require.NotRegexp(t, `[^\pL\pM\pN\pP\pS ]`, err.Error())
}

// TestEchoedPassword: the identity service may repeat the request, in whatever encoding.
func TestEchoedPassword(t *testing.T) {
	const long, short = `Sup3r"Secret/and+more?`, `p"<w`
	quoted := func(text string) string {
		encoded, err := json.Marshal(text)
		require.NoError(t, err)
		return string(encoded[1 : len(encoded)-1])
	}
	for name, tc := range map[string]struct{ password, written string }{
		"plain":         {long, long},
		"JSON":          {long, quoted(long)},
		"JSON in JSON":  {long, quoted(quoted(long))},
		"base64":        {long, base64.StdEncoding.EncodeToString([]byte(long))},
		"percent":       {long, url.QueryEscape(long)},
		"capitals":      {long, strings.ToUpper(long)},
		"cut":           {long, long[:17]},
		"short":         {short, short},
		"short, JSON":   {short, quoted(short)},
		"short, quotes": {short, strings.ReplaceAll(short, `"`, `\"`)},
	} {
		t.Run(name, func(t *testing.T) {
			s := setup(t)
			setenv(t, with(passwordEnv(s), "OS_PASSWORD", tc.password))
			for _, status := range []int{400, 403, 404, 418} {
				answerIdentity(s, status, func(*http.Request) string {
					return `{"auth":{"password":{"user":{"password":"` + tc.written + `"}}}}`
				})
				_, err := otcauth.New(t.Context())
				requireShown(t, err)
				assert.NotContains(t, err.Error(), tc.written, status)
				assert.Contains(t, err.Error(), `"password":"[redacted]`, status)
			}
		})
	}
}

// TestEchoedSignature: it is good for some minutes, and not in the settings.
func TestEchoedSignature(t *testing.T) {
	s := setup(t)
	setenv(t, keyEnv(s))
	answerIdentity(s, http.StatusNotFound, func(r *http.Request) string {
		return "you sent " + r.Header.Get("Authorization") + " as " + r.Header.Get("X-Sdk-Date")
	})
	_, err := otcauth.New(t.Context())
	requireShown(t, err)
	assert.Regexp(t, `Credential=`+s.AccessKey+`.*Signature=\[redacted\] as \d`, err.Error())
}

// TestEchoedNewToken: also a token that was issued just now may be repeated where it does not belong.
func TestEchoedNewToken(t *testing.T) {
	s := setup(t)
	setenv(t, passwordEnv(s))
	const issued = "made-up-0123456789-token"
	s.WrapIdentity(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Subject-Token", issued)
			_, _ = io.WriteString(w, "the token is "+issued) // with 200, where 201 is due
		})
	})
	_, err := otcauth.New(t.Context())
	requireShown(t, err)
	assert.NotContains(t, err.Error(), issued)
}

// TestLoginErrorIsOneShortLine: and it is still the error that it was.
func TestLoginErrorIsOneShortLine(t *testing.T) {
	s := setup(t)
	setenv(t, passwordEnv(s))
	for says, body := range map[string]string{
		`\x1b[2J\x1b]0;title\a\u009b2J\u202e`: steers,
		"two lines":                           "two\r\nlines",
		"… (cut)":                             strings.Repeat("3 MB ", 600_000),
	} {
		answerIdentity(s, http.StatusNotFound, func(*http.Request) string { return body })
		_, err := otcauth.New(t.Context())
		requireShown(t, err)
		require.ErrorContains(t, err, "login at "+s.IdentityURL())
		require.ErrorContains(t, err, says)
		require.ErrorAs(t, err, new(golangsdk.ErrDefault404))
		require.NotErrorIs(t, err, client.ErrUnauthorized)
	}
	answerIdentity(s, http.StatusUnauthorized, func(*http.Request) string { return steers })
	_, err := otcauth.New(t.Context())
	requireShown(t, err)
	require.ErrorIs(t, err, client.ErrUnauthorized)
	require.ErrorAs(t, err, new(golangsdk.ErrDefault401))
}

// TestRenewalErrorIsShown: a login in the middle of the work goes the same way.
func TestRenewalErrorIsShown(t *testing.T) {
	s := setup(t)
	setenv(t, passwordEnv(s))
	c, err := otcauth.New(t.Context())
	require.NoError(t, err)
	answerIdentity(s, http.StatusNotFound, func(*http.Request) string { return steers + strings.ToLower(s.User.Password) })
	task := s.NewTask()
	s.AnswerNext(1, clienttest.Error(http.StatusUnauthorized, "APIG.0301", "m", nil))
	err = c.DeleteTask(t.Context(), task)
	require.Error(t, err)
	assert.Less(t, len(err.Error()), 2000)
	assert.NotRegexp(t, `[^\pL\pM\pN\pP\pS ]`, err.Error())
	assert.NotContains(t, err.Error(), strings.ToLower(s.User.Password))
	require.ErrorAs(t, err, new(golangsdk.ErrDefault404))
}

// TestCatalogIsForeign: what the catalog says is the service's word too.
func TestCatalogIsForeign(t *testing.T) {
	for name, tc := range map[string]struct {
		replaced func(s *clienttest.Server) string
		by       string // where P is the password, and X that and more
		says     string
	}{
		"region": {
			func(s *clienttest.Server) string { return `"` + s.Region + `"` }, `"X"`, "the catalog has no service dmsv2",
		},
		"URL": {
			func(s *clienttest.Server) string { return s.URL }, "X", "the catalog has an endpoint that is no URL",
		},
		"project": {
			func(s *clienttest.Server) string { return `"` + string(s.ProjectID) + `"` }, `"X"`, "not for a project",
		},
		"endpoint": {
			func(s *clienttest.Server) string { return s.URL + "/v2" }, "ftp://P/v2", "is not allowed: expected an absolute URL",
		},
	} {
		for _, kind := range []string{"password", "access key"} {
			if name == "project" && kind == "access key" {
				continue // it is put into a header field, which refuses all this
			}
			t.Run(name+", "+kind, func(t *testing.T) {
				s := setup(t)
				env, credential := with(passwordEnv(s), "OS_REGION_NAME", s.Region), s.User.Password
				if kind == "access key" {
					env, credential = with(keyEnv(s), "OS_REGION_NAME", s.Region), s.SecretKey
				}
				setenv(t, env)
				more, err := json.Marshal(credential + steers + strings.Repeat("long", 1000))
				require.NoError(t, err)
				by := strings.NewReplacer("P", credential, "X", string(more[1:len(more)-1])).Replace(tc.by)
				s.WrapIdentity(func(own http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						record := httptest.NewRecorder()
						own.ServeHTTP(record, r)
						w.Header().Set("X-Subject-Token", record.Header().Get("X-Subject-Token"))
						w.WriteHeader(record.Code)
						_, _ = io.WriteString(w, strings.ReplaceAll(record.Body.String(), tc.replaced(s), by))
					})
				})
				_, err = otcauth.New(t.Context())
				requireShown(t, err)
				require.ErrorContains(t, err, tc.says)
				require.ErrorContains(t, err, "[redacted]")
				assert.NotContains(t, err.Error(), credential)
			})
		}
	}
}

// TestProviderErrorIsShown: the locator of a provider quotes a catalog, and its tokens are credentials too.
func TestProviderErrorIsShown(t *testing.T) {
	setup(t)
	failed := errors.New("failed")
	for name, tc := range map[string]struct {
		provider golangsdk.ProviderClient
		secret   string
	}{
		"token": {golangsdk.ProviderClient{TokenID: "made-up-0123456789-token"}, "made-up-0123456789-token"},
		"secret key": {golangsdk.ProviderClient{AKSKAuthOptions: golangsdk.AKSKAuthOptions{
			AccessKey: "a", SecretKey: "made-up-0123456789-key",
		}}, "made-up-0123456789-key"},
		"security token": {golangsdk.ProviderClient{AKSKAuthOptions: golangsdk.AKSKAuthOptions{
			AccessKey: "a", SecretKey: "made-up", SecurityToken: "made-up-0123456789-security",
		}}, "made-up-0123456789-security"},
	} {
		t.Run(name, func(t *testing.T) {
			tc.provider.EndpointLocator = func(golangsdk.EndpointOpts) (string, error) {
				return "", fmt.Errorf("%s%s%s %w", steers, tc.secret, strings.Repeat("long ", 1000), failed)
			}
			_, err := otcauth.New(t.Context(), otcauth.WithProvider(&tc.provider), otcauth.WithRegion("eu-de"))
			requireShown(t, err)
			require.ErrorIs(t, err, failed)
			assert.NotContains(t, err.Error(), tc.secret)
		})
	}
}
