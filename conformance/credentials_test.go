package conformance_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
)

// TestAuthorize: it takes the place of the token. A token may be altered, a signature never is: several wrong ones lock
// the access key that they name.
func TestAuthorize(t *testing.T) {
	t.Parallel()
	const signature = "SDK-HMAC-SHA256 Access=AK-OF-A-USER, SignedHeaders=host, Signature=0123456789abcdef0123456789abcdef"
	for _, field := range []string{"X-Auth-Token", "Authorization"} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			server, target := newTarget(t)
			token, own, left := target.Token, target.Handler, 0
			credentials := token
			if field == "Authorization" {
				credentials, left = signature, len(conformance.TokenMisses())
			}
			target.Token, target.Authorize = "", func(r *http.Request) error {
				r.Header.Set(field, credentials)
				r.Method, r.URL.Path = http.MethodPost, "/v2/instances" // which changes nothing
				return nil
			}
			target.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") == signature {
					r.Header.Del("Authorization")
					r.Header.Set("X-Auth-Token", token)
				}
				own.ServeHTTP(w, r)
			})
			report, err := conformance.Run(t.Context(), target, conformance.Options{Strict: true})
			require.NoError(t, err)
			assert.True(t, report.Conforms(), "%v", outcomes(report))
			assert.Len(t, result(t, report, "near-miss-credentials").NotSent, left)
			for _, r := range server.Requests() {
				assert.NotContains(t, r.Header.Get("Authorization"), "AK-OF-A-USER", "but as it is, which was taken out")
			}
		})
	}
}

// TestTokenMissesAreAltered: what is sent instead of the token is another one, whatever the token looks like.
func TestTokenMissesAreAltered(t *testing.T) {
	t.Parallel()
	for _, token := range []string{
		"gAAAA-_=", strings.Repeat("-", 40), strings.Repeat("=", 6), strings.Repeat("9zZ", 30), "abc.def.ghijklmnopqrstuv",
	} {
		for _, miss := range conformance.TokenMisses() {
			altered := miss.Change(token)
			if miss.Name == "in the other case" && strings.ToUpper(token) == strings.ToLower(token) {
				assert.Equal(t, token, altered) // and is reported as not sent
				continue
			}
			assert.NotEqual(t, token, altered, miss.Name)
			assert.NotEmpty(t, altered)
			if miss.Name == "of the same length" {
				assert.Len(t, altered, len(token))
			}
		}
	}
}

// TestBadCredentials: more than five wrong signatures in a row lock an access key; a run makes no more than two. What
// could not be kept out of a report is not sent.
func TestBadCredentials(t *testing.T) {
	t.Parallel()
	put := func(value string) func(*http.Request) error {
		return func(r *http.Request) error { r.Header.Set("Authorization", value); return nil }
	}
	for name, tc := range map[string]struct {
		authorize func(*http.Request) error
		says      string
		requests  int // with these credentials
	}{
		"wrong": {put("SDK-HMAC-SHA256 Access=AK, Signature=00000000"), "refuses the credentials", 2},
		"none":  {func(*http.Request) error { return errors.New("IAM is down") }, "not sent: no credentials: IAM is down", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, target := newTarget(t)
			target.Authorize = tc.authorize
			report, err := conformance.Run(t.Context(), target, conformance.Options{})
			require.ErrorContains(t, err, tc.says)
			assert.Equal(t, conformance.NotChecked, report.Verdict())
			sent := slices.DeleteFunc(server.Requests(), func(r clienttest.Request) bool {
				return r.Header.Get("Authorization") == ""
			})
			assert.Len(t, sent, tc.requests)
		})
	}
}

// TestNoSecretIsShown: wherever credentials travel, if a server repeats them, no report and no error has them,
// and the rule no-secret-echo fails.
func TestNoSecretIsShown(t *testing.T) {
	t.Parallel()
	const credential = "0123456789abcdef/0123456789abcdef"
	const signature = "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature=" + credential
	for name, tc := range map[string]struct{ field, value string }{
		"token":      {"X-Auth-Token", credential},
		"signature":  {"Authorization", signature},
		"bearer":     {"Authorization", "Bearer " + credential},
		"cookie":     {"Cookie", "session=" + credential},
		"lower case": {"x-api-key", credential},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, target := newTarget(t)
			target.Token, target.Authorize = "", func(r *http.Request) error {
				r.Header[tc.field] = []string{tc.value}
				return nil
			}
			says := clienttest.Error(404, "DMS.00404022", "for "+credential, nil)
			says.Header.Set("X-Debug", credential)
			answer(&target, always, says)
			report, err := conformance.Run(t.Context(), target, conformance.Options{})
			require.NoError(t, err)
			assert.Contains(t, outcomes(report)[conformance.Failed], "no-secret-echo")
			all, err := json.Marshal(report)
			require.NoError(t, err)
			for _, secret := range []string{credential, credential[:20]} {
				assert.NotContains(t, string(all), secret)
			}
		})
	}
}

