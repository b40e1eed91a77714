package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask"
	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
	render "github.com/dmstask/dmstask/conformance/report"
)

func newTarget(t *testing.T) (*clienttest.Server, conformance.Target) {
	t.Helper()
	server := clienttest.NewServer()
	t.Cleanup(server.Close)
	task := server.NewTask()
	return server, conformance.Target{
		Endpoint:   server.URL,
		ProjectID:  string(task.ProjectID),
		InstanceID: string(task.InstanceID),
		TaskID:     string(task.TaskID),
		Token:      server.Token,
	}
}

func conformsStrictly(report *conformance.Report) bool {
	strict := *report
	strict.Strict = true
	return strict.Conforms()
}

// outcomes returns the IDs of the rules by outcome.
func outcomes(report *conformance.Report) map[conformance.Outcome][]string {
	byOutcome := map[conformance.Outcome][]string{}
	for _, result := range report.Results {
		byOutcome[result.Outcome] = append(byOutcome[result.Outcome], result.Rule.ID)
	}
	return byOutcome
}

func TestTargetIsRefused(t *testing.T) {
	t.Parallel()
	const secret = "s3cret"
	for name, tc := range map[string]struct {
		change func(*conformance.Target)
		says   string
	}{
		"no endpoint":       {func(t *conformance.Target) { t.Endpoint = "" }, "absolute URL"},
		"no scheme":         {func(t *conformance.Target) { t.Endpoint = "dms.example.com" }, "absolute URL"},
		"no host":           {func(t *conformance.Target) { t.Endpoint = "https://:443" }, "absolute URL"},
		"other scheme":      {func(t *conformance.Target) { t.Endpoint = "ftp://example.com" }, "absolute URL"},
		"unreadable":        {func(t *conformance.Target) { t.Endpoint = "https://u:" + secret + "@%zz" }, "absolute URL"},
		"user information":  {func(t *conformance.Target) { t.Endpoint = "https://u:" + secret + "@h" }, "user information"},
		"query":             {func(t *conformance.Target) { t.Endpoint += "?x" }, "query"},
		"fragment":          {func(t *conformance.Target) { t.Endpoint += "#x" }, "fragment"},
		"dot segment":       {func(t *conformance.Target) { t.Endpoint += "/a/../b" }, "dot segment"},
		"encoded dots":      {func(t *conformance.Target) { t.Endpoint += "/%2e%2E" }, "dot segment"},
		"empty segment":     {func(t *conformance.Target) { t.Endpoint += "//x" }, "empty segment"},
		"project":           {func(t *conformance.Target) { t.ProjectID = ".." }, `project_id ".."`},
		"instance":          {func(t *conformance.Target) { t.InstanceID = "a/b" }, `instance_id "a/b"`},
		"task":              {func(t *conformance.Target) { t.TaskID = ".." }, `task_id ".."`},
		"task alone":        {func(t *conformance.Target) { t.InstanceID = "" }, "needs the project ID and the instance ID"},
		"instance alone":    {func(t *conformance.Target) { t.ProjectID, t.TaskID = "", "" }, "needs the project ID"},
		"no token":          {func(t *conformance.Target) { t.Token = "" }, "no credentials"},
		"cut-off token":     {func(t *conformance.Target) { t.Token = "gAAAA" }, "is it whole"},
		"token and newline": {func(t *conformance.Target) { t.Token = secret + "\n" }, "newline"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, target := newTarget(t)
			tc.change(&target)
			report, err := conformance.Run(t.Context(), target)
			assert.Nil(t, report)
			require.ErrorContains(t, err, tc.says)
			assert.NotContains(t, err.Error(), secret)
			assert.Empty(t, server.Requests())
		})
	}
}

func TestOptionsAreRefused(t *testing.T) {
	t.Parallel()
	broken, err := conformance.LoadContract(dmstask.Contract())
	require.NoError(t, err)
	for says, option := range map[string]conformance.Option{
		`there is no rule "nonsense"; the rules are unknown-task, `: conformance.Only("nonsense"),
		`there is no rule ""`:    conformance.Skip(""),
		"leaves no time":         conformance.AnswerTimeout(0),
		"no rule is left":        func() conformance.Option { return conformance.Skip(allRules()...) }(),
		"the server does not an": conformance.Against(broken),
	} {
		_, err := conformance.Run(t.Context(), conformance.Target{Endpoint: "http://127.0.0.1:1", Token: "made-up"}, option)
		require.ErrorContains(t, err, says)
	}
}

