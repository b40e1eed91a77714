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

// object is a JSON object.
type object = map[string]any

// identity is the identity service.
func (s *Server) identity(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxPayload))
	if err != nil {
		return // the client has gone
	}
	s.identityAnswer(r, body).write(w)
}

func (s *Server) identityAnswer(r *http.Request, body []byte) Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
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

// reference names a domain, by its ID or by its name.
type reference struct{ ID, Name string }

func (r reference) is(id, name string) bool { return r.ID == id || r.ID == "" && r.Name == name }

// member names a user or a project, by its ID or by its name and domain.
type member struct {
	reference
	Password string // of a user
	Domain   reference
}

// is reports whether this is what has the ID, or the name in the domain of a user.
func (m member) is(id, name string, user User) bool {
	return m.reference.is(id, name) && (m.ID != "" || m.Domain.is(user.DomainID(), user.Domain))
}

// loginRequest is the body that asks for a token.
type loginRequest struct {
	Auth struct {
		Identity struct {
			Methods  []string
			Token    reference
			Password struct{ User member }
		}
		Scope struct {
			Domain  reference
			Project member
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
		if wanted.is(id, user.Name, user) {
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
		if scope.Project.is(string(id), name, s.User) {
			return id, user.Domain == s.User.Domain
		}
	}
	return "", false
}

// keystoneError is how the identity service refuses.
func keystoneError(statusCode int, message string) Answer {
	return document(statusCode, object{"error": object{
		"code": statusCode, "message": message, "title": http.StatusText(statusCode),
	}}, nil)
}

// list is an answer of one page: the items of the name that the request asks for, or all of them.
func list(r *http.Request, key string, items []object) Answer {
	name := r.URL.Query().Get("name")
	items = slices.DeleteFunc(items, func(o object) bool { return name != "" && o["name"] != name })
	return document(http.StatusOK, object{key: items, "links": object{"next": nil, "previous": nil}}, nil)
}

func domain(user User) object {
	return object{"id": user.DomainID(), "name": user.Domain, "enabled": true}
}

func (s *Server) project(id client.ProjectID) object {
	name, ok := s.projects[id]
	if !ok { // one that a token or a key was added for
		name = s.Region + "_" + string(id)
	}
	return object{
		"id": id, "name": name, "enabled": true, "domain": domain(s.User), "domain_id": s.User.DomainID(),
	}
}

// describe is the answer that tells all about a token.
func (s *Server) describe(statusCode int, value string, t token) Answer {
	const precise = "2006-01-02T15:04:05.000000Z"
	about := object{
		"methods":    []string{"password"},
		"issued_at":  t.issued.Format(precise),
		"expires_at": t.expires.Format(precise),
		"user":       object{"id": t.user.ID(), "name": t.user.Name, "domain": domain(t.user)},
		"roles":      []object{{"id": "0", "name": "te_admin"}},
		"catalog":    s.catalog(t.project),
	}
	if t.project != "" {
		about["project"] = s.project(t.project)
	} else {
		about["domain"] = domain(t.user)
	}
	return document(statusCode, object{"token": about}, http.Header{"X-Subject-Token": {value}})
}

// otherRegion is a second region of the catalog, in which this server answers for no service.
const otherRegion = "eu-nl"

// catalog is the service catalog of a project, written as that of the cloud: an endpoint ends in version and project.
// Who is logged in to a domain, and to no project, sees the identity service only.
//
// A client has to choose: another service comes first, and so does another region.
func (s *Server) catalog(project client.ProjectID) []object {
	own := object{"type": "identity", "name": "keystone", "endpoints": []object{endpoint(s.Region, s.IdentityURL())}}
	if project == "" {
		return []object{own}
	}
	regional := func(kind, name, version string) object {
		path := "/" + version + "/" + string(project)
		return object{"type": kind, "name": name, "endpoints": []object{
			endpoint(otherRegion, s.URL+"/"+otherRegion+path),
			endpoint(s.Region, s.URL+path),
		}}
	}
	return []object{own, regional("dmsv1", "dmsv1", "v1.0"), regional("dmsv2", "dmsv2", "v2")}
}

func endpoint(region, url string) object {
	return object{"interface": "public", "region": region, "region_id": region, "url": url}
}
