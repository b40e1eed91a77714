package conformance_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
)

// newTarget returns a server in memory, and a target that may lose one of its tasks.
func newTarget(t *testing.T) (*clienttest.Server, conformance.Target) {
	t.Helper()
	server := clienttest.New(t)
	task := server.NewTask()
	return server, conformance.Target{
		Handler: server.Config.Handler,
		IDs: map[string]string{
			"project_id": string(task.ProjectID), "instance_id": string(task.InstanceID), "task_id": string(task.TaskID),
		},
		Token: server.Token,
	}
}

// answer has the handler of a target answer some requests otherwise.
func answer(target *conformance.Target, match func(*http.Request) bool, with http.Handler) {
	own := target.Handler
	target.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if match(r) {
			with.ServeHTTP(w, r)
			return
		}
		own.ServeHTTP(w, r)
	})
}

func always(*http.Request) bool { return true }

func anonymous(r *http.Request) bool {
	return r.Header.Get("X-Auth-Token") == "" && r.Header.Get("Authorization") == ""
}

// apiError answers with an error that asks to wait for no time.
func apiError(status int, code string) http.Handler {
	a := clienttest.Error(status, code, "An error.", nil)
	a.Header.Set("Retry-After", "0")
	return a
}

// outcomes returns the IDs of the rules by outcome.
func outcomes(report *conformance.Report) map[conformance.Outcome][]string {
	byOutcome := map[conformance.Outcome][]string{}
	for _, result := range report.Results {
		byOutcome[result.Outcome] = append(byOutcome[result.Outcome], result.Rule.ID)
	}
	return byOutcome
}

func result(t *testing.T, report *conformance.Report, rule string) conformance.Result {
	t.Helper()
	i := slices.IndexFunc(report.Results, func(r conformance.Result) bool { return r.Rule.ID == rule })
	require.GreaterOrEqual(t, i, 0)
	return report.Results[i]
}

func ownContract(t *testing.T) *conformance.Contract {
	t.Helper()
	c, err := conformance.DefaultContract()
	require.NoError(t, err)
	return c
}

func rules(t *testing.T) []conformance.Rule {
	t.Helper()
	return conformance.DeleteBackgroundTask.Rules(ownContract(t))
}