// TestNils: what is not there has its default, or is an error.
func TestNils(t *testing.T) {
	t.Parallel()
	_, target := newTarget(t)
	report, err := conformance.Run(t.Context(), target, nil, conformance.OnResult(nil), conformance.Against(nil))
	require.NoError(t, err)
	assert.True(t, conformsStrictly(report))
	var none context.Context
	_, err = conformance.Run(none, target)
	require.ErrorContains(t, err, "context is nil")
}

func allRules() (ids []string) {
	for _, rule := range conformance.Rules() {
		ids = append(ids, rule.ID)
	}
	return ids
}

// TestNothingIsDeletedUnasked: whatever else is selected, only the task that the target names goes, and only by a rule
// that says so.
func TestNothingIsDeletedUnasked(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		named   bool
		options []conformance.Option
		deleted bool
	}{
		"task not named": {false, nil, false},
		"task named":     {true, nil, true},
		"delete skipped": {
			true, []conformance.Option{conformance.Skip("delete", "delete-empty", "delete-twice")}, false,
		},
		"only delete skipped": {true, []conformance.Option{conformance.Skip("delete")}, false},
		"only observing":      {true, []conformance.Option{conformance.Only("no-redirect", "error-code")}, false},
		"only delete-empty":   {true, []conformance.Option{conformance.Only("delete-empty")}, true},
		"only other methods":  {true, []conformance.Option{conformance.Only("unsupported-method")}, false},
		"methods with delete": {true, []conformance.Option{conformance.Only("unsupported-method", "delete")}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, target := newTarget(t)
			bystander, named := server.NewTask(), target.TaskID
			if !tc.named {
				target.TaskID = ""
			}
			_, err := conformance.Run(t.Context(), target, tc.options...)
			require.NoError(t, err)

			assert.True(t, server.HasTask(bystander))
			assert.True(t, server.HasInstance(server.ProjectID, server.InstanceID))
			task := bystander
			task.TaskID = "x"
			require.NoError(t, task.TaskID.UnmarshalText([]byte(named)))
			assert.Equal(t, tc.deleted, !server.HasTask(task))
			for _, r := range server.Requests() {
				assert.Regexp(t, `^/v2/[^/.]+/instances/[^/.]+/tasks/[^/.]+$`, r.Target)
				if !tc.deleted {
					assert.NotContains(t, r.Target, named)
				}
			}
		})
	}
}

func TestSkippedForWantOf(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change  func(*conformance.Target)
		options []conformance.Option
		judged  int
		reason  string
	}{
		"task": {func(t *conformance.Target) { t.TaskID = "" }, nil, 15, "no task ID was given"},
		"instance": {
			func(t *conformance.Target) { t.TaskID, t.InstanceID = "", "" }, nil, 11, "no instance ID was given",
		},
		"project": {
			func(t *conformance.Target) { t.TaskID, t.InstanceID, t.ProjectID = "", "", "" }, nil, 9, "no project ID was given",
		},
		"token": {
			func(t *conformance.Target) { t.Token = "" },
			[]conformance.Option{conformance.Only("missing-credentials", "invalid-credentials", "no-redirect")}, 3, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, target := newTarget(t)
			tc.change(&target)
			report, err := conformance.Run(t.Context(), target, tc.options...)
			require.NoError(t, err)
			assert.True(t, conformsStrictly(report))
			assert.Equal(t, tc.judged, report.Count(conformance.Passed), "%v", outcomes(report))
			for _, result := range report.Results {
				assert.Contains(t, []string{"", "no task ID was given", tc.reason}, result.Reason)
			}
		})
	}
}

