package conformance_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
	assert.Equal(t, report.Requests-5, calls, "three requests without a token, two with one that nobody issued")
	assert.Len(t, server.Requests(), report.Requests)
}

// TestWrongSignatures: more than five in a row lock an access key; a run makes no more than two.
func TestWrongSignatures(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	target.Authorize = func(r *http.Request) error {
		r.Header.Set("Authorization", "SDK-HMAC-SHA256 Access="+server.AccessKey+", SignedHeaders=x-sdk-date, Signature=00000000")
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
