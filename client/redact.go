package client

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// redacted stands where a credential was.
const redacted = "[redacted]"

// secrets returns the credentials in a header section, as a server may repeat them: whole fields, and without the
// scheme in front. Names are compared like a server does: a map can hold them in any case.
func secrets(header http.Header) (found []string) {
	for name, values := range header {
		if !isCredential(name) {
			continue
		}
		for _, value := range values {
			_, bare, _ := strings.Cut(value, " ")
			for _, secret := range []string{value, strings.TrimSpace(bare)} {
				if secret != "" {
					found = append(found, secret)
				}
			}
		}
	}
	return found
}

// isCredential reports whether a header field authenticates.
func isCredential(name string) bool {
	return strings.EqualFold(name, tokenHeader) || strings.EqualFold(name, "Authorization") ||
		strings.EqualFold(name, "X-Security-Token") // goes with a temporary access key
}

func redact(text string, secrets []string) string {
	for _, secret := range secrets {
		quoted := strconv.Quote(secret)
		for _, form := range []string{secret, quoted[1 : len(quoted)-1], url.QueryEscape(secret), url.PathEscape(secret)} {
			text = strings.ReplaceAll(text, form, redacted)
		}
	}
	return text
}

// A redactedError is an error whose text had a credential in it: net/http quotes what it could not read.
type redactedError struct {
	text string
	err  error
}

func (e *redactedError) Error() string { return e.text }
func (e *redactedError) Unwrap() error { return e.err }

// redactError returns err, without secrets in its text.
func redactError(err error, secrets []string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if clean := redact(text, secrets); clean != text {
		return &redactedError{clean, err}
	}
	return err
}
