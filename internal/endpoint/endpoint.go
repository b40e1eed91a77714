// Package endpoint validates the URL of an API's endpoint.
package endpoint

import (
	"net/url"
	"path"
	"strings"
)

// Parse returns the URL of an endpoint, or in words what would have been accepted in its place: an absolute URL of
// scheme http or https, without user information, query and fragment, whose path does not end in a version or a
// project.
func Parse(server string) (u *url.URL, expected string) {
	u, err := url.Parse(server)
	switch {
	case err != nil, u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "",
		strings.Contains(u.Hostname(), ":") && !strings.HasPrefix(u.Host, "["): // an address without brackets
		return nil, "an absolute URL such as https://dms.eu-de.otc.t-systems.com"
	case u.User != nil:
		return nil, "a URL without user information, which would be sent along"
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(server, "#"):
		return nil, "a URL without query and fragment"
	}
	// With it, every request would ask for a URL like /v2/v2/…, whose 404 reads as if the task did not exist.
	if end := path.Base(u.JoinPath("/").Path); isVersion(end) || isProject(end) {
		return nil, "a URL without version and project, which are added to it"
	}
	u.Host = strings.TrimSuffix(u.Host, ":") // as package http has it
	return u, ""
}

func isProject(segment string) bool {
	return len(segment) == 32 && strings.Trim(segment, "0123456789abcdef") == ""
}

// isVersion reports whether a segment is a version such as v2 or v1.0.
func isVersion(segment string) bool {
	number := strings.TrimLeft(segment, "vV")
	return len(number)+1 == len(segment) && number != "" && strings.Trim(number, "0123456789.") == ""
}
