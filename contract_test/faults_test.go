package contract_test

import (
	"net/http"
	"strings"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
)

// A fault is a way in which a server can be wrong, made of the embedded server.
type fault struct {
	name    string
	rule    string // the one rule that must notice
	outcome conformance.Outcome
	apply   func(subject) func(own http.Handler) http.Handler
}

// A subject is a server to check, and the task that it may lose.
type subject struct {
	server *clienttest.Server
	task   client.TaskRef
}

func newSubject() subject {
	server := clienttest.NewServer()
	return subject{server, server.NewTask()}
}

func (s subject) target() conformance.Target {
	return conformance.Target{
		Endpoint:   s.server.URL,
		ProjectID:  string(s.task.ProjectID),
		InstanceID: string(s.task.InstanceID),
		TaskID:     string(s.task.TaskID),
		Token:      s.server.Token,
	}
}

// A match tells which requests a fault is about.
type match func(s subject, r *http.Request) bool

func ids(r *http.Request) (project, instance, task string) {
	segments := strings.Split(r.URL.Path, "/")
	return segments[2], segments[4], segments[6]
}

func authenticated(s subject, r *http.Request) bool {
	return r.Header.Get("X-Auth-Token") == s.server.Token
}

func deletes(r *http.Request) bool { return r.Method == http.MethodDelete }

// The requests that the rules are about, told apart as a server sees them.
var (
	everything match = func(subject, *http.Request) bool { return true }
	ownTask    match = func(s subject, r *http.Request) bool {
		_, _, task := ids(r)
		return deletes(r) && authenticated(s, r) && task == string(s.task.TaskID)
	}
	unknownTask match = func(s subject, r *http.Request) bool {
		project, instance, task := ids(r)
		return deletes(r) && authenticated(s, r) && project == string(s.task.ProjectID) &&
			instance == string(s.task.InstanceID) && task != string(s.task.TaskID) && wellFormed(client.ParseTaskID(task))
	}
	unknownInstance match = func(s subject, r *http.Request) bool {
		project, instance, _ := ids(r)
		return authenticated(s, r) && project == string(s.task.ProjectID) &&
			instance != string(s.task.InstanceID) && wellFormed(client.ParseInstanceID(instance))
	}
	foreignProject match = func(s subject, r *http.Request) bool {
		project, _, _ := ids(r)
		return authenticated(s, r) && project != string(s.task.ProjectID) && wellFormed(client.ParseProjectID(project))
	}
	malformedProject match = func(s subject, r *http.Request) bool {
		project, _, _ := ids(r)
		return authenticated(s, r) && !wellFormed(client.ParseProjectID(project))
	}
	malformedInstance match = func(s subject, r *http.Request) bool {
		_, instance, _ := ids(r)
		return authenticated(s, r) && !wellFormed(client.ParseInstanceID(instance))
	}
	malformedTask match = func(s subject, r *http.Request) bool {
		_, _, task := ids(r)
		return authenticated(s, r) && !wellFormed(client.ParseTaskID(task))
	}
	noToken     match = func(_ subject, r *http.Request) bool { return r.Header.Get("X-Auth-Token") == "" }
	madeUpToken match = func(s subject, r *http.Request) bool { return !noToken(s, r) && !authenticated(s, r) }
	otherMethod match = func(s subject, r *http.Request) bool { return !deletes(r) && authenticated(s, r) }
)

func wellFormed[T any](_ T, err error) bool { return err == nil }

// answer replaces the answer to the requests that match.
func answer(m match, a clienttest.Answer) func(subject) func(http.Handler) http.Handler {
	return handle(m, func(_ subject, w http.ResponseWriter, r *http.Request, _ http.Handler) { a.ServeHTTP(w, r) })
}

// handle gives the requests that match to f, with the server's own handler.
func handle(
	m match, f func(s subject, w http.ResponseWriter, r *http.Request, own http.Handler),
) func(subject) func(http.Handler) http.Handler {
	return func(s subject) func(http.Handler) http.Handler {
		return func(own http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if m(s, r) {
					f(s, w, r, own)
					return
				}
				own.ServeHTTP(w, r)
			})
		}
	}
}

