package contract_test

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
)

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

// A change makes another server of the embedded one.
type change func(subject) func(own http.Handler) http.Handler

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

// named reports whether a request is for the task that the server may lose.
func named(s subject, r *http.Request) bool {
	project, instance, task := ids(r)
	return project == string(s.task.ProjectID) && instance == string(s.task.InstanceID) && task == string(s.task.TaskID)
}

// The requests that the rules are about, told apart as a server sees them.
var (
	everything  match = func(subject, *http.Request) bool { return true }
	ownTask     match = func(s subject, r *http.Request) bool { return deletes(r) && authenticated(s, r) && named(s, r) }
	taskGone    match = func(s subject, r *http.Request) bool { return ownTask(s, r) && !s.server.HasTask(s.task) }
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
	noToken match = func(_ subject, r *http.Request) bool {
		return r.Header.Get("X-Auth-Token") == "" && r.Header.Get("Authorization") == ""
	}
	anySignature match = func(_ subject, r *http.Request) bool { return r.Header.Get("Authorization") != "" }
	madeUpToken  match = func(s subject, r *http.Request) bool {
		return r.Header.Get("X-Auth-Token") != "" && !authenticated(s, r)
	}
	alteredToken match = func(s subject, r *http.Request) bool {
		return madeUpToken(s, r) && strings.HasPrefix(r.Header.Get("X-Auth-Token"), s.server.Token[:8])
	}
	emptyToken  match = func(s subject, r *http.Request) bool { return noToken(s, r) && r.Header["X-Auth-Token"] != nil }
	otherMethod match = func(s subject, r *http.Request) bool { return !deletes(r) && !safe(r) && authenticated(s, r) }
	safeMethod  match = func(s subject, r *http.Request) bool { return safe(r) && authenticated(s, r) }
)

func safe(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

func wellFormed[T any](_ T, err error) bool { return err == nil }

// answer replaces the answer to the requests that match.
func answer(m match, a clienttest.Answer) change {
	return handle(m, func(_ subject, w http.ResponseWriter, r *http.Request, _ http.Handler) { a.ServeHTTP(w, r) })
}

// handle gives the requests that match to f, with the server's own handler.
func handle(m match, f func(s subject, w http.ResponseWriter, r *http.Request, own http.Handler)) change {
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
func raw(m match, answer string) change {
	return handle(m, func(_ subject, w http.ResponseWriter, _ *http.Request, _ http.Handler) { hijack(w, answer) })
}

// deleteRaw deletes the task as the server does, and then answers with bytes of its own.
func deleteRaw(answer string) change {
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

// notFound answers with a 404 whose body is this.
func notFound(mediaType, body string) change {
	return answer(unknownTask, clienttest.Answer{
		StatusCode: http.StatusNotFound, Header: http.Header{"Content-Type": {mediaType}}, Body: body,
	})
}

// rawNotFound answers with a 404 with these header fields, and closes the connection after the body.
func rawNotFound(fields, body string) change {
	return raw(unknownTask, "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n"+fields+"\r\n"+body)
}

const (
	jsonType  = "application/json"
	errorBody = `{"error_code":"DMS.00404001","error_msg":"m"}` // 45 bytes
)

// redirect sends the requests that match to another host.
func redirect(m match, status int, location string) change {
	return answer(m, clienttest.Answer{StatusCode: status, Header: http.Header{"Location": {location}}})
}

// as has the server treat the requests that match as if they were others.
func as(m match, f func(s subject, r *http.Request)) change {
	return handle(m, func(s subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
		other := r.Clone(r.Context())
		f(s, other)
		own.ServeHTTP(w, other)
	})
}

// secretly has the server do to the requests that match what as does, and answer as if nothing were.
func secretly(m match, f func(s subject, r *http.Request)) change {
	return handle(m, func(s subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
		other := r.Clone(r.Context())
		f(s, other)
		own.ServeHTTP(discard{}, other)
		own.ServeHTTP(w, r)
	})
}

func ownPath(s subject, r *http.Request) {
	r.URL.Path = "/v2/" + string(s.task.ProjectID) + "/instances/" + string(s.task.InstanceID) + "/tasks/" +
		string(s.task.TaskID)
	r.URL.RawPath = ""
}

func ownToken(s subject, r *http.Request) { r.Header.Set("X-Auth-Token", s.server.Token) }
func asDelete(_ subject, r *http.Request) { r.Method = http.MethodDelete }

// stall sends bytes and then nothing, until the client goes.
func stall(m match, head string) change {
	return handle(m, func(_ subject, w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		_, _ = conn.Write([]byte(head))
		_, _ = buffered.ReadByte() // until the client closes
	})
}

// flood sends a head and then the same bytes, until the client goes.
func flood(m match, head, filler string) change {
	return handle(m, func(_ subject, w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		for _, err = conn.Write([]byte(head)); err == nil; {
			_, err = conn.Write([]byte(filler))
		}
	})
}

// both matches what two others match.
func both(a, b match) match {
	return func(s subject, r *http.Request) bool { return a(s, r) && b(s, r) }
}

// near matches requests whose IDs a server that compares like this takes for those of its task.
func near(alike func(own, id string) bool) match {
	return func(s subject, r *http.Request) bool {
		project, instance, task := ids(r)
		return authenticated(s, r) && deletes(r) && !named(s, r) && alike(string(s.task.ProjectID), project) &&
			alike(string(s.task.InstanceID), instance) && alike(string(s.task.TaskID), task)
	}
}

func begins(own, id string) bool { return strings.HasPrefix(id, own) }

func trimmed(own, id string) bool { return strings.TrimSpace(id) == own }

func decoded(own, id string) bool {
	plain, err := url.PathUnescape(id)
	return err == nil && plain == own
}

// idLike matches authenticated deletions below the own project that have such an ID.
func idLike(like func(id string) bool, also match) match {
	return func(s subject, r *http.Request) bool {
		project, instance, task := ids(r)
		return also(s, r) && (like(project) || like(instance) || like(task))
	}
}

// htmlErrors has a media type that is wrong.
type htmlErrors struct{ http.ResponseWriter }

func (h *htmlErrors) WriteHeader(status int) {
	if status >= http.StatusBadRequest {
		h.Header().Set("Content-Type", "text/html")
	}
	h.ResponseWriter.WriteHeader(status)
}
