package secret

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestInField(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		" ": "", "made-up": "made-up", "made-up-ending-in-=": "made-up-ending-in-=",
		"Bearer made-up==": "made-up==", " Bearer   made-up ": "made-up", "Digest a=b, c=d": "a=b, c=d",
		"SDK-HMAC-SHA256 Access=A, SignedHeaders=host;x-sdk-date, Signature=0123": "0123",
	} {
		assert.Equal(t, want, InField(value), value)
	}
}

func TestInHeader(t *testing.T) {
	t.Parallel()
	header := http.Header{
		"X-Auth-Token": {"a", "b"}, "authorization": {"Bearer c"}, "Proxy-Authorization": {"Basic dTpw"},
		"X-SECURITY-TOKEN": {"e"}, "Cookie": {"x=f; y = g"}, "X-Api-Key": {"h"}, "X-Client-Secret": {"i"},
		"X-Request-Id": {"no"}, "Traceparent": {"no"}, "X-Sdk-Date": {"no"}, "User-Agent": {"no"},
	}
	assert.Equal(t, []string{"a", "b", "c", "dTpw", "e", "f", "g", "h", "i", "p"}, InHeader(header))
	assert.Empty(t, InHeader(nil))
}

func TestCache(t *testing.T) {
	t.Parallel()
	var cache Cache
	first := cache.For(http.Header{"X-Auth-Token": {token}})
	assert.Same(t, first, cache.For(http.Header{"x-auth-token": {token}, "Accept": {"x"}}))
	assert.Equal(t, token, cache.For(nil).Clean(token))
}
