package contract_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
)

// A subject is a server that is checked: the embedded one, with changes.
type subject struct {
	*clienttest.Server
	tb      testing.TB
	task    client.TaskRef // of the target
	handler http.Handler   // the server with its changes
	target  conformance.Target
	options conformance.Options

	seen        atomic.Int64 // a counter for matches
	connections sync.Map     // what a change remembers about each connection
}

// contract has no error to handle: package conformance tests that it can be loaded.
var contract, _ = conformance.DefaultContract()

func rules() []conformance.Rule { return conformance.DeleteBackgroundTask.Rules(contract) }

// newSubject makes a server with a change. It is checked in memory, unless the change sets an endpoint.
func newSubject(tb testing.TB, apply change) *subject {
	tb.Helper()
	s := &subject{Server: clienttest.NewServer(), tb: tb, options: conformance.Options{Contract: contract}}
	tb.Cleanup(s.Close)
	s.task, s.handler = s.NewTask(), s.Config.Handler
	s.target = conformance.Target{Token: s.Token, IDs: map[string]string{
		"project_id": string(s.task.ProjectID), "instance_id": string(s.task.InstanceID), "task_id": string(s.task.TaskID),
	}}
	apply(s)
	if s.target.Endpoint == "" {
		s.target.Handler = s.handler
	}
	return s
}

// A change makes a server differ from the embedded one, or changes how it is checked.
type change func(s *subject)

// and applies one change, and then another around it.
func (c change) and(outer change) change { return func(s *subject) { c(s); outer(s) } }

// A call is a request to a server with a change.
type call struct {
	*http.Request
	w   http.ResponseWriter
	own http.Handler // the server without this change
	s   *subject
}

// pass lets the server without the change respond.
func (c *call) pass() { c.own.ServeHTTP(c.w, c.Request) }

// record lets the server without the change carry out the request, and returns the response instead of sending it.
func (c *call) record() clienttest.Answer {
	recorder := httptest.NewRecorder()
	c.own.ServeHTTP(recorder, c.Request)
	a := clienttest.Answer{StatusCode: recorder.Code, Header: recorder.Header(), Body: recorder.Body.String()}
	if c.Method == http.MethodHead {
		a.Body = ""
	}
	return a
}

// handle lets f respond to the requests that m selects.
func handle(m match, f func(c *call)) change {
	return func(s *subject) {
		own := s.handler
		s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if c := (&call{r, w, own, s}); m(c) {
				f(c)
			} else {
				c.pass()
			}
		})
	}
}

// An edit turns a request into the one that a faulty server takes it for.
type edit = func(c *call)

func ownToken(c *call) { c.Header.Set("X-Auth-Token", c.s.Token) }
func asDelete(c *call) { c.Method = http.MethodDelete }

func ownPath(c *call) {
	ids := c.s.target.IDs
	c.URL.Path = "/v2/" + ids["project_id"] + "/instances/" + ids["instance_id"] + "/tasks/" + ids["task_id"]
	c.URL.RawPath = ""
}

// edited returns the call with an edited copy of its request. The HTTP server keeps the original one, which decides how
// the response is written.
func (c call) edited(by edit) *call {
	c.Request = c.Clone(c.Context())
	by(&c)
	return &c
}

// takes makes the server take the requests that m selects for edited ones: takes(noCredentials, ownToken) treats
// requests without credentials as if they had the valid token.
func takes(m match, by edit) change { return handle(m, func(c *call) { c.edited(by).pass() }) }

// secretly is takes with a server that carries out the edited request, but responds to the original one.
func secretly(m match, by edit) change {
	return handle(m, func(c *call) { c.edited(by).record(); c.pass() })
}

// overSockets makes the check connect to the server over sockets. Each request knows its connection.
func overSockets(start func(s *subject, server *httptest.Server)) change {
	return func(s *subject) {
		server := httptest.NewUnstartedServer(s.handler)
		server.Config.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, conn)
		}
		start(s, server)
		s.tb.Cleanup(server.Close)
		s.target.Endpoint = server.URL
	}
}

var overTCP = overSockets(func(_ *subject, server *httptest.Server) { server.Start() })

// connKey is the key of the connection in the context of a request. A remote address would not do: another connection
// can have it later.
type connKey struct{}

func (c *call) conn() any { return c.Context().Value(connKey{}) }

// A match selects requests.
type match func(c *call) bool

func (m match) and(other match) match { return func(c *call) bool { return m(c) && other(c) } }
func (m match) but(other match) match { return func(c *call) bool { return m(c) && !other(c) } }

// first selects the first of the requests that m selects.
func (m match) first() match { return func(c *call) bool { return m(c) && c.s.seen.Add(1) == 1 } }

// nth selects every nth request.
func nth(n int64) match { return func(c *call) bool { return c.s.seen.Add(1)%n == 0 } }

// after selects all requests except the first n.
func after(n int64) match { return func(c *call) bool { return c.s.seen.Add(1) > n } }