// without returns the IDs of the rules that do not match.
func without(t *testing.T, match func(conformance.Rule) bool) (ids []string) {
	t.Helper()
	for _, r := range rules(t) {
		if !match(r) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// mostRequests is what README promises to users of a cloud that they pay for.
const mostRequests = 90

func TestEmbeddedServerConforms(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	var asked []string
	report, err := conformance.Run(t.Context(), target, conformance.Options{
		Strict: true, OnRequest: func(probe string) { asked = append(asked, probe) },
	})
	require.NoError(t, err)
	assert.Equal(t, conformance.Conforms, report.Verdict())
	assert.Len(t, outcomes(report)[conformance.Passed], len(rules(t)), "%v", outcomes(report))
	assert.LessOrEqual(t, report.Requests, mostRequests)
	assert.Len(t, server.Requests(), report.Requests)
	assert.Len(t, asked, report.Requests)
	assert.Empty(t, report.LeftOut)
	wrong := 0
	for _, r := range server.Requests() {
		if !strings.Contains(r.Header.Get("X-Auth-Token")+" ", server.Token+" ") && (r.Header.Get("X-Auth-Token") != "" ||
			r.Header.Get("Authorization") != "") {
			wrong++
		}
	}
	assert.InDelta(t, wrong, report.WrongCredentials, 2) // an Authorization without content is none
}

func TestTargetIsRefused(t *testing.T) {
	t.Parallel()
	const secret = "s3cret"
	for name, tc := range map[string]struct {
		change func(*conformance.Target)
		says   string
	}{
		"no endpoint":  {func(t *conformance.Target) { t.Endpoint = "" }, "absolute URL"},
		"other scheme": {func(t *conformance.Target) { t.Endpoint = "ftp://example.com" }, "absolute URL"},
		"unreadable": {
			func(t *conformance.Target) { t.Endpoint = "https://u:" + secret + "@%zz" }, "absolute URL",
		},
		"user information": {
			func(t *conformance.Target) { t.Endpoint = "https://u:" + secret + "@h" }, "user information",
		},
		"query":         {func(t *conformance.Target) { t.Endpoint += "?x" }, "query"},
		"version":       {func(t *conformance.Target) { t.Endpoint += "/v2" }, `cut off "/v2"`},
		"dot segment":   {func(t *conformance.Target) { t.Endpoint += "/a/../b" }, "dot segment"},
		"empty segment": {func(t *conformance.Target) { t.Endpoint += "//x" }, "empty segment"},
		"and a handler": {func(t *conformance.Target) { t.Handler = http.NotFoundHandler() }, "which one is meant"},
		"project":       {func(t *conformance.Target) { t.IDs["project_id"] = ".." }, `project_id ".." is not what`},
		"instance": {
			func(t *conformance.Target) { t.IDs["instance_id"] = "a/b" }, `instance_id "a/b" is not what`,
		},
		"task": {func(t *conformance.Target) { t.IDs["task_id"] = ".." }, `task_id ".." is not what`},
		"task that is long": {
			func(t *conformance.Target) { t.IDs["task_id"] = secret + strings.Repeat("x", 99) },
			"in case they are a token",
		},
		"task alone": {
			func(t *conformance.Target) { delete(t.IDs, "instance_id") }, "a task_id needs the instance_id",
		},
		"other parameter":   {func(t *conformance.Target) { t.IDs["name"] = "x" }, `no parameter "name"`},
		"no token":          {func(t *conformance.Target) { t.Token = "" }, "no credentials"},
		"cut-off token":     {func(t *conformance.Target) { t.Token = "gAAAA" }, "is it whole"},
		"token and newline": {func(t *conformance.Target) { t.Token = secret + "\n" }, "newline"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, target := newTarget(t)
			target.Handler, target.Endpoint = nil, server.URL
			tc.change(&target)
			options := conformance.Options{Skip: without(t, func(r conformance.Rule) bool { return r.ID == "unknown-task" })}
			report, err := conformance.Run(t.Context(), target, options)
			assert.Nil(t, report)
			require.ErrorContains(t, err, tc.says)
			assert.NotContains(t, err.Error()+fmt.Sprintf("%v %+v %#v", target, target, target)+
				slog.AnyValue(target).Resolve().String(), secret)
			assert.Empty(t, server.Requests())
		})
	}
}

func TestOptionsAreRefused(t *testing.T) {
	t.Parallel()
	for says, options := range map[string]conformance.Options{
		`there is no rule "nonsense"`:                  {Only: []string{"nonsense"}},
		`there is no rule ""`:                          {Skip: []string{""}},
		`no rule "delte"; did you mean "delete"?`:      {Only: []string{"delte"}},
		`no rule "no-redirct"; did you mean "no-redir`: {Skip: []string{"no-redirct"}},
		"leaves no time":                               {AnswerTimeout: -1},
		"no rule is left":                              {Skip: without(t, func(conformance.Rule) bool { return false })},
		"there are no rules":                           {Rules: []conformance.Rule{}},
	} {
		_, target := newTarget(t)
		_, err := conformance.Run(t.Context(), target, options)
		require.ErrorContains(t, err, says)
	}
	var none context.Context
	_, err := conformance.Run(none, conformance.Target{}, conformance.Options{})
	require.ErrorContains(t, err, "context is nil")
}

// TestRulesAreTheCallers: what is done to a list of rules, or to a report, changes no other run.
func TestRulesAreTheCallers(t *testing.T) {
	t.Parallel()
	for i, r := range rules(t) {
		before := fmt.Sprint(rules(t)[i].Text(ownContract(t)), len(r.Probes))
		for j := range r.Probes {
			r.Probes[j].Name = "changed"
			clear(r.Probes[j].IDs)
			clear(r.Probes[j].Header)
		}
		for j := range r.Demands {
			r.Demands[j].Source.Text = "changed"
		}
		after := rules(t)[i]
		assert.Equal(t, before, fmt.Sprint(after.Text(ownContract(t)), len(after.Probes)))
		assert.NotContains(t, fmt.Sprint(after), "changed")
	}
}

// TestNothingIsDeletedUnasked: whatever else is selected, only the task that the target names goes, and only by a rule
// that says so.
func TestNothingIsDeletedUnasked(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		named   bool
		options conformance.Options
		deleted bool
	}{
		"task not named": {false, conformance.Options{}, false},
		"task named":     {true, conformance.Options{}, true},
		"delete skipped": {
			true, conformance.Options{Skip: []string{"delete", "delete-empty", "delete-twice"}}, false,
		},
		"only delete skipped": {true, conformance.Options{Skip: []string{"delete"}}, false},
		"only observing":      {true, conformance.Options{Only: []string{"no-redirect", "error-code"}}, false},
		"only delete-empty":   {true, conformance.Options{Only: []string{"delete-empty"}}, true},
		"only other methods":  {true, conformance.Options{Only: []string{"unsupported-method"}}, false},
		"only near misses": {
			true, conformance.Options{Only: []string{"near-miss-task-id", "near-miss-credentials"}}, false,
		},
		"methods with delete": {true, conformance.Options{Only: []string{"unsupported-method", "delete"}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, target := newTarget(t)
			bystander, named := server.NewTask(), target.IDs["task_id"]
			if !tc.named {
				delete(target.IDs, "task_id")
			}
			_, err := conformance.Run(t.Context(), target, tc.options)
			require.NoError(t, err)

			assert.True(t, server.HasTask(bystander))
			assert.True(t, server.HasInstance(server.ProjectID, server.InstanceID))
			task := bystander
			task.TaskID = client.TaskID(named)
			assert.Equal(t, tc.deleted, !server.HasTask(task))
			for _, r := range server.Requests() {
				assert.Regexp(t, `^/v2/[^/]+/instances/[^/]+/tasks/[^/]+$`, r.Target)
				assert.NotRegexp(t, `(?i)/(\.|%2e|%252e)*(/|$)`, r.Target)
				assert.NotContains(t, strings.ToLower(r.Target), "%2f")
				if !tc.deleted {
					assert.NotContains(t, r.Target, named)
				}
			}
		})
	}
}

