// Package secret finds credentials in what a server sent, however they are written there, and lets none through.
package secret

import (
	"bytes"
	"maps"
	"strings"
)

// A Set is credentials. Its zero value is empty.
type Set struct {
	// pieces are what credentials have in them, as it stands in a text that is folded or plain; each with the number of
	// the last credential that was added with it.
	pieces  map[string]int
	lengths [part + 1]bool // of pieces: part, and those of short credentials
	added   int            // credentials that are good for one request
	public  string
}

// part is how many characters of a credential in a row are taken for a part of it: a random one is then met by chance
// never, and one that is cut off is still found.
const part = 16

// passing is how many of the credentials that are good for one request only are kept at least.
const passing = 128

// Shortest is how many characters a credential has at least, of those that count. A shorter one could not be told from
// other text.
const Shortest = 6

// withheld stands where a text was that has a credential in it in no usual way: where in the text it begins and ends is
// not known.
const withheld = "[withheld: it repeats a credential]"

// Short reports whether a credential is too short to be found.
func Short(credential string) bool { return len(plain(credential)) < Shortest }

// Public names texts that are no secret, and that a credential which is added later may have in it, such as a project.
func (s *Set) Public(texts ...string) { s.public += plain(strings.Join(texts, "\n")) }

// Keep adds a credential for good.
func (s *Set) Keep(credential string) { s.add(credential, 1<<31-1) } // more than are ever added

// Add adds a credential that is good for one request. Those that were added long ago are forgotten, so that a long run
// does not grow.
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
	for _, form := range forms(credential) {
		n := min(len(form), part)
		s.lengths[n] = true
		for i := range len(form) - n + 1 {
			if piece := form[i : i+n]; !strings.Contains(s.public, piece) {
				s.pieces[piece] = max(s.pieces[piece], number)
			}
		}
	}
}

// In reports whether a credential, or a part of one, is in a text.
func (s *Set) In(text []byte) bool { return !bytes.Equal(s.Redact(text, ""), text) }

// Redact puts a mark in the place of every credential in a text that is written in a usual way. Where one is left in
// another way, its line is withheld, or the whole text if it goes over several.
func (s *Set) Redact(text []byte, mark string) []byte {
	lines := strings.SplitAfter(s.replace(string(text), mark), "\n")
	for i, line := range lines {
		if s.told(line) {
			lines[i] = withhold(line)
		}
	}
	if shown := strings.Join(lines, ""); !s.told(shown) {
		return []byte(shown)
	}
	return []byte(withhold(string(text)))
}

// told reports whether a text says a credential, however it is written. The mark is a blank, which no plain text has.
func (s *Set) told(text string) bool { return strings.Contains(s.replace(plain(text), " "), " ") }

// withhold returns what is shown for a text. The ends of lines behind it stay, for what follows.
func withhold(text string) string { return withheld + text[len(strings.TrimRight(text, "\r\n")):] }

// replace puts a mark in the place of every piece of a credential in a text, or one in that of several in a row.
func (s *Set) replace(text, mark string) string {
	var replaced strings.Builder
	folded, end := fold(text), -1 // of the last one
	for i := range len(folded) {
		for n := min(part, len(folded)-i); n >= Shortest; n-- {
			if !s.lengths[n] || s.pieces[folded[i:i+n]] == 0 {
				continue
			}
			if i > end {
				replaced.WriteString(text[max(end, 0):i] + mark)
			}
			end = max(end, i+n)
		}
	}
	return replaced.String() + text[max(end, 0):]
}
