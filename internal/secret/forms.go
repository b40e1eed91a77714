package secret

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// fold makes letters small, and takes base64url for base64 (RFC 4648 section 5). Every byte stays in its place.
var fold = strings.NewReplacer(strings.Split("AaBbCcDdEeFfGgHhIiJjKkLlMmNnOoPpQqRrSsTtUuVvWwXxYyZz-+_/", "")...).Replace

// rounds is how often escapes are resolved: what passes through several programs is escaped by each.
const rounds = 3

// plain returns what a text says, without the ways in which it may be written: escapes are resolved, letters are small,
// and blanks are gone, as is = at the ends of base64 and of lines of quoted-printable.
func plain(text string) string {
	text = fold(text)
	for i := 0; i < rounds && strings.ContainsAny(text, `%\&`); i++ {
		text = resolver().Replace(text)
	}
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r <= ' ' || r == '=' }), "")
}

// resolver resolves the escapes of percent-encoding (RFC 3986 section 2.1), JSON (RFC 8259 section 7), programming
// languages, and HTML. Of HTML it has what encoders write: the table of all names in package html would be in every
// program that imports the client. What ends a line becomes =, which is left out like it.
var resolver = sync.OnceValue(func() *strings.Replacer {
	const named = `&amp; & &lt; < &gt; > &quot; " &apos; ' &plus; + &sol; / &equals; =`
	pairs := strings.Fields(`\/ / \\ \ \" " \' ' \n = \r = \t = ` + named)
	for b := range 256 {
		for _, format := range []string{"%%%02x", `\u%04x`, `\x%02x`, "&#%d;", "&#%03d;", "&#x%x;", "&#x%02x;", "&#x%04x;"} {
			pairs = append(pairs, fmt.Sprintf(format, b), fold(string([]byte{byte(b)})))
		}
	}
	return strings.NewReplacer(pairs...)
})

// forms returns what is looked for: a credential as it is usually written, in hexadecimal, and in base64 wherever it
// begins within a group of three bytes, without the characters that its neighbors have a part in.
func forms(credential string) (all []string) {
	all = append(all, fmt.Sprintf("%x", credential))
	for _, form := range written(credential) {
		all = append(all, fold(form), plain(form))
	}
	for before := range 3 {
		coded := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), credential...))
		start, end := (before*8+5)/6, (before+len(credential))*8/6
		all = append(all, fold(coded[start:max(start, end)]))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// written returns the usual ways to write a credential.
func written(credential string) []string {
	inGo := fmt.Sprintf("%q", credential)
	inJSON, _ := json.Marshal(credential) // a string always can be
	return []string{
		credential, url.QueryEscape(credential), url.PathEscape(credential), inGo[1 : len(inGo)-1],
		string(inJSON[1 : len(inJSON)-1]), strings.ReplaceAll(inGo[1:len(inGo)-1], "/", `\/`),
	}
}
