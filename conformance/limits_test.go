package conformance_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
)

// answering has a server answer some requests otherwise.
func answering(server *clienttest.Server, match func(*http.Request) bool, a http.Handler) {
	server.Wrap(func(own http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if match(r) {
				a.ServeHTTP(w, r)
				return
			}
			own.ServeHTTP(w, r)
		})
	})
}

// TestNotInFull: what is left open is an error, and no violation of a server that may be all right.
func TestNotInFull(t *testing.T) {
	t.Parallel()
	throttled := clienttest.Error(429, "APIG.9999", "Too many requests.", nil)
	throttled.Header.Set("Retry-After", "0")
	flowControl := clienttest.Error(404, "DMS.10240407", "Flow control.", nil)
	flowControl.Header.Set("Retry-After", "0")
	later := clienttest.Error(429, "APIG.0308", "Too many requests.", nil)
	later.Header.Set("Retry-After", "3600")
	anonymous := func(r *http.Request, _ conformance.Target) bool { return r.Header.Get("X-Auth-Token") == "" }
	for name, tc := range map[string]struct {
		match func(*http.Request, conformance.Target) bool
		with  http.Handler
		says  string
	}{
		"throttles whoever has no token": {anonymous, throttled, "the server throttles the check: 429"},
		"throttles by 404":               {anonymous, flowControl, "the server throttles the check: 404"},
		"throttles for an hour":          {anonymous, later, "the server throttles the check: 429"},
		"throttles everybody": {
			func(*http.Request, conformance.Target) bool { return true }, throttled, "the server throttles the check: 429",
		},
		"the task still runs": {
			func(r *http.Request, own conformance.Target) bool {
				named := "/v2/" + own.ProjectID + "/instances/" + own.InstanceID + "/tasks/" + own.TaskID
				return r.Header.Get("X-Auth-Token") == own.Token && r.URL.Path == named
			},
			clienttest.Error(400, "DMS.00400017", "The task still runs.", nil),
			"the deletion could not be judged: the task still runs; name a finished one",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, target := newTarget(t)
			answering(server, func(r *http.Request) bool { return tc.match(r, target) }, tc.with)
			sent := map[string]int{}
			report, err := conformance.Run(t.Context(), target, conformance.Skip("unsupported-method"),
				conformance.Examples(0), conformance.OnRequest(func(p conformance.Probe) { sent[p.Name]++ }))
			require.NotNil(t, report)
			require.ErrorContains(t, err, tc.says)
			assert.False(t, report.Conforms())
			assert.Equal(t, err.Error(), report.Error)
			if name != "the task still runs" {
				assert.Empty(t, outcomes(report)[conformance.Warned])
			}
			for probe, times := range sent {
				assert.LessOrEqual(t, times, 4, probe)
			}
			assert.LessOrEqual(t, report.Requests, len(sent)+20)
			if name == "throttles everybody" {
				assert.Equal(t, len(sent)+20, report.Requests)
			}
		})
	}
}

// TestEndsWithinAnAnswer: when the run is over in the middle of an answer, that is no fault of the server.
func TestEndsWithinAnAnswer(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	ctx, cancel := context.WithCancel(t.Context())
	answering(server, func(r *http.Request) bool { return r.Header.Get("X-Auth-Token") == "" },
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_ = http.NewResponseController(w).Flush()
			time.AfterFunc(100*time.Millisecond, cancel) // when the header section has been read
			<-r.Context().Done()
		}))
	report, err := conformance.Run(ctx, target)
	require.ErrorIs(t, err, context.Canceled)
	assert.Empty(t, outcomes(report)[conformance.Failed])
	assert.Contains(t, outcomes(report)[conformance.Passed], "framing")
	assert.Contains(t, outcomes(report)[conformance.Skipped], "missing-credentials")

	report, err = conformance.Run(ctx, target)
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, report.Requests)
}

// TestExcessIsMarked: of an answer that goes on after its end, the rest is shown and marked, and not the sound part.
func TestExcessIsMarked(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	answering(server, func(r *http.Request) bool { return r.Header.Get("X-Auth-Token") == "" },
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				panic(err)
			}
			write(conn, "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: 45\r\n\r\n"+
				`{"error_code":"DMS.10240103","error_msg":"m"}`+"EXCESS")
			_ = conn.Close()
		}))
	report, err := conformance.Run(t.Context(), target, conformance.Only("missing-credentials", "framing"))
	require.NoError(t, err)
	violation := report.Results[1].Violations[0]
	span := violation.Offending[0]
	assert.Equal(t, "EXCESS", violation.Exchange.Response[span.Start:span.End])
}

// TestServerDies: a server that is gone after a request has violated the rule of that request, and nothing is known of
// the others.
func TestServerDies(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	answering(server, func(r *http.Request) bool { return strings.Contains(r.URL.Path, "~not~a~project~") },
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_ = server.Listener.Close()
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				panic(err)
			}
			_ = conn.Close()
		}))
	report, err := conformance.Run(t.Context(), target)
	require.NoError(t, err)
	assert.Equal(t, []string{"malformed-project-id"}, outcomes(report)[conformance.Failed])
	for _, result := range report.Results {
		if result.Rule.ID == "foreign-project" {
			assert.Equal(t, "there is no connection any more", result.Reason)
		}
	}
}

