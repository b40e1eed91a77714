package conformance_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance"
)

// TestProxyVariables: one that is no URL would be left out, and the token go out directly.
func TestProxyVariables(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY"} {
		for _, value := range []string{"http://user:pa%ssword@h", "http://", "::bad", "http://[::1"} {
			t.Run(name+" "+value, func(t *testing.T) {
				t.Setenv(name, value)
				_, target := newTarget(t)
				_, err := conformance.Run(t.Context(), target)
				require.ErrorContains(t, err, name+" is no URL")
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
	target.Endpoint = "http://dms.invalid"
	report, err := conformance.Run(t.Context(), target)
	require.NoError(t, err)
	assert.True(t, told)
	for _, result := range report.Results {
		for _, v := range result.Violations {
			assert.NotContains(t, v.Got+v.Exchange.Response, password)
			assert.NotContains(t, v.Got+v.Exchange.Response, pair)
		}
	}
	assert.NotContains(t, outcomes(report)[conformance.Passed], "no-secret-echo")
}
