package clienttest

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"

	"github.com/dmstask/dmstask/client"
)

// IdentityURL is where the identity service is, the auth_url of a client: a small Keystone v3 that knows the users, the
// projects, the tokens and the access keys of the server.
func (s *Server) IdentityURL() string { return s.URL + "/v3" }

// IdentityRequests returns the requests to the identity service that arrived so far, in order of arrival.
// [Server.Requests] has the others.
func (s *Server) IdentityRequests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.identityRequests)
}

// identity is the identity service.
func (s *Server) identity(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxPayload))
	if err != nil {
		return // the client has gone
	}
	s.mu.Lock()
	answer := s.identityAnswer(r, body)
	s.mu.Unlock()
	answer.write(w)
}

func (s *Server) identityAnswer(r *http.Request, body []byte) Answer {
	request := r.Method + " " + r.URL.Path
	if request == "POST /v3/auth/tokens" {
		return s.login(body)
	}
	caller, ok := s.caller(r)
	if !ok {
		return keystoneError(http.StatusUnauthorized, "The X-Auth-Token is invalid!")
	}
	switch request {
	case "GET /v3/auth/tokens", "HEAD /v3/auth/tokens":
		subject := r.Header.Get("X-Subject-Token")
		if known, ok := s.tokens[subject]; ok && !known.expired() {
			return s.describe(http.StatusOK, subject, known)
		}
	case "GET /v3/auth/catalog":
		return list(r, "catalog", s.catalog(caller.project))
	case "GET /v3/auth/domains":
		return list(r, "domains", []object{domain(caller.user)})
	case "GET /v3/projects", "GET /v3/auth/projects":
		projects := make([]object, 0, len(s.projects))
		for _, id := range slices.Sorted(maps.Keys(s.projects)) {
			projects = append(projects, s.project(id))
		}
		return list(r, "projects", projects)
	}
	return keystoneError(http.StatusNotFound, "The resource could not be found.")
}

// caller finds out who sent a request: by a token, or by a signature that has been verified by now.
func (s *Server) caller(r *http.Request) (token, bool) {
	if project, ok := r.Context().Value(projectKey{}).(client.ProjectID); ok {
		return token{user: s.User, project: project}, true
	}
	known, ok := s.tokens[r.Header.Get("X-Auth-Token")]
	return known, ok && !known.expired()
}

// reference names a domain or a project, by its ID or by its name.
type reference struct{ ID, Name string }

func (r reference) is(id, name string) bool {
	return r.ID != "" && r.ID == id || r.ID == "" && r.Name == name
}

// loginRequest is the body that asks for a token.
type loginRequest struct {
	Auth struct {
		Identity struct {
			Methods  []string
			Token    reference
			Password struct {
				User struct {
					reference
					Password string
					Domain   reference
				}
			}
		}
		Scope struct {
			Domain  reference
			Project struct {
				reference
				Domain reference
			}
		}
	}
}

// login issues a token, as POST /v3/auth/tokens.
func (s *Server) login(body []byte) Answer {
	var request loginRequest
	if err := json.Unmarshal(body, &request); err != nil {
		return keystoneError(http.StatusBadRequest, "The request body is malformed.")
	}
	granted, ok := s.authenticated(request)
	if !ok {
		return keystoneError(http.StatusUnauthorized, "The username or password is wrong.")
	}
	if granted.project, ok = s.scope(request, granted.user); !ok {
		return keystoneError(http.StatusUnauthorized, "The user has no role in the project or domain.")
	}
	value := randomHex()
	s.tokens[value] = granted
	return s.describe(http.StatusCreated, value, granted)
}

// authenticated finds out who asks for a token. Who shows a token gets one that expires with it.
func (s *Server) authenticated(request loginRequest) (token, bool) {
	identity := request.Auth.Identity
	if !slices.Contains(identity.Methods, "password") {
		shown, ok := s.tokens[identity.Token.ID]
		return shown, ok && slices.Contains(identity.Methods, "token") && !shown.expired()
	}
	wanted := identity.Password.User
	for id, user := range s.users {
		if wanted.is(id, user.Name) && (wanted.ID != "" || wanted.Domain.is(user.DomainID(), user.Domain)) {
			return s.newToken(user, ""), user.Password == wanted.Password
		}
	}
	return token{}, false
}

// scope is the project that a token is asked for. None is fine: such a token is for the domain of its user.
func (s *Server) scope(request loginRequest, user User) (client.ProjectID, bool) {
	scope := request.Auth.Scope
	if scope.Project.reference == (reference{}) {
		return "", scope.Domain == (reference{}) || scope.Domain.is(user.DomainID(), user.Domain)
	}
	for id, name := range s.projects {
		if wanted := scope.Project; wanted.is(string(id), name) &&
			(wanted.ID != "" || wanted.Domain.is(s.User.DomainID(), s.User.Domain)) {
			return id, user.Domain == s.User.Domain
		}
	}
	return "", false
}