// TestWrongEndpoint: where all that is said is that there is no such API, nothing is known of the right one.
func TestWrongEndpoint(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"APIG.0101", "APIGW.0101", "DMS.10240406"} {
		server, target := newTarget(t)
		answering(server, func(r *http.Request) bool { return r.Header.Get("X-Auth-Token") == target.Token },
			clienttest.Error(404, code, "No.", nil))
		for _, options := range [][]conformance.Option{nil, {conformance.Only("unknown-task")}} {
			report, err := conformance.Run(t.Context(), target, options...)
			require.ErrorIs(t, err, conformance.ErrWrongEndpoint)
			require.ErrorContains(t, err, "are host, region and path right?: 404 Not Found")
			assert.False(t, report.Conforms())
			assert.LessOrEqual(t, report.Requests, 3)
		}
	}
}

// TestMayNotDelete: a user who may not delete, or an instance that is frozen, says nothing about the server.
func TestMayNotDelete(t *testing.T) {
	t.Parallel()
	for says, with := range map[string]http.Handler{
		"the user may not delete": clienttest.Error(403, "DMS.00403003", "No.", nil),
		"a state that does not":   clienttest.Error(400, "DMS.00400026", "No.", nil),
	} {
		server, target := newTarget(t)
		answering(server, func(r *http.Request) bool {
			named := strings.HasSuffix(r.URL.Path, target.InstanceID+"/tasks/"+target.TaskID)
			return named && r.Method == http.MethodDelete && r.Header.Get("X-Auth-Token") == target.Token &&
				strings.Contains(r.URL.Path, target.ProjectID+"/")
		}, with)
		report, err := conformance.Run(t.Context(), target)
		require.ErrorContains(t, err, "the deletion could not be judged: ")
		require.ErrorContains(t, err, says)
		assert.Empty(t, outcomes(report)[conformance.Failed])
	}
}

// TestHiding: whoever says 403 to all that is not there may still have good credentials, as the deletion shows.
func TestHiding(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	named := "/v2/" + target.ProjectID + "/instances/" + target.InstanceID + "/tasks/" + target.TaskID
	hidden := func(r *http.Request) bool {
		good := r.Method == http.MethodDelete && r.Header.Get("X-Auth-Token") == target.Token
		return good && r.URL.Path != named
	}
	answering(server, hidden, clienttest.Error(403, "DMS.10240306", "No.", nil))
	report, err := conformance.Run(t.Context(), target)
	require.NoError(t, err)
	assert.True(t, report.Conforms(), "%v", outcomes(report))
	assert.Contains(t, outcomes(report)[conformance.Warned], "unknown-task")
	assert.Contains(t, outcomes(report)[conformance.Passed], "delete")

	target.TaskID = ""
	report, err = conformance.Run(t.Context(), target)
	require.ErrorIs(t, err, conformance.ErrCredentialsRefused, "without a task nothing shows that")
	assert.Equal(t, 2, report.Requests)
	for _, r := range report.Results {
		assert.NotEqual(t, "not judged", r.Reason)
	}
}

// TestMethodsOfUnknownTask: where no task is named, a server may well say of other methods that it is not there.
func TestMethodsOfUnknownTask(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	target.TaskID = ""
	answering(server, func(r *http.Request) bool { return r.Method != http.MethodDelete },
		clienttest.Error(404, "DMS.00404001", "No.", nil))
	report, err := conformance.Run(t.Context(), target)
	require.NoError(t, err)
	assert.Empty(t, outcomes(report)[conformance.Warned])
}

// TestShortOfTime: with little time a run comes to its end, and the report says that there were not all generated IDs.
func TestShortOfTime(t *testing.T) {
	t.Parallel()
	_, target := newTarget(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	report, err := conformance.Run(ctx, target, conformance.Examples(1_000_000))
	require.NoError(t, err)
	assert.True(t, report.Short)
	assert.Equal(t, 1_000_000, report.Examples)
	assert.Positive(t, report.Generated)
}

// TestLeftOut: a report says which rules it says nothing about.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	_, target := newTarget(t)
	report, err := conformance.Run(t.Context(), target, conformance.Skip("unknown-task", "no-redirect"))
	require.NoError(t, err)
	assert.Equal(t, []string{"unknown-task", "no-redirect"}, report.LeftOut)
	assert.False(t, report.Short)
	for _, r := range report.Results {
		if len(r.Rule.Probes) == 0 {
			assert.Empty(t, r.Exchanges)
			continue
		}
		assert.Len(t, r.Exchanges, len(r.Rule.Probes), r.Rule.ID)
		for _, x := range r.Exchanges {
			assert.NotContains(t, x.Request+x.Response, target.Token)
		}
	}
}
