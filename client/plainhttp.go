package client

import (
	"net"
	"net/http"
	"net/url"
)

// plainHTTPGuard keeps credentials off plain http, whoever set them: an option or a request editor of the caller.
type plainHTTPGuard struct{ next HttpRequestDoer }

func (g plainHTTPGuard) Do(req *http.Request) (*http.Response, error) {
	for name := range req.Header {
		if isCredential(name) {
			if err := refusePlainHTTP(req.URL); err != nil {
				return nil, err
			}
		}
	}
	return g.next.Do(req)
}

// Exposed reports whether others could read what is sent to u: its scheme is not https and its host is not loopback. Of
// names only localhost is taken for loopback (RFC 6761 section 6.3).
func Exposed(u *url.URL) bool {
	host := u.Hostname()
	return u.Scheme != "https" && host != "localhost" && !net.ParseIP(host).IsLoopback()
}

func refusePlainHTTP(u *url.URL) error {
	if !Exposed(u) {
		return nil
	}
	return &InvalidError{
		Parameter: "server", Value: u.Redacted(),
		Expected: "https, because credentials would be readable on the way; or the option WithInsecureHTTP",
	}
}
