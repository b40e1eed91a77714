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
	"testing/synctest"
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

// mostRequests is what docs/check.md promises to users of a cloud that they pay for.
const mostRequests = 90

func TestEmbeddedServerConforms(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	var asked []string
	var results []conformance.Result
	report, err := conformance.Run(t.Context(), target, conformance.Options{
		Strict: true, OnRequest: func(probe string) { asked = append(asked, probe) },
		OnResult: func(r conformance.Result) { results = append(results, r) },
	})
	require.NoError(t, err)
	assert.Equal(t, report.Results, results)
	assert.Equal(t, target.IDs, report.IDs)
	assert.Equal(t, conformance.Conforms, report.Verdict())
	assert.Len(t, outcomes(report)[conformance.Passed], len(rules(t)), "%v", outcomes(report))
	assert.LessOrEqual(t, report.Requests, mostRequests)
	assert.Len(t, server.Requests(), report.Requests)
	assert.Len(t, asked, report.Requests)
	assert.Empty(t, report.LeftOut)
	wrong := 0
	for _, r := range server.Requests() {
		token := r.Header.Get("X-Auth-Token")
		if !strings.Contains(token+" ", server.Token+" ") && token+r.Header.Get("Authorization") != "" {
			wrong++
		}
	}
	assert.InDelta(t, wrong, report.WrongCredentials, 2) // an Authorization without content is none
	assert.False(t, (&conformance.Report{}).Conforms())
}