// TestSkippedForWantOf: rules that need what the target does not have are skipped, and the others conform.
func TestSkippedForWantOf(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		lacks []string
		gone  []string // rules that are skipped at least
		left  []string // rules that are judged at least
	}{
		"task_id":     {[]string{"task_id"}, []string{"delete"}, []string{"near-miss-task-id", "unsupported-method"}},
		"instance_id": {[]string{"task_id", "instance_id"}, []string{"unknown-task"}, []string{"unknown-instance"}},
		"project_id": {
			[]string{"task_id", "instance_id", "project_id"}, []string{"unknown-instance"}, []string{"missing-credentials"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, target := newTarget(t)
			for _, id := range tc.lacks {
				delete(target.IDs, id)
			}
			report, err := conformance.Run(t.Context(), target, conformance.Options{Strict: true})
			require.NoError(t, err)
			assert.True(t, report.Conforms(), "%v", outcomes(report))
			assert.Subset(t, outcomes(report)[conformance.Skipped], tc.gone)
			assert.Subset(t, outcomes(report)[conformance.Passed], tc.left)
			for _, result := range report.Results {
				if result.Outcome == conformance.Skipped {
					assert.Regexp(t, "^no (project|instance|task)_id given$", result.Reason)
				}
			}
		})
	}
	_, target := newTarget(t)
	target.Token = ""
	report, err := conformance.Run(t.Context(), target,
		conformance.Options{Only: []string{"missing-credentials", "invalid-credentials", "no-redirect"}})
	require.NoError(t, err)
	assert.True(t, report.Conforms())
}