func method(name string) match { return func(c *call) bool { return c.Method == name } }

// signed selects requests with an Authorization field that begins like this.
func signed(prefix string) match {
	return func(c *call) bool { return strings.HasPrefix(c.authorization(), prefix) }
}

func (c *call) token() string         { return c.Header.Get("X-Auth-Token") }
func (c *call) authorization() string { return c.Header.Get("Authorization") }
func (c *call) safe() bool            { return c.Method == http.MethodGet || c.Method == http.MethodHead }

// deletes reports whether a request is a DELETE with the valid token.
func (c *call) deletes() bool { return c.Method == http.MethodDelete && c.token() == c.s.Token }

// segments are the positions of the path parameters.
var segments = map[string]int{"project_id": 2, "instance_id": 4, "task_id": 6}

func (c *call) id(parameter string) string {
	return strings.Split(c.URL.Path, "/")[segments[parameter]]
}

// owns reports whether those IDs of a request that matter are the target's own.
func (c *call) owns(matters func(parameter string) bool) bool {
	for parameter, own := range c.s.target.IDs {
		if matters(parameter) && !isOwn(parameter, own, c.id(parameter)) {
			return false
		}
	}
	return true
}

// isOwn ignores the case of a UUID, as the service does.
func isOwn(parameter, own, id string) bool {
	return id == own || parameter == "instance_id" && strings.EqualFold(id, own)
}

// The requests that rules are about, as a server can tell them apart.
var (
	everything match = func(*call) bool { return true }
	named      match = func(c *call) bool { return c.owns(func(string) bool { return true }) }
	ownTask          = match((*call).deletes).and(named)
	taskGone         = ownTask.and(func(c *call) bool { return !c.s.HasTask(c.s.task) })

	// deleted selects the request that deletes the task, and deletes it at once: any change comes after that.
	deleted = ownTask.but(taskGone).and(func(c *call) bool { c.record(); return true })

	// longestTask selects a single request. The check compares its response with no other one.
	longestTask     = taskLike(`^.{64}$`)
	unknownTask     = unknown("task_id")
	unknownInstance = unknown("instance_id")
	foreignProject  = unknown("project_id")

	authenticated match = func(c *call) bool { return c.token() == c.s.Token }
	stranger            = everything.but(authenticated)
	noCredentials match = func(c *call) bool { return c.token() == "" && c.authorization() == "" }
	tokenField    match = func(c *call) bool { return c.Header["X-Auth-Token"] != nil }
	emptyToken          = noCredentials.and(tokenField)
	wrongToken          = stranger.and(func(c *call) bool { return c.token() != "" })
	anySignature  match = func(c *call) bool { return c.authorization() != "" }

	safeMethod        = authenticated.and((*call).safe)
	otherMethod       = authenticated.but((*call).safe).but((*call).deletes)
	overridden        = otherMethod.and(func(c *call) bool { return c.Header.Get("X-HTTP-Method-Override") != "" })
	browser     match = func(c *call) bool { return strings.Contains(c.Header.Get("Accept"), "text/html") }
)

// A comparison compares the target's own ID or token with another value. A careless one takes both for the same.
type comparison = func(own, value string) bool

// matching looks for a pattern in the other value.
func matching(pattern string) comparison {
	compiled := regexp.MustCompile("(?s)" + pattern)
	return func(_, value string) bool { return compiled.MatchString(value) }
}

// An idMatch selects deletions by one of their IDs.
type idMatch = func(parameter string) match

// with selects deletions with an ID for which a comparison is true. The IDs before it in the path are the target's own.
func with(is comparison) idMatch {
	return func(parameter string) match {
		before := func(other string) bool { return segments[other] < segments[parameter] }
		return func(c *call) bool {
			return c.deletes() && c.owns(before) && is(c.s.target.IDs[parameter], c.id(parameter))
		}
	}
}

// taskLike selects deletions with a task ID that matches a pattern.
func taskLike(pattern string) match { return with(matching(pattern))("task_id") }

// malformed selects deletions with an ID that the contract does not allow.
func malformed(parameter string) match {
	return with(func(_, id string) bool { return contract.CheckID(parameter, id) != nil })(parameter)
}

// unknown selects deletions with an ID that is valid, but not the target's own.
func unknown(parameter string) match {
	return with(func(own, id string) bool { return !isOwn(parameter, own, id) })(parameter).but(malformed(parameter))
}

// mistakenID selects deletions with one wrong ID, which a server that compares like this takes for its own.
func mistakenID(compare comparison) idMatch {
	return func(parameter string) match {
		return with(compare)(parameter).but(named).and(func(c *call) bool {
			return c.owns(func(other string) bool { return other != parameter })
		})
	}
}

// mistakenToken selects requests with a wrong token, which a server that compares like this takes for the valid one.
func mistakenToken(compare comparison) match {
	return wrongToken.and(func(c *call) bool { return compare(c.s.Token, c.token()) })
}
