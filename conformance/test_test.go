package conformance_test

import (
	"net/http"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
)

// TestOfFaultyHandler runs only as a process of its own, for TestTest: it is meant to fail.
func TestOfFaultyHandler(t *testing.T) {
	strict := os.Getenv("FAULTY_HANDLER")
	if strict == "" {
		t.Skip("it is run by TestTest")
	}
	server, target := newTarget(t)
	server.Wrap(func(own http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Header.Get("X-Auth-Token") == "":
				clienttest.Error(403, "APIG.0302", "no", nil).ServeHTTP(w, r)
			case r.Method == http.MethodPut:
				clienttest.Error(400, "DMS.00400002", "no", nil).ServeHTTP(w, r)
			default:
				own.ServeHTTP(w, r)
			}
		})
	})
	target.TaskID = ""
	if strict == "strict" {
		conformance.Test(t, target, conformance.Strict())
		return
	}
	conformance.Test(t, target)
}

// TestTest: one subtest a rule, which passes, fails or is skipped as the rule is.
func TestTest(t *testing.T) {
	t.Parallel()
	for mode, warned := range map[string]string{"lenient": "PASS", "strict": "FAIL"} {
		//nolint:gosec // G204: this test itself
		test := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOfFaultyHandler$", "-test.v")
		test.Env = append(os.Environ(), "FAULTY_HANDLER="+mode)
		output, err := test.CombinedOutput()
		require.Error(t, err)
		for rule, outcome := range map[string]string{
			"unknown-task": "PASS", "missing-credentials": "FAIL", "unsupported-method": warned, "delete": "SKIP",
		} {
			assert.Contains(t, string(output), "--- "+outcome+": TestOfFaultyHandler/"+rule+" ", "%s %s", mode, rule)
		}
		assert.Contains(t, string(output), "missing-credentials: expected 401 Unauthorized; got 403 Forbidden")

		assert.Contains(t, string(output), "no task ID was given")
		assert.Contains(t, string(output), "requests with seed")
	}
}

func TestTestOfHandler(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	target.Endpoint, target.Handler = "", server.Config.Handler
	results := 0
	conformance.Test(t, target, conformance.Strict(), conformance.OnResult(func(conformance.Result) { results++ }))
	assert.Len(t, conformance.Rules(), results)

	target.Endpoint = server.URL
	_, err := conformance.Run(t.Context(), target)
	assert.ErrorContains(t, err, "an endpoint and a handler")
}

// TestSharedOptions: tests that run at the same time may share a slice of options.
func TestSharedOptions(t *testing.T) {
	t.Parallel()
	options := append(make([]conformance.Option, 0, 8), conformance.Only("unknown-task"))
	for range 4 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			_, target := newTarget(t)
			conformance.Test(t, target, options...)
			assert.Nil(t, options[:2][1])
		})
	}
}
