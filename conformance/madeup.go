package conformance

import (
	"crypto/rand"
	"strings"
)

// unguessable is how many bits of a made-up ID are random at least: then it is nobody's.
const unguessable = 64

// madeUpID returns a value for a path parameter that the contract allows and that nobody has, or "" if the contract
// leaves no room for one. It has the form of the target's own value, or of the contract's example.
func (c *Contract) madeUpID(p Parameter, own string) string {
	for _, form := range []string{own, p.example, strings.Repeat("0", 32), "00000000-0000-4000-8000-000000000000"} {
		if id, bits := like(form, p.Format == "uuid"); bits >= unguessable && c.CheckID(p.Name, id) == nil {
			return id
		}
	}
	return ""
}

// like returns random characters in the form of a text: digits where it has digits, letters where it has letters, and
// hexadecimal digits where it has no other letters. A UUID keeps its version and its variant (RFC 9562 section 4.1).
func like(form string, uuid bool) (text string, bits int) {
	isHex := strings.Trim(strings.ToLower(form), "0123456789abcdef-") == ""
	random := make([]byte, len(form))
	_, _ = rand.Read(random) // never fails: see crypto/rand
	hexDigits := "0123456789abcdef"
	if strings.ToUpper(form) == form && strings.ContainsAny(form, "ABCDEF") {
		hexDigits = "0123456789ABCDEF"
	}
	b := []byte(form)
	for i, char := range b {
		alphabet := ""
		switch {
		case uuid && (i == 14 || i == 19):
		case isHex && char != '-':
			alphabet = hexDigits
		case char >= '0' && char <= '9':
			alphabet = "01234567" // of 8, so that each is as likely as any other
		case char >= 'a' && char <= 'z':
			alphabet = "abcdefghjkmnpqrs"
		case char >= 'A' && char <= 'Z':
			alphabet = "ABCDEFGHJKMNPQRS"
		}
		if n := len(alphabet); n > 0 {
			b[i] = alphabet[int(random[i])%n]
			bits += 3 + n/16
		}
	}
	return string(b), bits
}
