package clienttest

import (
	"encoding/json"
	"net/http"

	"github.com/dmstask/dmstask/client"
)

// IdentityURL is where the identity service is, the auth_url of a client: a small Keystone v3 that knows the user, the
// project, the tokens and the access keys of the server.
func (s *Server) IdentityURL() string { return s.URL + "/v3" }

// object is a JSON object.
type object = map[string]any

// identity is the identity service: what it takes to log in by password, to learn what a token is for, and to find
// project and endpoint with a signature.
func (s *Server) identity(w http.ResponseWriter, r *http.Request) { s.identityAnswer(r).write(w) }

func (s *Server) identityAnswer(r *http.Request) Answer {
	var login loginRequest
	err := json.NewDecoder(r.Body).Decode(&login) // before the lock: the client may be slow
	s.mu.Lock()
	defer s.mu.Unlock()
	request := r.Method + " " + r.URL.Path
	if request == "POST /v3/auth/tokens" {
		if err != nil {
			return keystoneError(http.StatusBadRequest, "The request body is malformed.")
		}
		return s.login(login)
	}
	project, ok := s.caller(r)
	if !ok {
		return keystoneError(http.StatusUnauthorized, "The X-Auth-Token is invalid!")
	}
	switch request {
	case "GET /v3/auth/tokens":
		subject := r.Header.Get("X-Subject-Token")
		if known := s.tokens[subject]; !known.expired() {
			return s.describe(http.StatusOK, subject, known)
		}
	case "GET /v3/auth/catalog":
		return list("catalog", s.catalog(project))
	case "GET /v3/projects":
		if name := r.URL.Query().Get("name"); name != "" && name != s.ProjectName {
			return list("projects", []object{})
		}
		return list("projects", []object{s.project(s.ProjectID)})
	}
	return keystoneError(http.StatusNotFound, "The resource could not be found.")
}

// caller finds out for which project a request is: by a token, or by a signature that has been verified by now.
func (s *Server) caller(r *http.Request) (client.ProjectID, bool) {
	if project, ok := r.Context().Value(projectKey{}).(client.ProjectID); ok {
		return project, true
	}
	known := s.tokens[r.Header.Get("X-Auth-Token")]
	return known.project, !known.expired()
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

// is reports whether this is what has the ID, or the name in the domain of the user.
func (m member) is(id, name string, user User) bool {
	return m.reference.is(id, name) && (m.ID != "" || m.Domain.is(user.DomainID(), user.Domain))
}

// loginRequest is the body that asks for a token.
type loginRequest struct {
	Auth struct {
		Identity struct {
			Password struct{ User member }
		}
		Scope struct{ Project member }
	}
}

// login issues a token, as POST /v3/auth/tokens. It is for the project that is asked for, or for none.
func (s *Server) login(request loginRequest) Answer {
	user, project := request.Auth.Identity.Password.User, request.Auth.Scope.Project
	if !user.is(s.User.ID(), s.User.Name, s.User) || user.Password != s.User.Password {
		return keystoneError(http.StatusUnauthorized, "The username or password is wrong.")
	}
	granted, value := s.newToken(""), randomHex()
	if project != (member{}) {
		if !project.is(string(s.ProjectID), s.ProjectName, s.User) {
			return keystoneError(http.StatusUnauthorized, "The user has no role in the project or domain.")
		}
		granted.project = s.ProjectID
	}
	s.tokens[value] = granted
	return s.describe(http.StatusCreated, value, granted)
}

// keystoneError is how the identity service refuses.
func keystoneError(statusCode int, message string) Answer {
	return document(statusCode, object{"error": object{
		"code": statusCode, "message": message, "title": http.StatusText(statusCode),
	}}, nil)
}

// list is an answer of one page.
func list(key string, items []object) Answer {
	return document(http.StatusOK, object{key: items, "links": object{"next": nil, "previous": nil}}, nil)
}

func (s *Server) domain() object {
	return object{"id": s.User.DomainID(), "name": s.User.Domain, "enabled": true}
}

func (s *Server) project(id client.ProjectID) object {
	name := s.ProjectName
	if id != s.ProjectID { // one that a token or a key was added for
		name = s.Region + "_" + string(id)
	}
	return object{"id": id, "name": name, "enabled": true, "domain": s.domain(), "domain_id": s.User.DomainID()}
}

// describe is the answer that tells all about a token.
func (s *Server) describe(statusCode int, value string, t token) Answer {
	const precise = "2006-01-02T15:04:05.000000Z"
	about := object{
		"methods":    []string{"password"},
		"issued_at":  t.issued.Format(precise),
		"expires_at": t.expires.Format(precise),
		"user":       object{"id": s.User.ID(), "name": s.User.Name, "domain": s.domain()},
		"roles":      []object{{"id": "0", "name": "te_admin"}},
		"catalog":    s.catalog(t.project),
	}
	if t.project != "" {
		about["project"] = s.project(t.project)
	} else {
		about["domain"] = s.domain()
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
