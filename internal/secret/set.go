// Package secret finds credentials in text, however they are written there, and redacts them.
package secret

import (
	"bytes"
	"maps"
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

// passing is how many of the credentials that are good for one request only are kept at least.
const passing = 128

// A Set is credentials. Its zero value is empty. Many goroutines can use a set that no longer changes.
//
// A credential that is [Short] is found only where it stands alone: as a line, as the value of a header field, or as a
// string in quotes. Elsewhere, it could not be distinguished from an ordinary word.
type Set struct {
	// pieces are what long credentials contain, each part characters long, as it appears in a text that is folded or
	// plain; each with the number of the last credential that was added with it.
	pieces map[string]int
	pairs  []string          // short credentials with what is around them, and the same with the mark
	alone  *strings.Replacer // of pairs; nil if there are none
	added  int               // credentials that are good for one request
	public string
}

// Of returns a set of credentials. To make one takes some milliseconds for the longest tokens.
func Of(credentials ...string) *Set {
	s := new(Set)
	for _, credential := range credentials {
		s.Keep(credential)
	}
	return s
}

// Short reports whether a credential has fewer than 16 characters.
func Short(credential string) bool { return len(credential) < part }

// Public names texts that are no secret, and that a credential which is added later can contain, such as a project.
func (s *Set) Public(texts ...string) { s.public += plain(strings.Join(texts, "\n")) }

// Keep adds a credential for good. An empty one is none.
func (s *Set) Keep(credential string) { s.add(credential, 1<<31-1) } // more than are ever added

// Add adds a credential that is good for one request. Those that were added long ago are forgotten, so that a long run
// does not use more and more memory.
func (s *Set) Add(credential string) {
	whole := withheld + credential // longer than any piece
	if s.pieces[whole] > max(0, s.added-passing) {
		return
	}
	if s.added++; s.added%passing == 0 {
		maps.DeleteFunc(s.pieces, func(_ string, last int) bool { return last <= s.added-2*passing })
	}
	s.add(credential, s.added)
	s.pieces[whole] = s.added
}

func (s *Set) add(credential string, number int) {
	if s.pieces == nil {
		s.pieces = make(map[string]int)
	}
	switch {
	case credential == "":
	case Short(credential):
		for _, form := range written(credential) {
			s.pairs = append(s.pairs, `"`+form+`"`, `"`+Mark+`"`, "\n"+form+"\n", Mark, ": "+form+"\n", ": "+Mark)
		}
		s.alone = strings.NewReplacer(s.pairs...)
	default:
		for _, form := range forms(credential) {
			for i := range len(form) - part + 1 {
				if piece := form[i : i+part]; !strings.Contains(s.public, piece) {
					s.pieces[piece] = max(s.pieces[piece], number)
				}
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
		if s.pieces[folded[i:i+part]] == 0 {
			continue
		}
		if i > end {
			replaced.WriteString(text[max(end, 0):i] + mark)
		}
		end = i + part
	}
	return replaced.String() + text[max(end, 0):]
}
