package client

import (
	"net/http"
	"net/url"

	"github.com/dmstask/dmstask/internal/plainhttp"
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

func refusePlainHTTP(u *url.URL) error {
	if !plainhttp.Exposed(u) {
		return nil
	}
	return &InvalidError{
		Parameter: "server", Value: u.Redacted(),
		Expected: "https, because credentials would be readable on the way; or the option WithInsecureHTTP",
	}
}
