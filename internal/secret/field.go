package secret

import "strings"

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
