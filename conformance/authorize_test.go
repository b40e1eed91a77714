package conformance_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
)

// TestAuthorize: it takes the place of the token, for the requests that are to have good credentials and no others.
func TestAuthorize(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	token, calls := target.Token, 0
	target.Token = ""
	target.Authorize = func(r *http.Request) error {
		calls++
		r.Header.Set("X-Auth-Token", token)
		return nil
	}
	report, err := conformance.Run(t.Context(), target)
	require.NoError(t, err)
	assert.True(t, conformsStrictly(report), "%v", outcomes(report))
	assert.Equal(t, report.Requests-6, calls,
		"three requests without a token, three with credentials that nobody issued")
	assert.Len(t, server.Requests(), report.Requests)
}

// TestWrongSignatures: more than five in a row lock an access key; a run makes no more than two.
func TestWrongSignatures(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	target.Authorize = func(r *http.Request) error {
		r.Header.Set("Authorization",
			"SDK-HMAC-SHA256 Access="+server.AccessKey+", SignedHeaders=x-sdk-date, Signature=00000000")
		return nil
	}
	_, err := conformance.Run(t.Context(), target)
	require.ErrorIs(t, err, conformance.ErrCredentialsRefused)
	assert.Len(t, server.Requests(), 2)
}

// TestShortCredentials could not be kept out of a report.
func TestShortCredentials(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	target.Authorize = func(r *http.Request) error { r.Header.Set("Authorization", "x"); return nil }
	_, err := conformance.Run(t.Context(), target)
	require.ErrorContains(t, err, "the credentials in Authorization have fewer than 6 characters")
	assert.Empty(t, server.Requests())
}

func TestAuthorizeFails(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	down := errors.New("IAM is down")
	target.Authorize = func(*http.Request) error { return down }
	report, err := conformance.Run(t.Context(), target)
	require.ErrorIs(t, err, down)
	assert.Zero(t, report.Count(conformance.Failed))
	assert.Empty(t, server.Requests())
}

// TestErrorsArePrintable: what a server says in its refusal steers no terminal.
func TestErrorsArePrintable(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	server.Wrap(func(http.Handler) http.Handler {
		return clienttest.Answer{StatusCode: 401, Body: "no\x1b[2J\x1b]0;x\a\u202e\nline " + target.Token}
	})
	report, err := conformance.Run(t.Context(), target)
	require.ErrorIs(t, err, conformance.ErrCredentialsRefused)
	for _, text := range []string{err.Error(), report.Error} {
		assert.Contains(t, text, `no\x1b[2J\x1b]0;x\a\u202e\nline [redacted]`)
	}
}

// TestSignatureEcho: of an Authorization the signature or what follows the scheme is the secret, wherever it stands.
func TestSignatureEcho(t *testing.T) {
	t.Parallel()
	const credential = "0123456789ab" // shorter than what is taken for a part of one
	for name, field := range map[string]string{
		"signature": "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature=" + credential,
		"bearer":    "Bearer " + credential,
		"as such":   credential,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, target := newTarget(t)
			target.Token, target.TaskID = "", ""
			target.Authorize = func(r *http.Request) error { r.Header.Set("Authorization", field); return nil }
			server.Wrap(func(http.Handler) http.Handler {
				return clienttest.Error(404, "DMS.00404001", "got "+credential+" for SDK-HMAC-SHA256, SignedHeaders", nil)
			})
			report, err := conformance.Run(t.Context(), target, conformance.Only("unknown-task", "no-secret-echo"))
			require.NoError(t, err)
			assert.Equal(t, []string{"no-secret-echo"}, outcomes(report)[conformance.Failed])
			x := report.Results[0].Exchanges[0]
			assert.Contains(t, x.Request, "Authorization: [redacted]\r\n")
			assert.Contains(t, x.Request, "Accept-Encoding: identity\r\n")
			assert.Contains(t, x.Response, "got [redacted] for SDK-HMAC-SHA256, SignedHeaders")
		})
	}
}

// TestTokenWithProject: a token may have the project in it, which every answer may name, and is a secret all the same.
func TestTokenWithProject(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		says    func(target conformance.Target) string
		outcome conformance.Outcome
	}{
		"project": {func(t conformance.Target) string { return "no task in " + t.ProjectID }, conformance.Passed},
		"token":   {func(t conformance.Target) string { return "no task for " + t.Token }, conformance.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, target := newTarget(t)
			target.Token = "for-" + target.ProjectID
			server.AddToken(target.Token, server.ProjectID)
			answering(server, func(r *http.Request) bool { return r.Header.Get("X-Auth-Token") == target.Token },
				clienttest.Error(404, "DMS.00404001", tc.says(target), nil))
			report, err := conformance.Run(t.Context(), target, conformance.Only("unknown-task", "no-secret-echo"))
			require.NoError(t, err)
			assert.Contains(t, outcomes(report)[tc.outcome], "no-secret-echo")
		})
	}
}

// TestOtherFields: credentials are found in whatever field they travel, and however its name is written.
func TestOtherFields(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Cookie", "X-Api-Key", "x-auth-token", "X-Security-Token"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const credential = "session=0123456789abcdef0123456789abcdef"
			server, target := newTarget(t)
			target.Authorize = func(r *http.Request) error {
				r.Header.Set("X-Auth-Token", target.Token)
				r.Header[name] = append(r.Header[name], credential)
				return nil
			}
			answering(server, func(r *http.Request) bool { return r.Header.Get("X-Auth-Token") == target.Token },
				clienttest.Error(404, "DMS.00404001", "got "+credential, nil))
			report, err := conformance.Run(t.Context(), target, conformance.Only("unknown-task", "no-secret-echo"))
			require.NoError(t, err)
			assert.Contains(t, outcomes(report)[conformance.Failed], "no-secret-echo")
			x := report.Results[0].Exchanges[0]
			assert.NotContains(t, x.Request+x.Response, credential)
		})
	}
}

// TestRequestsTellCredentialsApart: none is shown, and of each it is said which one it is.
func TestRequestsTellCredentialsApart(t *testing.T) {
	t.Parallel()
	_, target := newTarget(t)
	report, err := conformance.Run(t.Context(), target)
	require.NoError(t, err)
	shown := map[string]string{}
	for _, result := range report.Results {
		for _, x := range result.Exchanges {
			_, after, _ := strings.Cut(x.Request, "X-Auth-Token: ")
			shown[x.Probe], _, _ = strings.Cut(after, "\r\n")
		}
	}
	assert.Equal(t, "[redacted]", shown["unknown-task"])
	assert.Empty(t, shown["missing-credentials"])
	assert.Equal(t, "[made up, redacted]", shown["invalid-credentials"])
	assert.Equal(t, "[altered, redacted]", shown["invalid-credentials/altered"])
	assert.Empty(t, shown["invalid-credentials/signature"])
}