// TestUncheckable: what cannot be checked is an error, and neither conforms nor violates anything.
func TestUncheckable(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(nil)
	gone.Close()
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	untrusted := httptest.NewTLSServer(nil)
	t.Cleanup(untrusted.Close)

	refusing := clienttest.NewServer()
	t.Cleanup(refusing.Close)

	for name, tc := range map[string]struct {
		endpoint string
		options  []conformance.Option
		is       error
		requests int
	}{
		"connection refused": {gone.URL, nil, conformance.ErrNoAnswer, 1},
		"no answer": {
			"http://" + silent.Addr().String(), []conformance.Option{conformance.AnswerTimeout(time.Second / 4)},
			conformance.ErrNoAnswer, 2,
		},
		"untrusted certificate": {untrusted.URL, nil, conformance.ErrNoAnswer, 1},
		"credentials refused":   {refusing.URL, nil, conformance.ErrCredentialsRefused, 2},
		"credentials refused once": {
			refusing.URL, []conformance.Option{conformance.Only("unknown-task")}, conformance.ErrCredentialsRefused, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, target := newTarget(t)
			target.Endpoint = tc.endpoint
			report, err := conformance.Run(t.Context(), target, tc.options...)
			require.ErrorIs(t, err, tc.is)
			require.NotNil(t, report)
			assert.Equal(t, tc.requests, report.Requests)
			assert.Zero(t, report.Count(conformance.Failed))
			assert.NotContains(t, err.Error(), target.Token)
		})
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	ctx, cancel := context.WithCancel(t.Context())
	report, err := conformance.Run(ctx, target, conformance.OnResult(func(r conformance.Result) {
		if r.Rule.ID == "unknown-instance" {
			cancel()
		}
	}))
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 6, report.Requests) // two fixed cases, four examples
	assert.Len(t, server.Requests(), 6)
	assert.Equal(t, []string{"unknown-task", "unknown-instance", "framing", "error-response", "error-code", "no-redirect",
		"no-secret-echo"}, outcomes(report)[conformance.Passed])
	assert.Len(t, outcomes(report)[conformance.Skipped], 11)
}

// TestCancelledWhileWaiting: a stalling server does not hold up the end of a run.
func TestCancelledWhileWaiting(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	ctx, cancel := context.WithCancel(t.Context())
	server.Wrap(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		})
	})
	report, err := conformance.Run(ctx, target)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, len(conformance.Rules()), report.Count(conformance.Skipped))
}

// TestHostileAnswers: whatever comes, there is a verdict, and it is about that one answer.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer func(conn net.Conn)
		says   string
	}{
		"stalled header section": {func(c net.Conn) { write(c, "HTTP/1.1 404 Not F"); wait(c) }, "no answer within"},
		"endless header section": {
			func(c net.Conn) {
				repeat(c, "HTTP/1.1 404 Not Found\r\n", "X-Filler: "+strings.Repeat("x", 1000)+"\r\n")
			},
			"header section is longer than",
		},
		"endless body": {
			func(c net.Conn) {
				repeat(c, "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n\r\n", strings.Repeat("x", 1000))
			},
			"404 Not Found",
		},
		"reset":   {func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }, "connection reset"},
		"no HTTP": {func(c net.Conn) { write(c, "220 smtp.example.com\r\n") }, "no HTTP response"},
		"interim response": {
			func(c net.Conn) { write(c, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 500 No\r\n\r\n") }, "500",
		},
		"control characters":  {func(c net.Conn) { write(c, "HTTP/1.1 500 No\r\nX: \x1b[2J\r\n\r\n\x1b[2J") }, `\x1b[2J`},
		"switching protocols": {func(c net.Conn) { write(c, "HTTP/1.1 101 Switching Protocols\r\n\r\n") }, "101"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, target := newTarget(t)
			server.Wrap(func(own http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Header.Get("X-Auth-Token") != "" {
						own.ServeHTTP(w, r)
						return
					}
					conn, _, err := w.(http.Hijacker).Hijack()
					if err != nil {
						panic(err)
					}
					defer conn.Close()
					tc.answer(conn)
				})
			})
			var text bytes.Buffer
			report, err := conformance.Run(t.Context(), target, conformance.AnswerTimeout(time.Second),
				conformance.OnResult(func(r conformance.Result) { assert.NoError(t, render.Style{}.WriteResult(&text, r)) }))
			require.NoError(t, err)
			assert.Contains(t, outcomes(report)[conformance.Failed], "missing-credentials")
			assert.Contains(t, text.String(), tc.says)
			assert.NotContains(t, text.String(), "\x1b")
			assert.Less(t, text.Len(), 50_000)
		})
	}
}

func write(c net.Conn, s string) { _, _ = c.Write([]byte(s)) }

func wait(c net.Conn) { _, _ = c.Read(make([]byte, 1)) }

func repeat(c net.Conn, head, s string) {
	write(c, head)
	for {
		if _, err := c.Write([]byte(s)); err != nil {
			return
		}
	}
}

