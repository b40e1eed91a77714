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

// An edit makes another request of one: the request that a faulty server takes it for.
type edit = func(c *call)

func ownToken(c *call) { c.Header.Set("X-Auth-Token", c.s.Token) }
func asDelete(c *call) { c.Method = http.MethodDelete }

func ownPath(c *call) {
	ids := c.s.target.IDs
	c.URL.Path = "/v2/" + ids["project_id"] + "/instances/" + ids["instance_id"] + "/tasks/" + ids["task_id"]
	c.URL.RawPath = ""
}

// edited returns a copy of the call with an edited request. The original one still decides how a response is written.
func (c call) edited(by edit) *call {
	c.Request = c.Clone(c.Context())
	by(&c)
	return &c
}

// takes makes the server treat the requests that m selects as if they were other ones.
func takes(m match, by edit) change { return handle(m, func(c *call) { c.edited(by).pass() }) }

// secretly makes the server carry out the other request as well, and respond as if nothing had happened.
func secretly(m match, by edit) change {
	return handle(m, func(c *call) { c.edited(by).record(); c.pass() })
}

// overSockets has the server checked over sockets. Each request knows its connection.
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

// connKey is for the connection in the context of a request. Remote addresses are not enough: they are used again.
type connKey struct{}

func (c *call) conn() any { return c.Context().Value(connKey{}) }