// TestTokenWithProject: a token may have the project in it, which every answer may name, and is a secret all the same.
func TestTokenWithProject(t *testing.T) {
	t.Parallel()
	for says, outcome := range map[string]conformance.Outcome{
		"no task in %project": conformance.Passed, "no task for %token": conformance.Failed,
	} {
		server, target := newTarget(t)
		target.Token = "for-" + target.IDs["project_id"]
		server.AddToken(target.Token, server.ProjectID)
		text := strings.NewReplacer("%project", target.IDs["project_id"], "%token", target.Token).Replace(says)
		answer(&target, func(r *http.Request) bool { return r.Header.Get("X-Auth-Token") == target.Token },
			clienttest.Error(404, "DMS.00404022", text, nil))
		options := conformance.Options{Only: []string{"unknown-task", "no-secret-echo"}}
		report, err := conformance.Run(t.Context(), target, options)
		require.NoError(t, err)
		assert.Contains(t, outcomes(report)[outcome], "no-secret-echo")
	}
}

// TestErrorsArePrintable: what a server says in its refusal steers no terminal.
func TestErrorsArePrintable(t *testing.T) {
	t.Parallel()
	_, target := newTarget(t)
	answer(&target, always, clienttest.Answer{StatusCode: 401, Body: "no\x1b[2J\x1b]0;x\a\u202e\nline " + target.Token})
	report, err := conformance.Run(t.Context(), target, conformance.Options{})
	require.ErrorIs(t, err, conformance.ErrCredentialsRefused)
	for _, text := range []string{err.Error(), report.Error} {
		assert.Contains(t, text, `no\x1b[2J\x1b]0;x\a\u202e`)
		assert.NotContains(t, text, target.Token)
	}
}

// TestRequestsTellCredentialsApart: none is shown, and of each it is said which one it is.
func TestRequestsTellCredentialsApart(t *testing.T) {
	t.Parallel()
	_, target := newTarget(t)
	report, err := conformance.Run(t.Context(), target, conformance.Options{})
	require.NoError(t, err)
	shown := map[string]string{}
	for _, result := range report.Results {
		for _, x := range result.Exchanges {
			for line := range strings.SplitSeq(x.Request, "\r\n") {
				if name, value, _ := strings.Cut(line, ": "); name == "X-Auth-Token" || name == "Authorization" {
					shown[x.Probe] = value
				}
			}
		}
	}
	assert.Equal(t, "[redacted]", shown["unknown-task"])
	assert.Empty(t, shown["missing-credentials"])
	assert.Equal(t, "[a made-up token]", shown["near-miss-credentials/made-up"])
	assert.Equal(t, "[the target's token, its first half]", shown["near-miss-credentials/its-first-half"])
	assert.Equal(t, "[a signature with a made-up access key]", shown["near-miss-credentials/signature"])
}

// TestShortToken: it is not shown even in part.
func TestShortToken(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	target.Token = "gAAAA-x"
	server.AddToken(target.Token, server.ProjectID)
	report, err := conformance.Run(t.Context(), target, conformance.Options{})
	require.NoError(t, err)
	all, err := json.Marshal(report)
	require.NoError(t, err)
	assert.NotContains(t, string(all), "gAA")
}

// TestProxyVariables: one that is no URL would be left out, and the token go out directly.
func TestProxyVariables(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY"} {
		for _, value := range []string{"http://user:pa%ssword@h", "http://", "::bad", "http://[::1"} {
			t.Run(name+" "+value, func(t *testing.T) {
				t.Setenv(name, value)
				_, target := newTarget(t)
				_, err := conformance.Run(t.Context(), target, conformance.Options{})
				require.ErrorContains(t, err, name+" is not a URL")
				assert.NotContains(t, err.Error(), "ssword")
			})
		}
	}
}

// TestProxyCredentials: a proxy that repeats what it was told gets it into no report.
func TestProxyCredentials(t *testing.T) {
	const password = "a-password-of-a-proxy"
	pair := base64.StdEncoding.EncodeToString([]byte("user:" + password))
	told := false
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		told = told || strings.Contains(r.Header.Get("Proxy-Authorization"), pair)
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte(password + " " + pair))
	}))
	t.Cleanup(proxy.Close)
	t.Setenv("HTTP_PROXY", strings.Replace(proxy.URL, "http://", "http://user:"+password+"@", 1))
	_, target := newTarget(t)
	target.Handler, target.Endpoint = nil, "http://dms.invalid"
	report, err := conformance.Run(t.Context(), target, conformance.Options{})
	require.ErrorIs(t, err, conformance.ErrUnavailable)
	assert.True(t, told)
	all, err := json.Marshal(report)
	require.NoError(t, err)
	assert.NotContains(t, string(all), password)
	assert.NotContains(t, string(all), pair)
}
