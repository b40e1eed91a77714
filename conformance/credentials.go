package conformance

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/dmstask/dmstask/internal/secret"
)

// remember notes the credentials of a request, which must not be shown, whatever the case of their names.
func (r *run) remember(x *exchange, header http.Header) error {
	for name, values := range header {
		if !secret.Field(name) && !strings.EqualFold(name, r.contract.tokenField()) {
			continue
		}
		for _, value := range values {
			if value == "" {
				continue
			}
			credential := secret.InField(value)
			if secret.Short(credential) {
				return fmt.Errorf("not sent: the credentials in %s have fewer than %d characters; are they whole?",
					name, secret.Shortest)
			}
			x.carried = append(x.carried, value)
			r.secrets.Add(credential)
		}
	}
	return nil
}

// authorize puts the target's own credentials on a request.
func (r *run) authorize(request *http.Request) error {
	if r.target.Authorize == nil {
		request.Header.Set(r.contract.tokenField(), r.target.Token)
		return nil
	}
	if err := r.target.Authorize(request); err != nil {
		return fmt.Errorf("not sent: no credentials: %w", err)
	}
	return nil
}

// alter puts the target's token on a request, changed where its signature would be: to a server that does not verify it
// it looks right.
func (r *run) alter(request *http.Request) error {
	if err := r.authorize(request); err != nil {
		return err
	}
	field := r.contract.tokenField()
	token := request.Header.Get(field)
	other := altered(token)
	if request.Header.Get("Authorization") != "" || other == token {
		return fmt.Errorf("%w: there is no token to be altered", errNotApplicable)
	}
	request.Header.Set(field, other)
	return nil
}

// altered returns a token with a few characters changed near its end: the signature of a JSON Web Token has 43. The
// very last ones may be padding, or bits that do not count.
func altered(token string) string {
	b := []byte(token)
	half := len(b) / 2
	for i := max(half, len(b)-16); i < max(half+1, len(b)-8) && i < len(b); i++ {
		b[i] = neighbour(b[i])
	}
	return string(b)
}

// neighbour returns another character of the same kind, where there is one.
func neighbour(b byte) byte {
	switch {
	case b == '9':
		return '0'
	case b == 'z' || b == 'Z':
		return b - 25
	case isAlphanumeric(rune(b)):
		return b + 1
	}
	return b
}

const hexadecimal = "0123456789abcdef"

// sign puts a signature on a request that nobody could have made, in the form that the vendor documents.
func sign(request *http.Request) {
	request.Header.Set("X-Sdk-Date", time.Now().UTC().Format("20060102T150405Z"))
	request.Header.Set("Authorization", fmt.Sprintf(
		"SDK-HMAC-SHA256 Access=%s, SignedHeaders=host;x-sdk-date, Signature=%s",
		madeUp("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 20), madeUp(hexadecimal, 64)))
}

// madeUp returns random characters of an alphabet of 16, or 32, for credentials that nobody issued. They are not drawn
// from the seed, which others may know.
func madeUp(alphabet string, length int) string {
	b := make([]byte, length)
	_, _ = rand.Read(b) // never fails: see crypto/rand
	for i := range b {
		b[i] = alphabet[int(b[i])%len(alphabet)]
	}
	return string(b)
}