// TestVerdicts: what says nothing about the server is an error, and no violation; what is violated counts even so.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	html := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(map[bool]int{true: http.StatusForbidden, false: http.StatusMethodNotAllowed}[r.Host == ""])
	})
	named := func(r *http.Request) bool { return r.Method == http.MethodDelete && !anonymous(r) }
	for name, tc := range map[string]struct {
		match    func(*http.Request) bool
		with     http.Handler
		is       error
		says     string
		requests int // at most
	}{
		"405 for everything":         {always, html, conformance.ErrWrongEndpoint, "405", 4},
		"HTML for everything":        {always, http.NotFoundHandler(), conformance.ErrWrongEndpoint, "404", 4},
		"no such URL for everything": {always, apiError(404, "DMS.00404001"), conformance.ErrWrongEndpoint, "404", 4},
		"no such API for everything": {always, apiError(404, "APIG.0101"), conformance.ErrWrongEndpoint, "404", 4},
		"backend down, 502":          {always, apiError(502, "APIG.0202"), conformance.ErrUnavailable, "502", 2},
		"backend down, 503":          {always, apiError(503, "DMS.111501025"), conformance.ErrUnavailable, "503", 8},
		"backend down, 504":          {always, apiError(504, "APIG.0203"), conformance.ErrUnavailable, "504", 2},
		"credentials refused":        {named, apiError(401, "APIG.0301"), conformance.ErrCredentialsRefused, "401", 3},
		"no HTTP":                    {always, raw("SSH-2.0-OpenSSH\r\n"), conformance.ErrNoAnswer, "HTTP", 2},
		"no answer":                  {always, raw(""), conformance.ErrNoAnswer, "", 2},
		"throttles everybody": {
			always, apiError(429, "APIG.0308"), nil, "the server throttles the check: 429", 1000,
		},
		"throttles everybody, by 404": {
			always, apiError(404, "DMS.10240407"), nil, "the server throttles the check: 404", 1000,
		},
		"an hour is too long": {always, later, nil, "the server throttles the check: 429", 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, target := newTarget(t)
			answer(&target, tc.match, tc.with)
			report, err := conformance.Run(t.Context(), target, conformance.Options{AnswerTimeout: time.Second})
			require.Error(t, err)
			require.NotNil(t, report)
			if tc.is != nil {
				require.ErrorIs(t, err, tc.is)
			}
			require.ErrorContains(t, err, tc.says)
			assert.Equal(t, err.Error(), report.Error)
			assert.Equal(t, conformance.NotChecked, report.Verdict(), "%v", outcomes(report))
			assert.LessOrEqual(t, report.Requests, tc.requests)
			assert.NotContains(t, err.Error(), target.Token)
		})
	}
	assert.False(t, (&conformance.Report{}).Conforms())
}

var later = func() http.Handler {
	a := clienttest.Error(429, "APIG.0308", "Too many requests.", nil)
	a.Header.Set("Retry-After", "3600")
	return a
}()

// raw answers with bytes, and closes the connection.
func raw(bytes string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = conn.Write([]byte(bytes))
		_ = conn.Close()
	})
}

// TestUnknownIDsAlone: a server that says 404 of all that it is asked for is not at fault if that are unknown tasks.
func TestUnknownIDsAlone(t *testing.T) {
	t.Parallel()
	for _, only := range []string{"unknown-task", "near-miss-task-id", "near-miss-credentials", "unsupported-method"} {
		_, target := newTarget(t)
		options := conformance.Options{Strict: true, Only: []string{only, "framing"}}
		report, err := conformance.Run(t.Context(), target, options)
		require.NoError(t, err)
		assert.True(t, report.Conforms(), "%s %v", only, outcomes(report))
	}
}

// TestUnconnected: where there is no connection, one request finds that out.
func TestUnconnected(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(nil)
	gone.Close()
	untrusted := httptest.NewTLSServer(nil)
	t.Cleanup(untrusted.Close)
	for name, endpoint := range map[string]string{"refused": gone.URL, "untrusted certificate": untrusted.URL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, target := newTarget(t)
			target.Handler, target.Endpoint = nil, endpoint
			report, err := conformance.Run(t.Context(), target, conformance.Options{})
			require.ErrorIs(t, err, conformance.ErrNoAnswer)
			assert.Equal(t, 1, report.Requests)
			assert.Equal(t, conformance.NotChecked, report.Verdict())
		})
	}
}

