package clienttest

import (
	"net/http"
	"net/url"
	"strings"
)

// router is the router of the generated code. It matches a path segment by segment as it was sent; http.ServeMux would
// answer a dot segment or a doubled slash with a redirect, which this API never does.
type router struct {
	methodNotAllowed, notFound http.Handler

	method   string
	segments []string
	handler  http.HandlerFunc
}

// HandleFunc takes the pattern that the generated code made of the contract, "METHOD /path/{parameter}".
func (m *router) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	method, path, _ := strings.Cut(pattern, " ")
	m.method, m.segments, m.handler = method, strings.Split(path, "/"), handler
}

func (m *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !m.match(r):
		m.notFound.ServeHTTP(w, r)
	case r.Method != m.method:
		m.methodNotAllowed.ServeHTTP(w, r)
	default:
		m.handler(w, r)
	}
}

// match reports whether the path is that of the contract, and sets the path values of the request.
func (m *router) match(r *http.Request) bool {
	got := strings.Split(r.URL.EscapedPath(), "/")
	if len(got) != len(m.segments) {
		return false
	}
	for i, want := range m.segments {
		name, isParameter := strings.CutPrefix(want, "{")
		if !isParameter {
			if got[i] != want {
				return false
			}
			continue
		}
		value, err := url.PathUnescape(got[i])
		if err != nil || value == "" || value == "." || value == ".." {
			return false
		}
		r.SetPathValue(strings.TrimSuffix(name, "}"), value)
	}
	return true
}
