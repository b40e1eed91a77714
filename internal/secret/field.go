package secret

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
)

// InField returns what is secret in a header field: of a signature neither the access key nor the name of the method,
// of another Authorization not the scheme (RFC 9110 section 11.4).
func InField(value string) string {
	if _, signature, ok := strings.Cut(value, "Signature="); ok {
		return signature
	}
	value = strings.TrimSpace(value)
	if _, credential, ok := strings.Cut(value, " "); ok {
		return strings.TrimSpace(credential)
	}
	return value
}

// names are parts of the names of header fields that authenticate, in small letters.
var names = []string{
	"authorization", "token", "cookie", "secret", "password", "signature", "api-key", "apikey", "auth-key",
}

// Field reports whether a header field authenticates, by its name. Names are compared as a server does it: a map can
// hold them in any case.
func Field(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(names, func(part string) bool { return strings.Contains(name, part) })
}

// InHeader returns what is secret in a header section, whoever added it, in order.
func InHeader(header http.Header) (found []string) {
	for name, values := range header {
		if !Field(name) {
			continue
		}
		for _, value := range values {
			if !strings.EqualFold(name, "Cookie") {
				credential := InField(value)
				found = append(found, credential)
				if pair, err := base64.StdEncoding.DecodeString(credential); err == nil { // Basic, RFC 7617 section 2
					if _, password, ok := strings.Cut(string(pair), ":"); ok {
						found = append(found, password)
					}
				}
				continue
			}
			for cookie := range strings.SplitSeq(value, ";") { // RFC 6265 section 4.2.1
				_, value, _ := strings.Cut(cookie, "=")
				found = append(found, strings.TrimSpace(value))
			}
		}
	}
	slices.Sort(found)
	return found
}
