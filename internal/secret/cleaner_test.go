package secret

import (
	"encoding/base64"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCleaner(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ credential, text, want string }{
		"none":                  {"", "a b", "a b"},
		"long":                  {token, "<" + token + ">", "<[redacted]>"},
		"long, capital letters": {token, strings.ToUpper(token) + "!", "[redacted]!"},
		"long, base64":          {token[:48], base64.StdEncoding.EncodeToString([]byte(token[:48])), "[redacted]"},
		"long, only the start":  {token, token[:20] + "!", "[redacted]!"},
		"short":                 {"x/é", "x/é", "[redacted]"},
		"short, blanks around":  {"x/é", " x/é\n", "[redacted]"},
		"short, in JSON":        {`x"<`, `{"p":"x\"\u003c"} {"p":"x\"<"}`, `{"p":"[redacted]"} {"p":"[redacted]"}`},
		"short, in Go":          {"x\x01", `"x\x01"`, `"[redacted]"`},
		"short, in a query":     {"x +", "x+%2B", "[redacted]"},
		"short, in a path":      {"x +", `"x%20+"`, `"[redacted]"`},
		"short, a word":         {"expired", "the token has expired", "the token has expired"},
		"short, a letter":       {"p", "a phrase", "a phrase"},
		"15 characters":         {token[:15], "<" + token[:15] + ">", "<" + token[:15] + ">"},
		"16 characters":         {token[:16], "<" + token[:16] + ">", "<[redacted]>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.want, NewCleaner(tc.credential).Clean(tc.text))
		})
	}
	assert.Equal(t, `"[redacted]", [redacted]`, NewCleaner("x", token, "").Clean(`"x", `+token))
}

// TestCleanerIsShared: the race detector sees who changes it.
func TestCleanerIsShared(t *testing.T) {
	t.Parallel()
	c := NewCleaner(token, "x")
	var using sync.WaitGroup
	for range 8 {
		using.Go(func() { assert.Equal(t, "[redacted]", c.Clean(token)) })
	}
	using.Wait()
}

// FuzzClean: a token that a server repeats, whatever stands around it, is not left.
func FuzzClean(f *testing.F) {
	f.Add("", "")
	f.Add("a\\u006d", "%")
	f.Add(token[:10], token[5:])
	c := NewCleaner(token, "short")
	f.Fuzz(func(t *testing.T, before, after string) {
		for _, text := range []string{before + token + after, strconv.Quote(before + token + after)} {
			assert.NotContains(t, c.Clean(text), token)
		}
	})
}
