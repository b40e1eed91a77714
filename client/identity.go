package client

import (
	"net/http"
	"strings"

	"github.com/dmstask/dmstask/internal/version"
)

// Version is the version of this module.
const Version = version.String

const tokenHeader = "X-Auth-Token" //nolint:gosec // G101 takes the name of the field for a credential

// Values of header fields that are the same in every request, and so are shared.
var accept, userAgent = []string{"application/json"}, []string{"dmstask/" + Version}

// identity says who asks: the credentials and the User-Agent.
type identity struct {
	next HttpRequestDoer
	sign func(*http.Request) error // puts the credentials on a request; nil for none
}

func (i *identity) Do(req *http.Request) (*http.Response, error) {
	req.Header["Accept"] = accept
	if req.Header.Get("User-Agent") == "" {
		req.Header["User-Agent"] = userAgent
	}
	if i.sign != nil {
		if err := i.sign(req); err != nil {
			return nil, err
		}
	}
	return i.next.Do(req)
}

// checkToken refuses what cannot be a header field (RFC 9110 section 5.5), most often a token read from a file with
// the newline at its end. The error does not show the token.
func checkToken(token string) error {
	if token == "" {
		return &InvalidError{Parameter: "token", Expected: "a token; leave the option out to send none"}
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return &InvalidError{
			Parameter: "token", hidden: true,
			Expected: "visible ASCII characters only, without a space or a newline at its end",
		}
	}
	return nil
}
