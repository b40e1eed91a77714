// Package secret finds credentials in what a server sent, however they are written there.
package secret

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
)

// A Set is credentials. Its zero value is empty.
type Set struct {
	lasting   []string
	passing   []string
	fragments map[int]map[string]struct{} // by length, which is fragment for all but short credentials
	public    string
}

// fragment is how many characters of a credential in a row are taken for a part of it: a random one is then met by
// chance never, and one that is cut off is still found.
const fragment = 16

// passing is how many of the credentials that are good for one request only are kept.
const passing = 128

// Shortest is how many characters a credential has at least, of those that count. A shorter one could not be told from
// other text.
const Shortest = 6

// Short reports whether a credential is too short to be found.
func Short(credential string) bool { return len(newText([]byte(credential)).bytes) < Shortest }

// Public names texts that are no secret, and that a credential which is added later may have in it, such as a project.
func (s *Set) Public(texts ...string) {
	for _, text := range texts {
		s.public += string(newText([]byte(text)).bytes) + "\n" // which no plain text has
	}
}

// Keep adds a credential for good.
func (s *Set) Keep(credential string) {
	if !slices.Contains(s.lasting, credential) {
		s.lasting = append(s.lasting, credential)
		s.add(credential)
	}
}

// Add adds a credential that is good for one request. Only the last ones are kept, so that a long run does not grow.
func (s *Set) Add(credential string) {
	if slices.Contains(s.lasting, credential) || slices.Contains(s.passing, credential) {
		return
	}
	s.passing = append(s.passing, credential)
	s.add(credential)
	if len(s.passing) > passing {
		s.passing = slices.Clone(s.passing[passing/2:])
		s.fragments = nil
		for _, c := range slices.Concat(s.lasting, s.passing) {
			s.add(c)
		}
	}
}

func (s *Set) add(credential string) {
	if s.fragments == nil {
		s.fragments = make(map[int]map[string]struct{})
	}
	for _, form := range forms([]byte(credential)) {
		plain := string(newText(form).bytes)
		n := min(len(plain), fragment)
		if n < Shortest {
			continue
		}
		if s.fragments[n] == nil {
			s.fragments[n] = make(map[string]struct{})
		}
		for i := 0; i+n <= len(plain); i++ {
			if part := plain[i : i+n]; !strings.Contains(s.public, part) {
				s.fragments[n][part] = struct{}{}
			}
		}
	}
}

// forms returns a credential as such, in hexadecimal, and in base64 wherever it begins within a group of three bytes,
// without the characters that its neighbours have a part in.
func forms(credential []byte) [][]byte {
	all := [][]byte{credential, hex.AppendEncode(nil, credential)}
	for before := range 3 {
		group := append(make([]byte, before), credential...)
		first, rest := (before*8+5)/6, len(group)%3
		coded := base64.RawStdEncoding.AppendEncode(nil, group[:len(group)-rest])
		if first < len(coded) {
			all = append(all, coded[first:])
		}
	}
	return all
}

// In reports whether a credential, or a part of one, is in a text.
func (s *Set) In(original []byte) bool { return len(s.find(original)) > 0 }

// Redact puts a mark in the place of every credential in a text.
func (s *Set) Redact(original []byte, mark string) []byte {
	var redacted []byte
	at := 0
	for _, found := range s.find(original) {
		redacted = append(append(redacted, original[at:found.start]...), mark...)
		at = found.end
	}
	return append(redacted, original[at:]...)
}

// find returns where credentials are, in order and apart from each other.
func (s *Set) find(original []byte) (list []span) {
	if len(s.fragments) == 0 || len(original) == 0 {
		return nil
	}
	t := newText(original)
	for i := range t.bytes {
		n := s.match(t.bytes[i:])
		if n == 0 {
			continue
		}
		found := span{t.spans[i].start, t.spans[i+n-1].end}
		for found.end < len(original) && original[found.end] == '=' {
			found.end++ // which no fragment has
		}
		if last := len(list) - 1; last >= 0 && found.start <= list[last].end {
			list[last].end = max(list[last].end, found.end)
		} else {
			list = append(list, found)
		}
	}
	return list
}

// match returns the length of the longest fragment at the beginning of a text, or 0.
func (s *Set) match(text []byte) (longest int) {
	for n, fragments := range s.fragments {
		if n > longest && n <= len(text) {
			if _, ok := fragments[string(text[:n])]; ok {
				longest = n
			}
		}
	}
	return longest
}