func TestTargetIsRefused(t *testing.T) {
	t.Parallel()
	const secret = "s3cret"
	const url, long = "absolute URL", "not repeated here in case it is a token"
	endpoint := func(value string) func(*conformance.Target) {
		return func(t *conformance.Target) { t.Endpoint = strings.Replace(value, "%", t.Endpoint, 1) }
	}
	id := func(name, value string) func(*conformance.Target) {
		return func(t *conformance.Target) { t.IDs[name] = value }
	}
	token := func(value string) func(*conformance.Target) { return func(t *conformance.Target) { t.Token = value } }
	for name, tc := range map[string]struct {
		change func(*conformance.Target)
		says   string
	}{
		"no endpoint":       {endpoint(""), url},
		"other scheme":      {endpoint("ftp://example.com"), url},
		"unreadable":        {endpoint("https://u:" + secret + "@[::1"), url},
		"user information":  {endpoint("https://u:" + secret + "@h"), "user information"},
		"query":             {endpoint("%?x"), "query"},
		"version":           {endpoint("%/v2"), "without version"},
		"dot segment":       {endpoint("%/a/../b"), "dot segment"},
		"empty segment":     {endpoint("%//x"), "empty segment"},
		"and a handler":     {func(t *conformance.Target) { t.Handler = http.NotFoundHandler() }, "set only one"},
		"project":           {id("project_id", ".."), `project_id ".." is not what`},
		"instance":          {id("instance_id", "a/b"), `instance_id "a/b" is not what`},
		"task":              {id("task_id", ".."), `task_id ".." is not what`},
		"task that is long": {id("task_id", secret+strings.Repeat("x", 99)), long},
		"task alone":        {id("instance_id", ""), "task_id is given without the instance_id"},
		"other parameter":   {id("name", "x"), `no path parameter "name"`},
		"no token":          {token(""), "no credentials"},
		"token and newline": {token(secret + "\n"), "newline"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, target := newTarget(t)
			target.Handler, target.Endpoint = nil, server.URL
			tc.change(&target)
			report, err := conformance.Run(t.Context(), target, conformance.Options{Only: []string{"unknown-task"}})
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
		"is negative":        {AnswerTimeout: -1},
		"no rule is left":    {Only: []string{"delete"}, Skip: []string{"delete"}},
		"there are no rules": {Rules: []conformance.Rule{}},
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

// TestProbesOfCallers: of the probes of a rule, those are not sent that the contract has no place for, or that would
// leave the path. The others have the fields that they need to be understood.
func TestProbesOfCallers(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	id := func(name string, id conformance.ID) map[string]conformance.ID {
		return map[string]conformance.ID{name: id}
	}
	rule := conformance.UnknownRule(ownContract(t).Parameters()[2])
	rule.Probes = []conformance.Probe{
		{Name: "good"}, {Name: "dots", IDs: id("task_id", conformance.MalformedID("%2e%2e"))},
		{Name: "name", IDs: id("name", conformance.UnknownID())},
	}
	report, err := conformance.Run(t.Context(), target, conformance.Options{Rules: []conformance.Rule{rule}})
	require.NoError(t, err)
	require.Len(t, server.Requests(), 1)
	for name, value := range map[string]string{
		"Accept": "application/json, */*;q=0.5", "Accept-Encoding": "identity", "User-Agent": "dms-conformance",
	} {
		assert.Equal(t, value, server.Requests()[0].Header.Get(name))
	}
	assert.Equal(t, []string{
		`dots: task_id "%2e%2e" would leave the path of the contract`, "name: the contract has no path parameter name",
	}, report.Results[0].NotSent)
}

// TestSkippedForWantOf: rules that need what the target does not have are skipped, and the others conform.
func TestSkippedForWantOf(t *testing.T) {
	t.Parallel()
	lacks := make([]string, 0, 3)
	for _, tc := range []struct{ lacks, skipped, passed string }{
		{"task_id", "delete", "near-miss-task-id"}, {"instance_id", "unknown-task", "unknown-instance"},
		{"project_id", "unknown-instance", "missing-credentials"},
	} {
		_, target := newTarget(t)
		lacks = append(lacks, tc.lacks)
		for _, id := range lacks {
			delete(target.IDs, id)
		}
		report, err := conformance.Run(t.Context(), target, conformance.Options{Strict: true})
		require.NoError(t, err)
		assert.True(t, report.Conforms(), "%v", outcomes(report))
		assert.Contains(t, outcomes(report)[conformance.Skipped], tc.skipped)
		assert.Contains(t, outcomes(report)[conformance.Passed], tc.passed)
		for _, result := range report.Results {
			assert.Regexp(t, "^(no (project|instance|task)_id given)?$", result.Reason)
		}
	}
	_, target := newTarget(t)
	delete(target.IDs, "task_id")
	_, err := conformance.Run(t.Context(), target, conformance.Options{Only: []string{"delete"}})
	require.EqualError(t, err, "no rule could be judged: no task_id given")
	target.Token = ""
	report, err := conformance.Run(t.Context(), target,
		conformance.Options{Only: []string{"missing-credentials", "invalid-credentials", "no-redirect"}})
	require.NoError(t, err)
	assert.True(t, report.Conforms())
}

// TestFewRequests: a few requests show that a server cannot be judged, and a single one does if the rules have no more.
func TestFewRequests(t *testing.T) {
	t.Parallel()
	one := rules(t)[:1]
	one[0].Probes = one[0].Probes[:1]
	refused := conformance.ErrCredentialsRefused
	for _, tc := range []struct {
		says clienttest.Answer
		is   error
		most int
		one  error
	}{
		{clienttest.Answer{StatusCode: 405}, conformance.ErrWrongEndpoint, 4, conformance.ErrWrongEndpoint},
		{clienttest.Error(404, "DMS.00404001", "m", nil), conformance.ErrWrongEndpoint, 4, nil},
		{clienttest.Error(404, "APIG.0101", "m", nil), conformance.ErrWrongEndpoint, 4, conformance.ErrWrongEndpoint},
		{clienttest.Error(502, "APIG.0202", "m", nil), conformance.ErrUnavailable, 2, conformance.ErrUnavailable},
		{clienttest.Error(401, "APIG.0301", "m", nil), refused, 3, refused},
	} {
		_, target := newTarget(t)
		answer(&target, always, tc.says)
		report, err := conformance.Run(t.Context(), target, conformance.Options{})
		require.ErrorIs(t, err, tc.is)
		assert.LessOrEqual(t, report.Requests, tc.most)
		assert.Equal(t, "not judged: "+tc.is.Error(), report.Results[0].Reason)
		_, err = conformance.Run(t.Context(), target, conformance.Options{Rules: one})
		require.ErrorIs(t, err, tc.one, tc.says.Body)
	}
}

// TestUnconnected: where there is no connection, one request finds that out.
func TestUnconnected(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(nil)
	gone.Close()
	untrusted := httptest.NewTLSServer(nil)
	t.Cleanup(untrusted.Close)
	for _, endpoint := range []string{gone.URL, untrusted.URL} {
		_, target := newTarget(t)
		target.Handler, target.Endpoint = nil, endpoint
		report, err := conformance.Run(t.Context(), target, conformance.Options{})
		require.ErrorIs(t, err, conformance.ErrNoAnswer)
		assert.Equal(t, 1, report.Requests)
		assert.Equal(t, conformance.NotChecked, report.Verdict())
	}
}

// TestInterrupted: a run that ends early says so. What had failed by then counts, and an answer that was under way is
// no fault of the server.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	for verdict, failing := range map[conformance.Verdict]bool{
		conformance.NotChecked: false, conformance.DoesNotConform: true,
	} {
		_, target := newTarget(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		answer(&target, func(r *http.Request) bool { return failing && r.Method == http.MethodGet },
			clienttest.Answer{StatusCode: http.StatusNoContent})
		answer(&target, anonymous, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).Flush()
			cancel(context.DeadlineExceeded)
			<-r.Context().Done()
		}))
		report, err := conformance.Run(ctx, target, conformance.Options{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, verdict, report.Verdict(), "%v", outcomes(report))
		assert.Contains(t, outcomes(report)[conformance.Passed], "unknown-task")
		assert.Contains(t, outcomes(report)[conformance.Skipped], "missing-credentials")
		assert.Equal(t, err.Error(), report.Error)
	}
}

