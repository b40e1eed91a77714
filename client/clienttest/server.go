package clienttest

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest/internal/server"
)

// A Server is a DMS server on loopback that keeps its tasks in memory. Its methods are safe for concurrent use.
type Server struct {
	*httptest.Server // URL and Close; its Client is an http.Client: see [Server.Client]

	// A project, an instance of it and a token for it, made up anew for every server.
	ProjectID  client.ProjectID
	InstanceID client.InstanceID
	Token      string

	// Who can use the project, made up too: a user of the identity service, and an access key (AK/SK) for signatures.
	User        User
	ProjectName string
	Region      string
	AccessKey   string
	SecretKey   string

	mu         sync.Mutex
	tokens     map[string]token
	lifetime   time.Duration
	accessKeys map[string]*accessKey
	instances  map[client.TaskRef]bool // canonical, without a task
	tasks      map[client.TaskRef]bool // canonical; true if the task still runs
	faults     faults

	requests, identityRequests []Request
}

// canonical is how the server keeps a task, or an instance if there is no task. The case of the instance's ID does not
// matter: RFC 9562 section 4.
func canonical(project client.ProjectID, id client.InstanceID, task client.TaskID) client.TaskRef {
	return client.TaskRef{ProjectID: project, InstanceID: client.InstanceID(strings.ToLower(string(id))), TaskID: task}
}

// A Request is one that arrived at the server.
type Request struct {
	Method string
	Target string // the request target as it was sent, percent-encoding and all
	Header http.Header
}

// A TB is what this package needs from a *testing.T. It keeps package testing out of programs that import this one.
type TB interface {
	Helper()
	Cleanup(f func())
	Fatalf(format string, args ...any)
}

// New is [NewServer] for a test; the server is closed when the test ends.
func New(t TB) *Server {
	t.Helper()
	s := NewServer()
	t.Cleanup(s.Close)
	return s
}

// NewServer starts a server on loopback. The caller calls Close when finished. It panics if no port is available, like
// [httptest.NewServer].
func NewServer() *Server {
	s := newServer()
	s.Start()
	return s
}

// NewTLSServer starts a server with TLS and HTTP/2. Clients of [Server.Client] trust its certificate, and so does the
// [http.Client] of [httptest.Server.Client].
func NewTLSServer() *Server {
	s := newServer()
	s.EnableHTTP2 = true
	s.StartTLS()
	return s
}

// Client returns a client of this server that has its Token and, if the server uses TLS, trusts its certificate. The
// options come after these and can override them. An invalid option fails the test.
//
// The method hides that of the [httptest.Server], whose [http.Client] is s.Server.Client().
func (s *Server) Client(t TB, opts ...client.Option) *client.Client {
	t.Helper()
	all := []client.Option{client.WithToken(s.Token)}
	if s.TLS != nil {
		all = append(all, client.WithTransport(s.Server.Client().Transport))
	}
	c, err := client.New(s.URL, append(all, opts...)...)
	if err != nil {
		t.Fatalf("clienttest: %v", err)
	}
	return c
}

func newServer() *Server {
	s := &Server{
		ProjectID:  client.ProjectID(randomHex()),
		InstanceID: client.InstanceID(uuid.NewString()),
		Token:      randomHex(),

		User:        User{Name: "user-" + randomHex()[:8], Password: rand.Text(), Domain: "OTC-EU-DE-" + randomHex()[:8]},
		ProjectName: "eu-de_project",
		Region:      "eu-de",
		AccessKey:   rand.Text()[:20],
		SecretKey:   rand.Text(),

		tokens:     make(map[string]token),
		lifetime:   24 * time.Hour,
		accessKeys: make(map[string]*accessKey),
		instances:  make(map[client.TaskRef]bool),
		tasks:      make(map[client.TaskRef]bool),
	}
	s.Reset()
	s.AddAccessKey(s.AccessKey, s.SecretKey, s.ProjectID)
	s.AddToken(s.Token, s.ProjectID)
	s.AddInstance(s.ProjectID, s.InstanceID)

	routes := &router{}
	server.HandlerWithOptions(server.NewStrictHandler(service{s}, nil),
		server.StdHTTPServerOptions{BaseRouter: routes, ErrorHandlerFunc: refuseParameter})
	dms := s.throttle(s.signed(s.authenticate(routes)))
	dms = s.record(&s.requests, s.answer(routes, s.wrapped(&s.faults.wrap, dms)))
	identity := s.wrapped(&s.faults.wrapIdentity, s.signed(http.HandlerFunc(s.identity)))
	identity = s.record(&s.identityRequests, identity)
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v3/") {
			identity.ServeHTTP(w, r)
			return
		}
		dms.ServeHTTP(w, r)
	}))
	return s
}

// service is what the contract describes, behind the checks of the generated code: a method for each operation.
type service struct{ server *Server }

// AddInstance adds an instance without tasks to a project. The case of its ID does not matter, here and elsewhere.
func (s *Server) AddInstance(project client.ProjectID, id client.InstanceID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.instances[canonical(project, id, "")] = true
}

// AddTask adds the record of a finished task, which can be deleted, and its instance if the server does not have it.
func (s *Server) AddTask(task client.TaskRef) { s.addTask(task, false) }

// AddRunningTask adds the record of a running task, which the server does not delete. AddTask finishes it.
func (s *Server) AddRunningTask(task client.TaskRef) { s.addTask(task, true) }

func (s *Server) addTask(ref client.TaskRef, running bool) {
	s.AddInstance(ref.ProjectID, ref.InstanceID)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tasks[canonical(ref.ProjectID, ref.InstanceID, ref.TaskID)] = running
}

// NewTask adds the record of a finished task to the server's own instance and returns it.
func (s *Server) NewTask() client.TaskRef {
	task := client.TaskRef{ProjectID: s.ProjectID, InstanceID: s.InstanceID, TaskID: client.TaskID(randomHex())}
	s.AddTask(task)
	return task
}

// HasTask reports whether the server has the record of a task.
func (s *Server) HasTask(task client.TaskRef) bool {
	return s.has(s.tasks, canonical(task.ProjectID, task.InstanceID, task.TaskID))
}

// HasInstance reports whether the server has an instance.
func (s *Server) HasInstance(project client.ProjectID, id client.InstanceID) bool {
	return s.has(s.instances, canonical(project, id, ""))
}

func (s *Server) has(list map[client.TaskRef]bool, ref client.TaskRef) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := list[ref]
	return ok
}

// keptRequests is how many requests are remembered, so that a server can run for a long time.
const keptRequests = 10_000

// Requests returns the last 10,000 requests that arrived, in order of arrival, except those to the identity service.
func (s *Server) Requests() []Request { return s.arrived(&s.requests) }

// IdentityRequests is [Server.Requests] for the identity service.
func (s *Server) IdentityRequests() []Request { return s.arrived(&s.identityRequests) }

func (s *Server) arrived(list *[]Request) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(*list)
}

// record adds every request to list, whatever the answer.
func (s *Server) record(list *[]Request, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		all := append(*list, Request{Method: r.Method, Target: r.RequestURI, Header: r.Header.Clone()})
		*list = all[max(0, len(all)-keptRequests):]
		s.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// randomHex returns 32 lower-case hexadecimal digits, the form of the vendor's IDs.
func randomHex() string { return strings.ReplaceAll(uuid.NewString(), "-", "") }
