package secret

import (
	"encoding/base64"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// As tokens of Keystone look; nobody issued it.
const token = "MIIEcwYJ+KoZIhvc/NAQcCoII=EZDCCBGACAQExDTALBglghkgBZQMEAgE" //nolint:gosec // G101: made up

// TestWritten: a credential is found in whatever way it is written. If the way is usual, nothing around it is lost, and
// otherwise no other line.
func TestWritten(t *testing.T) {
	t.Parallel()
	var s Set
	s.Add(token)
	const usual = `^first\r\n<before> .{0,20}\[redacted\]((=?\r?\n|\\n|\\)\[redacted\])?.{0,20} <after>\r\nlast$`
	const unusual = `^first\r\n\[withheld: it repeats a credential\]\r\nlast$`
	each := func(escape string) string { return strings.ReplaceAll(fmt.Sprintf(" % X", token), " ", escape) }
	in64 := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	for want, ways := range map[string][]string{usual: {
		token, strings.ToLower(token), strings.ToUpper(token), token[2:], token[:len(token)-2], token[9:25],
		url.QueryEscape(token), strings.ToLower(url.PathEscape(token)), fmt.Sprintf("%x", token), fmt.Sprintf("%X", token),
		strings.ReplaceAll(token, "/", `\/`), strings.ReplaceAll(token, "/", `\\\/`), // JSON, and JSON in JSON
		html.EscapeString(strings.ReplaceAll(token, "+", "&#43;")),
		base64.RawURLEncoding.EncodeToString([]byte(token)), in64(token), in64("x" + token + "y"), in64("xx" + token + "yy"),
		token[:20] + "\n" + token[20:], token[:20] + `\n` + token[20:], token[:20] + "=\r\n" + token[20:], // of mail
	}, unusual: {
		each("%"), each("%2525"), each(`\u00`), each(`\x`), each(";&#x") + ";", each(";&#x00") + ";",
		url.QueryEscape(url.QueryEscape(token)), url.QueryEscape(url.QueryEscape(url.QueryEscape(token))),
		strings.NewReplacer("+", `\u002B`, "/", `\u002F`, "=", `\u003D`).Replace(token),
		strings.NewReplacer("+", "&#43;", "/", "&#047;", "=", "&#x3D;").Replace(token),
		strings.NewReplacer("+", "&plus;", "/", "&sol;", "=", "&equals;").Replace(token),
		strings.Join(strings.Split(token, ""), " "), strings.Replace(token[:16], "+", `\u002b`, 1),
	}} {
		for _, way := range ways {
			t.Run(way, func(t *testing.T) { // all with the same set, in which nothing is written
				t.Parallel()
				text := []byte("first\r\n<before> " + way + " <after>\r\nlast")
				assert.True(t, s.In(text))
				assert.Regexp(t, want, string(s.Redact(text)), "less than a part may stay")
			})
		}
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	const project = "0e5a9c6e2c8f4b1d9a7c3f5e8b2d4a61"
	for _, tc := range []struct{ credential, text, want string }{
		{"s3cret-s3cret-s3-=", "a s3cret-s3cret-s3-= b S3CRET-s3cret+S3+=", "a [redacted] b [redacted]"},
		{"for-" + project, "no task in " + project, "no task in " + project},
		{"for-" + project, "got for-" + project, "got [redacted]" + project[15:]},
	} {
		var s Set
		s.Public("https://dms.example.com", project)
		s.Add(tc.credential)
		assert.Equal(t, tc.want, s.Clean(tc.text))
		assert.Equal(t, tc.want != tc.text, s.In([]byte(tc.text)), tc.text)
	}
}

func TestClean(t *testing.T) {
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
		assert.Equal(t, tc.want, Of("other", tc.credential, "", "another, and a long one").Clean(tc.text))
	}
}

// FuzzClean: a token that a server repeats, whatever stands around it, is not left, and a text without one is.
func FuzzClean(f *testing.F) {
	f.Add("a\\u006d&#4", "=\r\n")
	f.Add(token[:10]+"%2", token[5:]+strings.Repeat("%25", 9))
	c := Of(token, "short")
	f.Fuzz(func(t *testing.T, before, after string) {
		for _, text := range []string{before + token + after, strconv.Quote(before + token + after)} {
			assert.NotContains(t, c.Clean(text), token)
			assert.False(t, c.In([]byte(c.Clean(text))))
		}
		if !c.In([]byte(before)) && !strings.Contains(before, "short") {
			assert.Equal(t, before, c.Clean(before))
		}
	})
}