// raw replaces the answer by bytes, and closes the connection.
func raw(m match, answer string) func(subject) func(http.Handler) http.Handler {
	return handle(m, func(_ subject, w http.ResponseWriter, _ *http.Request, _ http.Handler) { hijack(w, answer) })
}

// deleteRaw deletes the task as the server does, and then answers with bytes of its own.
func deleteRaw(answer string) func(subject) func(http.Handler) http.Handler {
	return handle(ownTask, func(s subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
		if !s.server.HasTask(s.task) {
			own.ServeHTTP(w, r)
			return
		}
		own.ServeHTTP(discard{}, r)
		hijack(w, answer)
	})
}

func hijack(w http.ResponseWriter, answer string) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = conn.Write([]byte(answer))
	_ = conn.Close()
}

// discard is a response that nobody reads.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

func apiError(status int, code string) clienttest.Answer {
	return clienttest.Error(status, code, "A fault.", nil)
}

var faults = []fault{
	{"unknown task: 204", "unknown-task", conformance.Failed, answer(unknownTask, clienttest.Answer{StatusCode: 204})},
	{"unknown task: 500", "unknown-task", conformance.Failed, answer(unknownTask, apiError(500, "DMS.00500000"))},
	{"unknown task: 410", "unknown-task", conformance.Failed, answer(unknownTask, apiError(410, "APIG.9999"))},
	{"unknown task: 400", "unknown-task", conformance.Warned, answer(unknownTask, apiError(400, "DMS.00400017"))},
	{"unknown task: hangs up", "unknown-task", conformance.Failed, raw(unknownTask, "")},
	{"unknown task: no HTTP", "unknown-task", conformance.Failed, raw(unknownTask, "SSH-2.0-OpenSSH\r\n")},
	{"unknown instance: 204", "unknown-instance", conformance.Failed,
		answer(unknownInstance, clienttest.Answer{StatusCode: 204})},
	{"unknown instance: 400", "unknown-instance", conformance.Warned,
		answer(unknownInstance, apiError(400, "DMS.00400030"))},
	{"malformed project: 500", "malformed-project-id", conformance.Failed,
		answer(malformedProject, apiError(500, "DMS.00500000"))},
	{"malformed project: 404", "malformed-project-id", conformance.Warned,
		answer(malformedProject, apiError(404, "DMS.00404001"))},
	{"malformed instance: 500", "malformed-instance-id", conformance.Failed,
		answer(malformedInstance, apiError(500, "DMS.00500000"))},
	{"malformed instance: 404", "malformed-instance-id", conformance.Warned,
		answer(malformedInstance, apiError(404, "DMS.00404022"))},
	{"malformed task: 500", "malformed-task-id", conformance.Failed,
		answer(malformedTask, apiError(500, "DMS.00500000"))},
	{"malformed task: 404", "malformed-task-id", conformance.Warned,
		answer(malformedTask, apiError(404, "DMS.00404001"))},
	{"no token: 403", "missing-credentials", conformance.Failed, answer(noToken, apiError(403, "APIG.0302"))},
	{"no token: 404", "missing-credentials", conformance.Failed, answer(noToken, apiError(404, "DMS.00404001"))},
	{"any token: 404", "invalid-credentials", conformance.Failed, answer(madeUpToken, apiError(404, "DMS.00404001"))},
	{"foreign project: 404", "foreign-project", conformance.Failed,
		answer(foreignProject, apiError(404, "DMS.00404022"))},
	{"foreign project: 403", "foreign-project", conformance.Warned,
		answer(foreignProject, apiError(403, "DMS.10240306"))},
	{"PUT: 204", "unsupported-method", conformance.Failed, answer(otherMethod, clienttest.Answer{StatusCode: 204})},
	{"PUT: 501", "unsupported-method", conformance.Failed, answer(otherMethod, apiError(501, "DMS.111501026"))},
	{"PUT: 404 of the service", "unsupported-method", conformance.Warned,
		answer(otherMethod, apiError(404, "DMS.00404001"))},
	{"PUT deletes, says 405", "delete", conformance.Failed,
		handle(otherMethod, func(_ subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
			deletion := r.Clone(r.Context())
			deletion.Method = http.MethodDelete
			own.ServeHTTP(discard{}, deletion)
			own.ServeHTTP(w, r)
		})},
	{"delete: 200", "delete", conformance.Failed, answer(ownTask, clienttest.Answer{StatusCode: 200})},
	{"delete: 404", "delete", conformance.Failed, answer(ownTask, apiError(404, "DMS.00404001"))},
	{"delete: Content-Length 0", "delete-empty", conformance.Failed,
		deleteRaw("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")},
	{"delete: Transfer-Encoding", "delete-empty", conformance.Failed,
		deleteRaw("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")},
	{"delete: body", "delete-empty", conformance.Failed, deleteRaw("HTTP/1.1 204 No Content\r\n\r\n{}")},
	{"delete: one byte", "delete-empty", conformance.Failed, deleteRaw("HTTP/1.1 204 No Content\r\n\r\n\n")},
	{"delete twice: 204", "delete-twice", conformance.Warned,
		answer(ownTask, clienttest.Answer{StatusCode: 204})},
	{"delete twice: 400", "delete-twice", conformance.Warned, secondTime(apiError(400, "DMS.00400017"))},
	{"delete twice: 418", "delete-twice", conformance.Failed, secondTime(apiError(418, "APIG.9999"))},
	{"HTML errors", "error-response", conformance.Failed,
		handle(everything, func(_ subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
			own.ServeHTTP(&htmlErrors{ResponseWriter: w}, r)
		})},
	{"error without message", "error-response", conformance.Failed, answer(unknownTask, clienttest.Answer{
		StatusCode: 404, Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"error_code":"DMS.00404001"}`,
	})},
	{"empty error", "error-response", conformance.Failed, answer(unknownTask, clienttest.Answer{StatusCode: 404})},
	{"two documents", "error-response", conformance.Failed, answer(unknownTask, clienttest.Answer{
		StatusCode: 404, Header: http.Header{"Content-Type": {"application/json"}},
		Body: strings.Repeat(`{"error_code":"DMS.00404001","error_msg":"m"}`, 2),
	})},
	{"error cut off", "error-response", conformance.Failed,
		raw(unknownTask, "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{")},
	{"bytes after the error", "error-response", conformance.Failed,
		raw(unknownTask, "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 45\r\n\r\n"+
			`{"error_code":"DMS.00404001","error_msg":"m"}`+"\n{}")},
	{"code not in the catalogue", "error-code", conformance.Warned, answer(unknownTask, apiError(404, "DMS.99999999"))},
	{"code of another status", "error-code", conformance.Warned, answer(unknownTask, apiError(404, "DMS.00400070"))},
	{"code of nobody", "error-code", conformance.Warned, answer(unknownTask, apiError(404, "not_found"))},
	{"redirect", "no-redirect", conformance.Failed, answer(unknownTask, clienttest.Answer{
		StatusCode: 302, Header: http.Header{"Location": {"https://login.example.com/"}},
	})},
	{"redirect of every error", "no-redirect", conformance.Failed, answer(noToken, clienttest.Answer{
		StatusCode: 307, Header: http.Header{"Location": {"https://login.example.com/"}},
	})},
	{"token in the message", "no-secret-echo", conformance.Failed,
		handle(unknownTask, func(s subject, w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"error_code":"DMS.00404001","error_msg":"no task for ` + s.server.Token + `"}`))
		})},
	{"token in a header", "no-secret-echo", conformance.Failed,
		handle(madeUpToken, func(_ subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
			w.Header().Set("X-Debug", r.Header.Get("X-Auth-Token"))
			own.ServeHTTP(w, r)
		})},
}

// secondTime answers when the task is gone.
func secondTime(a clienttest.Answer) func(subject) func(http.Handler) http.Handler {
	gone := func(s subject, r *http.Request) bool { return ownTask(s, r) && !s.server.HasTask(s.task) }
	return answer(gone, a)
}

// htmlErrors is a response whose media type is wrong.
type htmlErrors struct{ http.ResponseWriter }

func (h *htmlErrors) WriteHeader(status int) {
	if status >= http.StatusBadRequest {
		h.Header().Set("Content-Type", "text/html")
	}
	h.ResponseWriter.WriteHeader(status)
}
