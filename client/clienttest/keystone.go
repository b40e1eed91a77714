package clienttest

import (
	"net/http"
	"slices"

	"github.com/dmstask/dmstask/client"
)

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
