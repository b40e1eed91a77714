package client

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/dmstask/dmstask/internal/version"
)

// Version is the version of this module.
const Version = version.String

const (
	userAgent   = "dmstask/" + Version
	tokenHeader = "X-Auth-Token" //nolint:gosec // G101 takes the name of the field for a credential
)

// credentials says who asks.
type credentials struct {
	next      handler
	authorize func(req *http.Request, r *record) error // nil for none
}

func (c credentials) send(req *http.Request, r *record) (*http.Response, error) {
	if c.authorize != nil {
		if err := c.authorize(req, r); err != nil {
			refused := &refusedError{err: fmt.Errorf("no credentials: %w", err)}
			var why *refusedError
			if errors.As(err, &why) {
				refused.meaning = why.meaning
			}
			return nil, refused
		}
	}
	if r.run != nil { // a login may have taken long, and others have been throttled meanwhile
		if r.run.pacer.Pause(r.ctx) != nil {
			return nil, stopped(r.ctx)
		}
	}
	return c.next.send(req, r)
}

// setToken returns a function that puts the token of a source on a request.
func setToken(source TokenSource) func(req *http.Request, r *record) error {
	return func(req *http.Request, r *record) error {
		token, err := source.Token(r.ctx)
		if err == nil {
			err = token.validate()
		}
		switch {
		case err != nil && r.ctx.Err() != nil:
			return &refusedError{err, ErrUnavailable}
		case err != nil:
			return &refusedError{err, loginMeaning(err)}
		}
		if token.Value == r.refused {
			return errSameToken
		}
		r.token = token.Value
		req.Header.Set(tokenHeader, token.Value)
		return nil
	}
}

// checkToken refuses what cannot be a header field (RFC 9110 section 5.5), most often a token read from a file with
// the newline at its end. The error does not show the token.
func checkToken(token string) error {
	if token == "" {
		return &InvalidError{Parameter: "token", Expected: "a token; was a variable not set?"}
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return &InvalidError{
			Parameter: "token", Hidden: true,
			Expected: "visible ASCII characters only, without a space or a newline at the end",
		}
	}
	return nil
}
