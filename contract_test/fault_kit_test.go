package contract_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
)

// A subject is a server to check, how it is checked, and the task that it may lose.
type subject struct {
	tb      testing.TB
	server  *clienttest.Server
	task    client.TaskRef
	ids     map[string]string // of the task, by the contract's parameter names
	handler http.Handler      // the server with its change
	target  conformance.Target
	options conformance.Options
	seen    atomic.Int64 // a counter for the change

	connections sync.Map // what a change knows of each, over TCP
}

// contract is read once for all the servers that are held against it.
var contract, errContract = conformance.DefaultContract()

// newSubject makes a server with a change, to be checked in memory. The change may have it checked in another way.
func newSubject(tb testing.TB, apply change) *subject {
	tb.Helper()
	require.NoError(tb, errContract)
	server := clienttest.NewServer()
	tb.Cleanup(server.Close)
	task := server.NewTask()
	s := &subject{tb: tb, server: server, task: task, ids: map[string]string{
		"project_id": string(task.ProjectID), "instance_id": string(task.InstanceID), "task_id": string(task.TaskID),
	}}
	s.target = conformance.Target{IDs: s.ids, Token: server.Token}
	s.options.Contract = contract
	s.handler = apply(s, server.Config.Handler)
	if s.target.Endpoint == "" {
		s.target.Handler = s.handler
	}
	return s
}

// A change makes another server of the embedded one.
type change func(s *subject, own http.Handler) http.Handler

func unchanged(_ *subject, own http.Handler) http.Handler { return own }

// and makes one change after another.
func (c change) and(other change) change {
	return func(s *subject, own http.Handler) http.Handler { return other(s, c(s, own)) }
}

// overTCP has the server checked over sockets, on which connections can be told apart.
func overTCP(c change) change {
	return func(s *subject, own http.Handler) http.Handler {
		changed := c(s, own)
		server := httptest.NewUnstartedServer(changed)
		server.Config.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, conn)
		}
		server.Start()
		s.tb.Cleanup(server.Close)
		s.target.Endpoint = server.URL
		return changed
	}
}

// connKey is where the context of a request has its connection. Its address may be that of one before it.
type connKey struct{}

func connOf(r *http.Request) any { return r.Context().Value(connKey{}) }

// A match tells which requests a change is about.
type match func(s *subject, r *http.Request) bool

// segments are where the parameters stand in the path.
var segments = map[string]int{"project_id": 2, "instance_id": 4, "task_id": 6}

// forms are what the contract allows.
var forms = map[string]*regexp.Regexp{
	"project_id":  regexp.MustCompile(`^[0-9a-f]{32}$`),
	"instance_id": regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`),
	"task_id":     regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`),
}

func idOf(r *http.Request, parameter string) string {
	return strings.Split(r.URL.Path, "/")[segments[parameter]]
}

// is reports whether an ID is the own one. A UUID is the same in capitals.
func is(parameter, own, id string) bool {
	return id == own || parameter == "instance_id" && strings.EqualFold(id, own)
}

func token(r *http.Request) string { return r.Header.Get("X-Auth-Token") }

// authenticated reports whether the credentials of a request are those of the target.
func authenticated(s *subject, r *http.Request) bool { return token(r) == s.server.Token }

func deletes(r *http.Request) bool { return r.Method == http.MethodDelete }

