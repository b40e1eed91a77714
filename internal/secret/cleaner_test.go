package secret

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCleaner(t *testing.T) {
	t.Parallel()
	const broken = "MIIEcwYJ+KoZIh\nvc/NAQcCoII=EZ\nDCCBGACAQExD\n"
	for _, tc := range []struct{ credential, text, want string }{
		{"", `"" %zz%4%\u00\&&;&#;&unknown;`, `"" %zz%4%\u00\&&;&#;&unknown;`},
		{token[:15], "<" + token[:15] + ">", "<" + token[:15] + ">"},
		{token[:16], "<" + token[:16] + ">", "<[redacted]>"},
		{token, token + token + " " + token[:15] + " " + token, "[redacted] " + token[:15] + " [redacted]"},
		{token + "-and-more", token + " " + token + "-and-more.", "[redacted] [redacted]."},
		{"abcdef0123456789", "%2abcdef0123456789", "%2[redacted]"}, // and not & with the rest of it
		{token, "a\n" + broken + "\r\n", withheld + "\n\r\n"},
		{"x/é", " x/é\r\nx/é\nA: b: x/é", " [redacted]\r\n[redacted]\nA: b: [redacted]"},
		{"x\"<\x01", `{"p":"x\"\u003c\u0001"} 'x' "x\"<\x01"`, `{"p":"[redacted]"} 'x' "[redacted]"`},
		{"x +", `"x%20+" x+%2B`, `"[redacted]" x+%2B`},
		{"expired", "the token has expired", "the token has expired"},
		{strings.Repeat("=", 20), "====================", "[redacted]"}, // whatever counts
	} {
		assert.Equal(t, tc.want, NewCleaner("other", tc.credential, "", "another, and a long one").Clean(tc.text))
	}
}

// FuzzClean: a token that a server repeats, whatever stands around it, is not left, and a text without one is.
func FuzzClean(f *testing.F) {
	f.Add("a\\u006d&#4", "=\r\n")
	f.Add(token[:10]+"%2", token[5:]+strings.Repeat("%25", 9))
	c := NewCleaner(token, "short")
	f.Fuzz(func(t *testing.T, before, after string) {
		for _, text := range []string{before + token + after, strconv.Quote(before + token + after)} {
			assert.NotContains(t, c.Clean(text), token)
			assert.False(t, c.set.In([]byte(c.Clean(text))))
		}
		if !c.set.In([]byte(before)) && !strings.Contains(before, "short") {
			assert.Equal(t, before, c.Clean(before))
		}
	})
}
