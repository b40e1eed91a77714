package conformance

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"time"
)

// Credentials are the credentials of a probe. The zero value is the target's own.
type Credentials struct {
	name string
	// put sets them on a header, or returns false if it cannot. The token is the target's own if ofToken is set and the
	// target has one, and "" otherwise.
	put     func(header http.Header, field, token string) bool
	ofToken bool
}

// String describes the credentials in a few words.
func (c Credentials) String() string {
	if c.name == "" {
		return "the target's credentials"
	}
	return c.name
}

func (c Credentials) isOwn() bool { return c.name == "" }

// NoCredentials are none at all.
func NoCredentials() Credentials {
	return Credentials{name: "no credentials", put: func(http.Header, string, string) bool { return true }}
}

// EmptyToken is a token field without a value.
func EmptyToken() Credentials {
	return fixed("an empty token", func(h http.Header, field string) { h.Set(field, "") })
}

// fixed are credentials that have nothing to do with the target's own.
func fixed(name string, set func(h http.Header, field string)) Credentials {
	return Credentials{name: name, put: func(h http.Header, field, _ string) bool { set(h, field); return true }}
}

// MadeUpToken is a token that nobody issued.
func MadeUpToken() Credentials {
	return fixed("a made-up token", func(h http.Header, field string) { h.Set(field, madeUp(hexadecimal, 32)) })
}

// MadeUpSignature is a signature in the form that the vendor documents, with a made-up access key. It must never be the
// user's, because a few wrong signatures lock an access key.
func MadeUpSignature() Credentials {
	return fixed("a signature with a made-up access key", func(h http.Header, _ string) { signAsNobody(h) })
}

// AlteredTokenAndSignature are a wrong token, made from the target's if there is one, and a made-up signature. One
// request shows whether a server accepts either without checking it.
func AlteredTokenAndSignature() Credentials {
	return Credentials{
		name: "an altered token and a made-up signature", ofToken: true,
		put: func(h http.Header, field, token string) bool {
			if token == "" {
				token = madeUp(hexadecimal, 32)
			}
			h.Set(field, altered(token))
			signAsNobody(h)
			return true
		},
	}
}

// Authorization is a fixed value of the Authorization field.
func Authorization(value string) Credentials {
	return fixed("Authorization: "+value, func(h http.Header, _ string) { h.Set("Authorization", value) })
}

// NearToken is the target's own token with a change. It is not sent if the target signs requests.
func NearToken(miss TokenMiss) Credentials {
	return Credentials{
		name: "the target's token, " + miss.Name, ofToken: true,
		put: func(h http.Header, field, token string) bool {
			if token == "" {
				return false
			}
			near := miss.Change(token)
			h.Set(field, near)
			return near != token
		},
	}
}

const hexadecimal = "0123456789abcdef"

// signAsNobody puts a signature that nobody could have made on a request.
func signAsNobody(h http.Header) {
	h.Set("X-Sdk-Date", time.Now().UTC().Format("20060102T150405Z"))
	h.Set("Authorization", fmt.Sprintf("SDK-HMAC-SHA256 Access=%s, SignedHeaders=host;x-sdk-date, Signature=%s",
		madeUp("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 20), madeUp(hexadecimal, 64)))
}

// madeUp returns random characters of an alphabet of 16, or 32.
func madeUp(alphabet string, length int) string {
	b := make([]byte, length)
	_, _ = rand.Read(b) // never fails: see crypto/rand
	for i := range b {
		b[i] = alphabet[int(b[i])%len(alphabet)]
	}
	return string(b)
}
