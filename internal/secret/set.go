// Package secret finds credentials in text, however they are written there, and redacts them.
package secret

import (
	"bytes"
	"strings"
)

// Mark replaces a credential.
const Mark = "[redacted]"

// withheld replaces a line, or a text, that has a credential in it in an unusual form: where in the text the credential
// begins and ends is not known.
const withheld = "[withheld: it repeats a credential]"

// part is how many characters of a credential in a row count as a part of it. A random text never has them, and a
// truncated credential still does.
const part = 16

// A Set is credentials. Its zero value is empty. Many goroutines can use a set that no longer changes.
//
// A credential that is [Short] is found only where it stands alone: as a line, as the value of a header field, or as a
// string in quotes. Elsewhere, it could not be distinguished from an ordinary word.
type Set struct {
	known map[string]bool // credentials
	// pieces are what long credentials contain, each part characters long, as it appears in a text that is folded or
	// plain.
	pieces map[string]bool
	pairs  []string          // short credentials with what is around them, and the same with the mark
	alone  *strings.Replacer // of pairs; nil if there are none
	public string
}

// Of returns a set of credentials. To make one takes some milliseconds for the longest tokens.
func Of(credentials ...string) *Set {
	s := new(Set)
	for _, credential := range credentials {
		s.Add(credential)
	}
	return s
}

// Short reports whether a credential has fewer than 16 characters.
func Short(credential string) bool { return len(credential) < part }

// Public names texts that are no secret, and that a credential which is added later can contain, such as a project.
func (s *Set) Public(texts ...string) { s.public += plain(strings.Join(texts, "\n")) }

// Add adds a credential. An empty one is none, and one that is in the set already changes nothing.
func (s *Set) Add(credential string) {
	if credential == "" || s.known[credential] {
		return
	}
	if s.known == nil {
		s.known, s.pieces = make(map[string]bool), make(map[string]bool)
	}
	s.known[credential] = true
	if Short(credential) {
		for _, form := range written(credential) {
			s.pairs = append(s.pairs, `"`+form+`"`, `"`+Mark+`"`, "\n"+form+"\n", Mark, ": "+form+"\n", ": "+Mark)
		}
		s.alone = strings.NewReplacer(s.pairs...)
		return
	}
	for _, form := range forms(credential) {
		for i := range len(form) - part + 1 {
			if piece := form[i : i+part]; !strings.Contains(s.public, piece) {
				s.pieces[piece] = true
			}
		}
	}
}

// In reports whether a credential, or a part of one, is in a text.
func (s *Set) In(text []byte) bool { return !bytes.Equal(s.Redact(text), text) }

// Redact replaces every credential in a text that is written in a usual form by a mark. If one is left in another form,
// its line is withheld, or the whole text if it spans several lines.
func (s *Set) Redact(text []byte) []byte {
	lines := strings.SplitAfter(s.replace(string(text), Mark), "\n")
	for i, line := range lines {
		if s.contained(line) {
			lines[i] = withhold(line)
		} else if trimmed := strings.TrimSpace(line); s.alone != nil && trimmed != "" {
			shown := strings.TrimSpace(s.alone.Replace("\n" + trimmed + "\n"))
			lines[i] = strings.Replace(line, trimmed, shown, 1)
		}
	}
	if shown := strings.Join(lines, ""); !s.contained(shown) {
		return []byte(shown)
	}
	return []byte(withhold(string(text)))
}

// Clean is Redact for strings.
func (s *Set) Clean(text string) string { return string(s.Redact([]byte(text))) }

// contained reports whether a text contains a long credential, in whatever form. The mark is a blank here, which no
// plain text has.
func (s *Set) contained(text string) bool { return strings.Contains(s.replace(plain(text), " "), " ") }

// withhold returns what is shown instead of a text. The ends of lines at its end are kept, for what follows.
func withhold(text string) string { return withheld + text[len(strings.TrimRight(text, "\r\n")):] }

// replace replaces every piece of a credential in a text, and several in a row together, by a mark.
func (s *Set) replace(text, mark string) string {
	var replaced strings.Builder
	folded, end := fold(text), -1 // of the last one
	for i := range len(folded) - part + 1 {
		if !s.pieces[folded[i:i+part]] {
			continue
		}
		if i > end {
			replaced.WriteString(text[max(end, 0):i] + mark)
		}
		end = i + part
	}
	return replaced.String() + text[max(end, 0):]
}