// TestKeptConnection: a server that keeps the connection open after a 204 conforms all the same.
func TestKeptConnection(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	server.Wrap(func(own http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			recorder := httptest.NewRecorder()
			own.ServeHTTP(recorder, r)
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				panic(err)
			}
			defer conn.Close()
			response := recorder.Result()
			response.Request = r // whose HEAD gets no content
			_ = response.Write(conn)
			if recorder.Code == http.StatusNoContent {
				wait(conn)
			}
		})
	})
	report, err := conformance.Run(t.Context(), target)
	require.NoError(t, err)
	assert.True(t, conformsStrictly(report), "%v", outcomes(report))
}

// TestNoSecretInAnyForm: a report never shows a credential, however the server repeats it.
func TestNoSecretInAnyForm(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	target.Token = `a/b+c"d=` + strings.Repeat("e", 5000) // longer than what a report shows of an answer
	server.AddToken(target.Token, server.ProjectID)
	inJSON, err := json.Marshal(target.Token)
	require.NoError(t, err)
	for name, form := range map[string]string{
		"repeated":   target.Token + target.Token,
		"plain":      target.Token,
		"JSON":       string(inJSON[1 : len(inJSON)-1]),
		"JSON slash": strings.ReplaceAll(string(inJSON[1:len(inJSON)-1]), "/", `\/`),
		"query":      `a%2Fb%2Bc%22d%3D` + strings.Repeat("e", 5000),
		"path":       `a%2Fb+c%22d=` + strings.Repeat("e", 5000),
	} {
		server.Wrap(func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusNotFound)
				_, _ = w.Write([]byte("you said " + form))
			})
		})
		var out bytes.Buffer
		report, err := conformance.Run(t.Context(), target, conformance.OnResult(func(r conformance.Result) {
			assert.NoError(t, render.Style{}.WriteResult(&out, r))
		}))
		require.NoError(t, err)
		require.NoError(t, render.Write(&out, report, render.JSON))
		assert.Contains(t, outcomes(report)[conformance.Failed], "no-secret-echo", name)
		assert.NotContains(t, out.String(), form, name)
		assert.NotContains(t, out.String(), strings.Repeat("e", 100), name)
		assert.Contains(t, out.String(), "[redacted]", name)
	}
}

// TestEchoInOddPlaces: the token does not reach a report where net/http or kin-openapi quote the server either.
func TestEchoInOddPlaces(t *testing.T) {
	t.Parallel()
	const head = "HTTP/1.1 404 Not Found\r\n"
	for name, answer := range map[string]string{
		"status line":  "HTTP/1.1 %s\r\n\r\n",
		"header line":  head + "%s\r\n\r\n",
		"media type":   head + "Content-Type: %s\r\n\r\n{}",
		"error_code":   head + "Content-Type: application/json\r\n\r\n{\"error_code\":\"%s\",\"error_msg\":\"m\"}",
		"broken chunk": head + "Transfer-Encoding: chunked\r\n\r\n%s\r\n",
		"after":        head + "Content-Length: 0\r\n\r\n%s",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, target := newTarget(t)
			server.Wrap(func(own http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method != http.MethodPatch {
						own.ServeHTTP(w, r)
						return
					}
					conn, _, err := w.(http.Hijacker).Hijack()
					if err != nil {
						panic(err)
					}
					defer conn.Close()
					write(conn, fmt.Sprintf(answer, target.Token))
				})
			})
			var out bytes.Buffer
			report, err := conformance.Run(t.Context(), target, conformance.OnResult(func(r conformance.Result) {
				assert.NoError(t, render.Style{}.WriteResult(&out, r))
			}))
			require.NoError(t, err)
			require.NoError(t, render.Write(&out, report, render.JSON))
			assert.False(t, report.Conforms())
			assert.NotContains(t, out.String(), target.Token)
		})
	}
}

func TestTargetHidesItsToken(t *testing.T) {
	t.Parallel()
	target := conformance.Target{Endpoint: "https://dms.example.com", Token: "s3cret"}
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "target", target)
	fmt.Fprintf(&out, "%v %+v %#v %s", target, target, target, &target)
	assert.NotContains(t, out.String(), "s3cret")
	assert.Contains(t, out.String(), "dms.example.com")
}

func TestEndpointWithPath(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	target.Endpoint += "/gateway/dms/"
	server.Wrap(func(own http.Handler) http.Handler { return http.StripPrefix("/gateway/dms", own) })
	report, err := conformance.Run(t.Context(), target)
	require.NoError(t, err)
	assert.True(t, conformsStrictly(report), "%v", outcomes(report))
}
