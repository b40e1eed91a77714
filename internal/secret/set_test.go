package secret

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// As tokens of Keystone look; nobody issued it.
const token = "MIIEcwYJ+KoZIhvc/NAQcCoII=EZDCCBGACAQExDTALBglghkgBZQMEAgE" //nolint:gosec // G101: made up

func each(format string) string {
	var b strings.Builder
	for _, c := range []byte(token) {
		fmt.Fprintf(&b, format, c)
	}
	return b.String()
}

// TestWritten: a credential is found in whatever way it is written, and nothing around it is lost.
func TestWritten(t *testing.T) {
	t.Parallel()
	var s Set
	s.Keep(token)
	for name, written := range map[string]string{
		"plain":                  token,
		"small letters":          strings.ToLower(token),
		"capital letters":        strings.ToUpper(token),
		"percent":                url.QueryEscape(token),
		"percent, small":         strings.ToLower(url.QueryEscape(token)),
		"percent, all":           each("%%%02X"),
		"percent, twice":         url.QueryEscape(url.QueryEscape(token)),
		"percent, three times":   url.QueryEscape(url.QueryEscape(url.QueryEscape(token))),
		"JSON":                   strings.ReplaceAll(token, "/", `\/`),
		"JSON, numbers":          each(`\u%04x`),
		"JSON, capital numbers":  strings.NewReplacer("+", `\u002B`, "/", `\u002F`, "=", `\u003D`).Replace(token),
		"JSON in JSON":           strings.ReplaceAll(token, "/", `\\\/`),
		"a string of C":          each(`\x%02x`),
		"HTML":                   html.EscapeString(strings.ReplaceAll(token, "+", "&#43;")),
		"HTML, numbers":          each("&#%d;"),
		"HTML, hexadecimal":      each("&#x%X;"),
		"HTML, names":            strings.NewReplacer("+", "&plus;", "/", "&sol;", "=", "&equals;").Replace(token),
		"base64":                 base64.StdEncoding.EncodeToString([]byte(token)),
		"base64, of more":        base64.StdEncoding.EncodeToString([]byte("x" + token + "y")),
		"base64, of even more":   base64.StdEncoding.EncodeToString([]byte("xx" + token + "yy")),
		"base64url":              base64.RawURLEncoding.EncodeToString([]byte(token)),
		"hexadecimal":            hex.EncodeToString([]byte(token)),
		"hexadecimal, capitals":  strings.ToUpper(hex.EncodeToString([]byte(token))),
		"on two lines":           token[:20] + "\n" + token[20:],
		"on two lines of JSON":   token[:20] + `\n` + token[20:],
		"on two lines of mail":   token[:20] + "=\r\n" + token[20:],
		"with blanks":            strings.Join(strings.Split(token, ""), " "),
		"without the end":        token[:len(token)-2],
		"without the beginning":  token[2:],
		"the least that is told": token[20:37],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := "<before> " + written + " <after>"
			assert.True(t, s.In([]byte(text)))
			got := string(s.Redact([]byte(text), mark))
			assert.Regexp(t, `^<before> .{0,4}\[redacted\].{0,6} <after>$`, got, "of base64 the neighbours' bits may stay")
		})
	}
}

func TestNotWritten(t *testing.T) {
	t.Parallel()
	var s Set
	assert.False(t, s.In([]byte(token)), "the empty set")
	s.Keep(token)
	s.Keep("")
	for _, text := range []string{
		"", "%", "%4", "%zz", `\`, `\u`, `\u00`, "&", "&;", "&#;", "&unknown;", token[:15], strings.Repeat("ab", 99),
	} {
		assert.False(t, s.In([]byte(text)), text)
		assert.Equal(t, text, string(s.Redact([]byte(text), mark)))
	}
}

// TestShort: a credential shorter than what is taken for a part is found as a whole.
func TestShort(t *testing.T) {
	t.Parallel()
	var s Set
	s.Keep("s3cret-=")
	assert.Equal(t, "a [redacted] b s3cret", string(s.Redact([]byte("a s3cret-= b s3cret"), mark)))
	assert.Equal(t, `a [redacted]"`, string(s.Redact([]byte(`a S3CRET+="`), mark)))
	assert.True(t, Short("12345"))
	assert.True(t, Short("1 2 3 4 5="))
	assert.False(t, Short("123456"))
}

// TestPassing: what is good for one request only is forgotten in the end, and what lasts is not.
func TestPassing(t *testing.T) {
	t.Parallel()
	var s Set
	s.Keep(token)
	for i := range 10 * passing {
		credential := fmt.Sprintf("signature-%032d", i)
		s.Add(credential)
		assert.True(t, s.In([]byte(credential)))
	}
	s.Add(token)
	assert.True(t, s.In([]byte(token)))
	assert.False(t, s.In([]byte(fmt.Sprintf("%016d", 1)[4:]+"#")))
	assert.LessOrEqual(t, len(s.passing), passing)
	assert.Less(t, len(s.fragments[fragment]), passing*300, "it does not grow")
}

// TestSeveral: two credentials that have a part in common are both covered, and a mark is not looked at again.
func TestSeveral(t *testing.T) {
	t.Parallel()
	var s Set
	s.Keep("redacted")
	s.Keep(token)
	s.Keep(token + "-and-more")
	assert.Equal(t, "x [redacted] y [redacted] z",
		string(s.Redact([]byte("x "+token+"-and-more y redacted z"), mark)))
}

// FuzzRedact: whatever stands around a credential, it goes, and a text without one stays as it is.
func FuzzRedact(f *testing.F) {
	for _, text := range []string{"", "a%2", `\u00`, "&#4", "=\r\n", "%25%32%42", token[:20], strings.Repeat("%25", 9)} {
		f.Add(text, text)
	}
	var s Set
	s.Keep(token)
	f.Fuzz(func(t *testing.T, before, after string) {
		redacted := string(s.Redact([]byte(before+token+after), mark))
		assert.NotContains(t, redacted, token)
		assert.Contains(t, redacted, mark)
		if !s.In([]byte(before)) {
			assert.Equal(t, before, string(s.Redact([]byte(before), mark)))
		}
	})
}