func safe(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// named reports whether a request is for the task that the server may lose.
func named(s *subject, r *http.Request) bool { return owns(s, r, func(string) bool { return true }) }

// owns reports whether those IDs are the server's own that matter.
func owns(s *subject, r *http.Request, matters func(parameter string) bool) bool {
	for parameter, own := range s.ids {
		if matters(parameter) && !is(parameter, own, idOf(r, parameter)) {
			return false
		}
	}
	return true
}

// The requests that the rules are about, told apart as a server sees them.
var (
	everything match = func(*subject, *http.Request) bool { return true }
	ownTask    match = func(s *subject, r *http.Request) bool { return deletes(r) && authenticated(s, r) && named(s, r) }
	taskGone   match = func(s *subject, r *http.Request) bool { return ownTask(s, r) && !s.server.HasTask(s.task) }

	unknownTask     = unknown("task_id")
	oneTask         = like("task_id", func(_, id string) bool { return len(id) == 64 }) // with which no other is compared
	unknownInstance = unknown("instance_id")
	foreignProject  = unknown("project_id")

	noCredentials match = func(_ *subject, r *http.Request) bool {
		return token(r) == "" && r.Header.Get("Authorization") == ""
	}
	anySignature match = func(_ *subject, r *http.Request) bool { return r.Header.Get("Authorization") != "" }
	wrongToken   match = func(s *subject, r *http.Request) bool { return token(r) != "" && !authenticated(s, r) }
	emptyToken   match = func(s *subject, r *http.Request) bool {
		return noCredentials(s, r) && r.Header["X-Auth-Token"] != nil
	}
	stranger    match = func(s *subject, r *http.Request) bool { return !authenticated(s, r) }
	otherMethod match = func(s *subject, r *http.Request) bool { return !deletes(r) && !safe(r) && authenticated(s, r) }
	safeMethod  match = func(s *subject, r *http.Request) bool { return safe(r) && authenticated(s, r) }
)

// unknown matches deletions with an ID that the contract allows and that is not the server's own.
func unknown(parameter string) match {
	return like(parameter, func(own, id string) bool {
		return !is(parameter, own, id) && forms[parameter].MatchString(id)
	})
}

// malformed matches deletions with an ID that the contract does not allow.
func malformed(parameter string) match {
	return like(parameter, func(_, id string) bool { return !forms[parameter].MatchString(id) })
}

// like matches deletions with such an ID, below IDs that are the server's own.
func like(parameter string, such func(own, id string) bool) match {
	above := func(other string) bool { return segments[other] < segments[parameter] }
	return func(s *subject, r *http.Request) bool {
		return deletes(r) && authenticated(s, r) && owns(s, r, above) && such(s.ids[parameter], idOf(r, parameter))
	}
}

// near matches deletions that name the server's own task but for an ID that a server takes for its own which compares
// IDs like this.
func near(parameter string, alike func(own, id string) bool) match {
	others := func(other string) bool { return other != parameter }
	return func(s *subject, r *http.Request) bool {
		own, id := s.ids[parameter], idOf(r, parameter)
		return deletes(r) && authenticated(s, r) && owns(s, r, others) && !is(parameter, own, id) && alike(own, id)
	}
}

// nearToken matches requests with a token that a server takes for the good one that compares tokens like this.
func nearToken(alike func(own, token string) bool) match {
	return func(s *subject, r *http.Request) bool { return wrongToken(s, r) && alike(s.server.Token, token(r)) }
}

// method matches requests with a method.
func method(name string) match {
	return func(_ *subject, r *http.Request) bool { return r.Method == name }
}

func (m match) and(other match) match {
	return func(s *subject, r *http.Request) bool { return m(s, r) && other(s, r) }
}

func (m match) but(other match) match {
	return func(s *subject, r *http.Request) bool { return m(s, r) && !other(s, r) }
}

// first matches the first of the requests only.
func (m match) first() match {
	return func(s *subject, r *http.Request) bool { return m(s, r) && s.seen.Add(1) == 1 }
}

// A reply answers a request, or has the server's own handler do so.
type reply func(s *subject, w http.ResponseWriter, r *http.Request, own http.Handler)

// handle gives the requests that match to f.
func handle(m match, f reply) change {
	return func(s *subject, own http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if m(s, r) {
				f(s, w, r, own)
				return
			}
			own.ServeHTTP(w, r)
		})
	}
}

// answer replaces the answer to the requests that match.
func answer(m match, a clienttest.Answer) change {
	return handle(m, func(_ *subject, w http.ResponseWriter, r *http.Request, _ http.Handler) { a.ServeHTTP(w, r) })
}

// typed replaces the answer by one with this content.
func typed(m match, status int, mediaType, body string) change {
	return answer(m, clienttest.Answer{StatusCode: status, Header: http.Header{"Content-Type": {mediaType}}, Body: body})
}

// says replaces the answer by what a text says: a status, and perhaps the code of an error, the word page for one that
// is for people, as frameworks and proxies make them, or where a redirect leads.
func says(m match, text string) change {
	number, rest, _ := strings.Cut(text, " ")
	status, _ := strconv.Atoi(number)
	switch {
	case rest == "":
		return answer(m, clienttest.Answer{StatusCode: status})
	case rest == "page":
		return typed(m, status, "text/html", "<h1>"+http.StatusText(status)+"</h1>")
	case status < 400:
		return answer(m, clienttest.Answer{StatusCode: status, Header: http.Header{"Location": {rest}}})
	}
	return answer(m, clienttest.Error(status, rest, "A fault.", nil))
}

func fails(m match) change { return says(m, "500 DMS.00500000") }
func gone(m match) change  { return says(m, "404 DMS.00404001") }

// as has the server treat the requests that match as if they were others.
func as(m match, f func(s *subject, r *http.Request)) change {
	return handle(m, func(s *subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
		other := r.Clone(r.Context())
		f(s, other)
		own.ServeHTTP(w, other)
	})
}

// secretly has the server do to the requests that match what as does, and answer as if nothing were.
func secretly(m match, f func(s *subject, r *http.Request)) change {
	return handle(m, func(s *subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
		other := r.Clone(r.Context())
		f(s, other)
		own.ServeHTTP(discard{}, other)
		own.ServeHTTP(w, r)
	})
}

// discard is a response that nobody reads.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

func ownPath(s *subject, r *http.Request) {
	r.URL.Path = "/v2/" + s.ids["project_id"] + "/instances/" + s.ids["instance_id"] + "/tasks/" + s.ids["task_id"]
	r.URL.RawPath = ""
}

func ownToken(s *subject, r *http.Request) { r.Header.Set("X-Auth-Token", s.server.Token) }
func asDelete(_ *subject, r *http.Request) { r.Method = http.MethodDelete }
