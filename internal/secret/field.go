package secret

import (
	"net/http"
	"slices"
	"strings"
	"sync"
)

// InField returns what is secret in a header field: of a signature neither the access key nor the name of the method,
// of another Authorization not the scheme (RFC 9110 section 11.4).
func InField(value string) string {
	if _, signature, ok := strings.Cut(value, "Signature="); ok {
		return signature
	}
	value = strings.TrimSpace(value)
	return strings.TrimSpace(value[strings.Index(value, " ")+1:])
}

// names are parts of the names of header fields that authenticate, in small letters.
var names = strings.Fields("authorization token cookie secret password signature api-key apikey auth-key")

// Field reports whether a header field authenticates, by its name. Names are compared as a server does it: a map can
// hold them in any case.
func Field(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(names, func(part string) bool { return strings.Contains(name, part) })
}

// InHeader returns the secrets in a header section, regardless of who added them, in order.
func InHeader(header http.Header) (found []string) {
	for name, values := range header {
		for _, value := range values {
			switch {
			case !Field(name):
			case strings.EqualFold(name, "Cookie"):
				for cookie := range strings.SplitSeq(value, ";") { // RFC 6265 section 4.2.1
					_, value, _ := strings.Cut(cookie, "=")
					found = append(found, strings.TrimSpace(value))
				}
			default:
				found = append(found, InField(value))
				if _, password, ok := (&http.Request{Header: http.Header{"Authorization": {value}}}).BasicAuth(); ok {
					found = append(found, password)
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

// A Cache makes sets, and keeps the last one: a token is sent many times, and to make its set costs more than to send
// it. Its zero value is ready, and can be used by many goroutines.
type Cache struct {
	mu   sync.Mutex
	last []string
	set  *Set
}

// For returns the set of the credentials in a header section, and more.
func (c *Cache) For(header http.Header, more ...string) *Set {
	found := append(InHeader(header), more...)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.set == nil || !slices.Equal(c.last, found) {
		c.last, c.set = found, Of(found...)
	}
	return c.set
}