// TestThrottled: a request that is throttled is sent again, and one that met a service which was not available.
func TestThrottled(t *testing.T) {
	t.Parallel()
	for name, with := range map[string]http.Handler{
		"429": apiError(429, "APIG.0308"), "404": apiError(404, "DMS.10240407"), "503": apiError(503, "DMS.111501025"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, target := newTarget(t)
			count := 0 // one request at a time
			answer(&target, func(*http.Request) bool { count++; return count%2 == 1 }, with)
			sent := map[string]int{}
			report, err := conformance.Run(t.Context(), target, conformance.Options{
				Strict: true, OnRequest: func(probe string) { sent[probe]++ },
			})
			require.NoError(t, err)
			assert.True(t, report.Conforms(), "%v", outcomes(report))
			assert.Equal(t, 2, sent["unknown-task"])
		})
	}
}

// TestInterrupted: a run that ends early says so. What had failed by then counts, and an answer that was under way is
// no fault of the server.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		failing bool
		verdict conformance.Verdict
	}{
		"nothing failed":   {false, conformance.NotChecked},
		"something failed": {true, conformance.ConformsNot},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, target := newTarget(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			answer(&target, func(r *http.Request) bool { return tc.failing && r.Method == http.MethodGet },
				clienttest.Answer{StatusCode: http.StatusNoContent})
			answer(&target, anonymous, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_ = http.NewResponseController(w).Flush()
				cancel(context.DeadlineExceeded)
				<-r.Context().Done()
			}))
			report, err := conformance.Run(ctx, target, conformance.Options{})
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, tc.verdict, report.Verdict(), "%v", outcomes(report))
			assert.Contains(t, outcomes(report)[conformance.Passed], "unknown-task")
			assert.Contains(t, outcomes(report)[conformance.Skipped], "missing-credentials")
			assert.NotEmpty(t, report.Error)
		})
	}
}

// TestTaken: when a near miss deletes the task, later rules are judged by status only, and the report says which it
// was.
func TestTaken(t *testing.T) {
	t.Parallel()
	_, target := newTarget(t)
	own := target.Handler
	path := "/v2/" + target.IDs["project_id"] + "/instances/" + target.IDs["instance_id"] + "/tasks/"
	target.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == path+target.IDs["task_id"]+" " {
			r.URL.Path = strings.TrimRight(r.URL.Path, " ")
		}
		own.ServeHTTP(w, r)
	})
	report, err := conformance.Run(t.Context(), target, conformance.Options{})
	require.NoError(t, err)
	assert.Equal(t, "near-miss-task-id/with-a-blank-after-it", report.Taken)
	assert.Equal(t, []string{"near-miss-task-id"}, outcomes(report)[conformance.Failed])
	assert.Equal(t, []string{"delete", "delete-empty", "delete-twice"}, outcomes(report)[conformance.Skipped])
	v := result(t, report, "near-miss-task-id").Violations[0]
	assert.Contains(t, v.Advice, "trims blanks")
	assert.Equal(t, []string{report.Taken}, v.Probes)
}

// TestEvidenceByKind: of answers that are alike one is shown, and all are counted.
func TestEvidenceByKind(t *testing.T) {
	t.Parallel()
	_, target := newTarget(t)
	problem := func(status int) http.Handler {
		return clienttest.Answer{
			StatusCode: status, Body: `{"title": "m"}`, Header: http.Header{"Content-Type": {"application/problem+json"}},
		}
	}
	answer(&target, func(r *http.Request) bool { return len(strings.Split(r.URL.Path, "/")[6]) > 64 }, problem(400))
	answer(&target, anonymous, problem(401))
	report, err := conformance.Run(t.Context(), target, conformance.Options{Only: []string{
		"malformed-task-id", "missing-credentials", "near-miss-credentials", "error-response",
	}})
	require.NoError(t, err)
	kinds := map[string]int{}
	for _, v := range result(t, report, "error-response").Violations {
		kinds[v.Got[strings.Index(v.Got, ", in ")+5:][:3]] = v.Count
		assert.Len(t, v.Probes, v.Count)
	}
	assert.Len(t, kinds, 2)
	assert.Equal(t, 1, kinds["400"])
	assert.Greater(t, kinds["401"], 1)
}

