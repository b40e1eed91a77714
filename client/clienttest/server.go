package clienttest

import (
	"crypto/rand"
	"encoding/hex"
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

// A Server is a DMS server on loopback that keeps its tasks in memory. Its methods are safe for use by many goroutines.
type Server struct {
	*httptest.Server // URL, Close, and Client for a server with TLS

	// A project, an instance of it and a token for it, made up anew for every server.
	ProjectID  client.ProjectID
	InstanceID client.InstanceID
	Token      string

	// Who may use the project, as the identity service knows it, made up too: a user, and a key (AK/SK) that signs.
	User        User
	ProjectName string
	Region      string
	AccessKey   string
	SecretKey   string

	mu         sync.Mutex
	tokens     map[string]token
	lifetime   time.Duration
	users      map[string]User // by ID
	projects   map[client.ProjectID]string
	accessKeys map[string]*accessKey
	tasks      map[instance]map[client.TaskID]taskState

	requests, identityRequests []Request

	answers            []Answer
	limit              *int // requests that are still served before the server throttles; nil for no limit
	wrap, wrapIdentity func(http.Handler) http.Handler
}

type instance struct {
	project client.ProjectID
	id      client.InstanceID
}

type taskState int

const (
	finished taskState = iota
	running
)

// A Request is what arrived at the server.
type Request struct {
	Method string
	Target string // the request target as it was sent, percent-encoding and all
	Header http.Header
}

// NewServer starts a server on loopback. The caller calls Close when finished. It panics if there is no port to be had,
// as [httptest.NewServer] does.
func NewServer() *Server {
	s := newServer()
	s.Start()
	return s
}

// NewTLSServer starts a server that speaks TLS, HTTP/2 too. Its certificate is one that the [http.Client] of
// [httptest.Server.Client] trusts.
func NewTLSServer() *Server {
	s := newServer()
	s.EnableHTTP2 = true
	s.StartTLS()
	return s
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
		lifetime:   tokenLifetime,
		users:      make(map[string]User),
		projects:   make(map[client.ProjectID]string),
		accessKeys: make(map[string]*accessKey),
		tasks:      make(map[instance]map[client.TaskID]taskState),
	}
	s.AddUser(s.User)
	s.AddProject(s.ProjectName, s.ProjectID)
	s.AddAccessKey(s.AccessKey, s.SecretKey, s.ProjectID)
	s.AddToken(s.Token, s.ProjectID)
	s.AddInstance(s.ProjectID, s.InstanceID)

	routes := &router{methodNotAllowed: methodNotAllowed, notFound: noSuchURL}
	handler := server.NewStrictHandlerWithOptions(service{s}, nil, server.StrictHTTPServerOptions{})
	server.HandlerWithOptions(handler, server.StdHTTPServerOptions{
		BaseRouter:       routes,
		ErrorHandlerFunc: refuseID,
	})
	dms := s.throttle(s.signed(s.authenticate(routes)))
	dms = s.record(&s.requests, s.answerNext(s.wrapped(&s.wrap, dms)))
	identity := s.signed(http.HandlerFunc(s.identity))
	identity = s.record(&s.identityRequests, s.wrapped(&s.wrapIdentity, identity))
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v3/") {
			identity.ServeHTTP(w, r)
			return
		}
		dms.ServeHTTP(w, r)
	}))
	return s
}

// AddInstance adds an instance without tasks to a project.
func (s *Server) AddInstance(project client.ProjectID, id client.InstanceID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addInstance(instance{project, id})
}

func (s *Server) addInstance(i instance) map[client.TaskID]taskState {
	if s.tasks[i] == nil {
		s.tasks[i] = make(map[client.TaskID]taskState)
	}
	return s.tasks[i]
}

// AddTask adds the record of a finished task, which can be deleted, and its instance if the server has none such.
func (s *Server) AddTask(task client.TaskRef) { s.addTask(task, finished) }

// AddRunningTask adds the record of a task that still runs, which the server does not delete. AddTask finishes it.
func (s *Server) AddRunningTask(task client.TaskRef) { s.addTask(task, running) }

func (s *Server) addTask(task client.TaskRef, state taskState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addInstance(instance{task.ProjectID, task.InstanceID})[task.TaskID] = state
}

// NewTask adds the record of a finished task to the server's own instance and returns its name.
func (s *Server) NewTask() client.TaskRef {
	task := client.TaskRef{ProjectID: s.ProjectID, InstanceID: s.InstanceID, TaskID: client.TaskID(randomHex())}
	s.AddTask(task)
	return task
}

// HasTask reports whether the server has the record of a task.
func (s *Server) HasTask(task client.TaskRef) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.tasks[instance{task.ProjectID, task.InstanceID}][task.TaskID]
	return ok
}

// HasInstance reports whether the server has an instance.
func (s *Server) HasInstance(project client.ProjectID, id client.InstanceID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tasks[instance{project, id}] != nil
}

// Requests returns the requests that arrived so far, in order of arrival, but for those to the identity service.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// record notes every request in list, whatever becomes of it.
func (s *Server) record(list *[]Request, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		*list = append(*list, Request{Method: r.Method, Target: r.RequestURI, Header: r.Header.Clone()})
		s.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// randomHex returns 32 lower-case hexadecimal digits, the form of the vendor's IDs.
func randomHex() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: see crypto/rand
	return hex.EncodeToString(b[:])
}
