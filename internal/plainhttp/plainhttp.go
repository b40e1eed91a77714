// Package plainhttp decides whether credentials would be readable in transit.
package plainhttp

import (
	"net"
	"net/url"
)

// Exposed reports whether others could read what is sent to u: its scheme is not https and its host is not loopback. Of
// names only localhost is taken for loopback (RFC 6761 section 6.3).
func Exposed(u *url.URL) bool {
	host := u.Hostname()
	return u.Scheme != "https" && host != "localhost" && !net.ParseIP(host).IsLoopback()
}
