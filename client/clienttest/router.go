package clienttest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// router is the router of the generated code, a list of routes. It matches a path segment by segment as it was sent;
// http.ServeMux would answer a dot segment or a doubled slash with a redirect, which this API never does.
type router struct{ routes []route }

type route struct {
	method   string
	segments []string
	handler  http.HandlerFunc
}

// HandleFunc adds a route for the pattern that the generated code made of the contract, "METHOD /path/{parameter}".
func (m *router) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	method, path, _ := strings.Cut(pattern, " ")
	m.routes = append(m.routes, route{method, strings.Split(path, "/"), handler})
}

// ServeHTTP judges the path, then the method. The IDs in the path are left to the handler.
func (m *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var known []string
	for _, o := range m.match(r) {
		if o.method == r.Method {
			o.handler(w, r)
			return
		}
		known = append(known, o.method)
	}
	if known == nil {
		// The gateway's answer. That of the service would be the same as to an unknown task, and a wrong path would look like
		// a task that is gone.
		gatewayError(http.StatusNotFound, "APIG.0101", "The API does not exist.").write(w)
		return
	}
	allow := http.Header{"Allow": {strings.Join(known, ", ")}} // RFC 9110 section 15.5.6
	Error(http.StatusMethodNotAllowed, "DMS.00405001", "The method is not allowed.", allow).write(w)
}

// match returns the routes whose path is that of the request, and sets the path values of the request.
func (m *router) match(r *http.Request) (all []route) {
	got := strings.Split(r.URL.EscapedPath(), "/")
	for _, o := range m.routes {
		values := make(map[string]string)
		if slices.EqualFunc(got, o.segments, func(got, want string) bool {
			name, isParameter := strings.CutPrefix(want, "{")
			if !isParameter {
				return got == want
			}
			value, err := url.PathUnescape(got)
			values[strings.TrimSuffix(name, "}")] = value
			return err == nil && value != "" && value != "." && value != ".."
		}) {
			all = append(all, o)
			for name, value := range values {
				r.SetPathValue(name, value)
			}
		}
	}
	return all
}
