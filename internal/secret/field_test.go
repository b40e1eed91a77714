package secret

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestInField(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"":                    "",
		" ":                   "",
		"made-up":             "made-up",
		"Bearer made-up==":    "made-up==",
		" Bearer   made-up ":  "made-up",
		"Digest a=b, c=d":     "a=b, c=d",
		"made-up-ending-in-=": "made-up-ending-in-=",
		"SDK-HMAC-SHA256 Access=A, SignedHeaders=host;x-sdk-date, Signature=0123": "0123",
	} {
		assert.Equal(t, want, InField(value), value)
	}
}