// TestObserversSendForThemselves: rules that look at answers have the requests of all rules that delete nothing sent.
func TestObserversSendForThemselves(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	s, err := conformance.Start(t.Context(), target, conformance.Options{})
	require.NoError(t, err)
	ordered := s.Rules()
	last := ordered[len(ordered)-1]
	require.True(t, last.Observes())
	assert.Equal(t, conformance.Passed, s.Judge(t.Context(), last).Outcome)
	report, err := s.Report()
	require.NoError(t, err)
	assert.Greater(t, report.Requests, 50)
	assert.Len(t, report.LeftOut, len(ordered)-1)
	task := server.NewTask()
	task.TaskID = client.TaskID(target.IDs["task_id"])
	assert.True(t, server.HasTask(task))
}

// TestServerDies: a server that is gone after a request has violated the rule of that request, and nothing is known of
// the others.
func TestServerDies(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	dying := httptest.NewUnstartedServer(nil)
	dying.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			_ = dying.Listener.Close()
			raw("").ServeHTTP(w, r)
			return
		}
		server.Config.Handler.ServeHTTP(w, r)
	})
	dying.Start()
	t.Cleanup(dying.Close)
	target.Handler, target.Endpoint = nil, dying.URL
	report, err := conformance.Run(t.Context(), target, conformance.Options{})
	require.ErrorContains(t, err, "the server is gone")
	assert.Equal(t, []string{"unsupported-method"}, outcomes(report)[conformance.Failed])
	assert.Contains(t, outcomes(report)[conformance.Skipped], "delete")
}

// TestLockedOut: a server that locks out who has failed three times is sound.
func TestLockedOut(t *testing.T) {
	t.Parallel()
	for _, with := range []http.Handler{
		apiError(401, "APIG.0301"), apiError(403, "APIG.0302"), apiError(429, "APIG.0308"),
	} {
		server, target := newTarget(t)
		failures := 0
		answer(&target, func(r *http.Request) bool {
			if r.Header.Get("X-Auth-Token") != server.Token && !anonymous(r) {
				failures++
			}
			return failures > 3
		}, with)
		report, err := conformance.Run(t.Context(), target, conformance.Options{Strict: true})
		require.NoError(t, err)
		assert.True(t, report.Conforms(), "%v", outcomes(report))
	}
}

// TestHiding: whoever says 403 to all that is not there may still have good credentials, as the deletion shows.
func TestHiding(t *testing.T) {
	t.Parallel()
	_, target := newTarget(t)
	answer(&target, func(r *http.Request) bool {
		return r.Header.Get("X-Auth-Token") == target.Token && !strings.HasSuffix(r.URL.Path, target.IDs["task_id"])
	}, apiError(403, "DMS.10240306"))
	report, err := conformance.Run(t.Context(), target, conformance.Options{})
	require.NoError(t, err)
	assert.Contains(t, outcomes(report)[conformance.Passed], "delete")
	assert.Empty(t, outcomes(report)[conformance.Failed])
}

// TestPanickingHandler: a handler that panics violates a rule, prints nothing, and is not left behind.
func TestPanickingHandler(t *testing.T) {
	t.Parallel()
	_, target := newTarget(t)
	answer(&target, func(r *http.Request) bool { return r.Method == http.MethodPut },
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a fault of the handler") }))
	report, err := conformance.Run(t.Context(), target, conformance.Options{})
	require.NoError(t, err)
	assert.Equal(t, []string{"unsupported-method"}, outcomes(report)[conformance.Failed])
}