// TestDeletedBy: when a near miss deletes the task, later rules are judged by status only, and the report says which it
// was.
func TestDeletedBy(t *testing.T) {
	t.Parallel()
	_, target := newTarget(t)
	own := target.Handler
	target.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = strings.TrimRight(r.URL.Path, " ")
		own.ServeHTTP(w, r)
	})
	report, err := conformance.Run(t.Context(), target, conformance.Options{})
	require.NoError(t, err)
	assert.Equal(t, "near-miss-task-id/with-a-space-after-it", report.DeletedBy)
	assert.Equal(t, []string{"near-miss-task-id"}, outcomes(report)[conformance.Failed])
	assert.Equal(t, []string{"delete", "delete-empty", "delete-twice"}, outcomes(report)[conformance.Skipped])
	assert.Contains(t, result(t, report, "delete").Reason, report.DeletedBy+" indicates that the task is already deleted")
	v := result(t, report, "near-miss-task-id").Violations[0]
	assert.Contains(t, v.Advice, "trims whitespace")
	assert.Equal(t, []string{report.DeletedBy}, v.Probes)
}

// TestEvidenceByKind: of answers that are alike one is shown, and all are counted.
func TestEvidenceByKind(t *testing.T) {
	t.Parallel()
	_, target := newTarget(t)
	problem := func(status int) http.Handler {
		header := http.Header{"Content-Type": {"application/problem+json"}}
		return clienttest.Answer{StatusCode: status, Body: `{"title": "m"}`, Header: header}
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

// TestNothingToLookAt: rules that look at all responses are not passed if none can be parsed.
func TestNothingToLookAt(t *testing.T) {
	t.Parallel()
	_, target := newTarget(t)
	answer(&target, always, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := http.NewResponseController(w).Hijack()
		_, _ = conn.Write([]byte("HTTP/1.1 404 X\r\nno field\r\n\r\n"))
		_ = conn.Close()
	}))
	report, err := conformance.Run(t.Context(), target, conformance.Options{Only: []string{"framing", "no-redirect"}})
	require.NoError(t, err)
	assert.Equal(t, conformance.Failed, result(t, report, "framing").Outcome)
	assert.Equal(t, "there was no response to look at", result(t, report, "no-redirect").Reason)
	assert.Len(t, report.LeftOut, len(rules(t))-2)
}

// TestServerDies: a server that is gone after a request has violated the rule of that request, and nothing is known of
// the others.
func TestServerDies(t *testing.T) {
	t.Parallel()
	_, target := newTarget(t)
	dying := httptest.NewUnstartedServer(nil)
	answer(&target, func(r *http.Request) bool { return r.Method == http.MethodPut },
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			_ = dying.Listener.Close()
			panic(http.ErrAbortHandler)
		}))
	dying.Config.Handler = target.Handler
	dying.Start()
	t.Cleanup(dying.Close)
	target.Handler, target.Endpoint = nil, dying.URL
	report, err := conformance.Run(t.Context(), target, conformance.Options{})
	require.ErrorContains(t, err, "the server no longer responds")
	assert.Equal(t, []string{"unsupported-method"}, outcomes(report)[conformance.Failed])
	assert.Contains(t, outcomes(report)[conformance.Skipped], "delete")
}

// TestThrottling: a server that throttles gets few requests, and slowly.
func TestThrottling(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status, throttled int // how many requests are throttled
		after             string
		timeout           time.Duration
		requests          int
		least, most       time.Duration // for the run
	}{
		"once":                      {429, 1, "", 0, 91, time.Second, 4 * time.Second},
		"once, for two seconds":     {429, 1, "2", 0, 91, 4 * time.Second, 8 * time.Second},
		"always":                    {429, 1000, "", 0, 6, 10 * time.Second, 10 * time.Second},
		"always, with no wait":      {429, 1000, "0", 0, 6, 10 * time.Second, 10 * time.Second},
		"for longer than an answer": {429, 1000, "3600", 0, 1, 0, 0},
		"for longer than the run":   {429, 1000, "3600", time.Hour, 1, 0, 0},
		"for a part of the run":     {429, 1, "3600", 2 * time.Hour, 91, time.Hour, time.Hour + 5*time.Second},
		"unavailable":               {503, 1000, "", 0, 2, 500 * time.Millisecond, 500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, target := newTarget(t)
			seen := 0
			answer(&target, func(*http.Request) bool { seen++; return seen <= tc.throttled },
				http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					if tc.after != "" {
						w.Header().Set("Retry-After", tc.after)
					}
					w.WriteHeader(tc.status)
				}))
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := t.Context(), context.CancelFunc(func() {})
				if tc.timeout > 0 {
					ctx, cancel = context.WithTimeout(ctx, tc.timeout)
				}
				defer cancel()
				report, err := conformance.Run(ctx, target, conformance.Options{})
				took := time.Duration(report.Duration * float64(time.Second))
				assert.Equal(t, tc.throttled > 1, err != nil, "%v", err)
				assert.Equal(t, tc.requests, report.Requests)
				assert.True(t, tc.least <= took && took <= tc.most, took)
			})
		})
	}
}
