package contract_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
)

// A subject is a server to check, how it is checked, and the task that it may lose.
type subject struct {
	*clienttest.Server
	tb      testing.TB
	task    client.TaskRef
	handler http.Handler // the server with its changes
	target  conformance.Target
	options conformance.Options

	seen        atomic.Int64 // a counter for the change
	connections sync.Map     // what a change knows of each, over sockets
}

// contract is read once for all the servers that are held against it. That it can be read is tested where it is.
var contract, _ = conformance.DefaultContract()

// rules are those that are checked.
func rules() []conformance.Rule { return conformance.DeleteBackgroundTask.Rules(contract) }

// newSubject makes a server with a change, to be checked in memory unless the change has it checked in another way.
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

// A change makes another server of the embedded one, or checks it in another way.
type change func(s *subject)

// and makes one change around another.
func (c change) and(outer change) change { return func(s *subject) { c(s); outer(s) } }

// A call is a request that came to a changed server.
type call struct {
	*http.Request
	w   http.ResponseWriter
	own http.Handler // the server without this change
	s   *subject
}

// pass has the server answer that the change was made of.
func (c *call) pass() { c.own.ServeHTTP(c.w, c.Request) }

// record returns what that server answers.
func (c *call) record() clienttest.Answer {
	recorder := httptest.NewRecorder()
	c.own.ServeHTTP(recorder, c.Request)
	a := clienttest.Answer{StatusCode: recorder.Code, Header: recorder.Header(), Body: recorder.Body.String()}
	if c.Method == http.MethodHead {
		a.Body = ""
	}
	return a
}

// handle gives the requests that match to f.
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

// as has the server treat the requests that match as if they were others.
func as(m match, f func(c *call)) change {
	return handle(m, func(c *call) {
		c.Request = c.Clone(c.Context()) // since how an answer is written depends on what was asked
		f(c)
		c.pass()
	})
}

// secretly has the server do to the requests that match what as does, and answer as if nothing were.
func secretly(m match, f func(c *call)) change {
	return handle(m, func(c *call) {
		other := &call{c.Clone(c.Context()), httptest.NewRecorder(), c.own, c.s}
		f(other)
		other.pass()
		c.pass()
	})
}

func ownPath(c *call) {
	ids := c.s.target.IDs
	c.URL.Path = "/v2/" + ids["project_id"] + "/instances/" + ids["instance_id"] + "/tasks/" + ids["task_id"]
	c.URL.RawPath = ""
}

func ownToken(c *call) { c.Header.Set("X-Auth-Token", c.s.Token) }
func asDelete(c *call) { c.Method = http.MethodDelete }

// overSockets has the server checked over connections that can be told apart.
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

// connKey is where the context of a request has its connection. Its address may be that of one before it.
type connKey struct{}

func (c *call) conn() any { return c.Context().Value(connKey{}) }
