package conformance

import (
	"math"
	"math/rand/v2"
	"regexp/syntax"
	"strings"
	"unicode"
)

// A sample is a text that matches a pattern, and how hard it is to guess. Its shape depends on the pattern alone, of
// which it takes one way each, so that the bits are counted and not estimated: a constant prefix has none, however long
// it is.
type sample struct {
	text string
	bits float64
}

// A sampler draws samples.
type sampler struct {
	rng   *rand.Rand
	run   int // how often it repeats what a pattern lets be repeated without end
	parts int // how many parts it has drawn: of runs of runs there is no end
}

// maxParts is far more than any ID has.
const maxParts = 10_000

// sample draws a text of a pattern, or returns false if it is none. What matches may depend on its neighbours (\b, or $
// in the middle), so that the caller has to check.
func (s *sampler) sample(pattern string) (sample, bool) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return sample{}, false
	}
	drawn := s.part(tree)
	return drawn, drawn.text != "" && s.parts <= maxParts
}

// part returns a sample of a part of a pattern.
func (s *sampler) part(re *syntax.Regexp) sample {
	if s.parts++; s.parts > maxParts {
		return sample{}
	}
	switch re.Op {
	case syntax.OpLiteral:
		return sample{text: string(re.Rune)}
	case syntax.OpCharClass:
		return s.class(re.Rune)
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return s.class([]rune{0, unicode.MaxRune})
	case syntax.OpStar, syntax.OpPlus:
		return s.repeat(re.Sub[0], s.run)
	case syntax.OpQuest:
		return s.repeat(re.Sub[0], 1)
	case syntax.OpRepeat:
		n := max(re.Min, s.run)
		if re.Max >= 0 {
			n = min(n, re.Max)
		}
		return s.repeat(re.Sub[0], n)
	case syntax.OpCapture:
		return s.part(re.Sub[0])
	case syntax.OpConcat:
		return s.concat(re.Sub)
	case syntax.OpAlternate:
		// Always the one with the most bits: which one it is tells nothing then.
		var best sample
		for _, sub := range re.Sub {
			if other := s.part(sub); other.bits > best.bits || best.text == "" {
				best = other
			}
		}
		return best
	default: // what matches no text, or nothing
		return sample{}
	}
}

func (s *sampler) concat(list []*syntax.Regexp) (all sample) {
	var text strings.Builder
	for _, re := range list {
		drawn := s.part(re)
		text.WriteString(drawn.text)
		all.bits += drawn.bits
	}
	all.text = text.String()
	return all
}

func (s *sampler) repeat(re *syntax.Regexp, n int) sample {
	list := make([]*syntax.Regexp, n)
	for i := range list {
		list[i] = re
	}
	return s.concat(list)
}

// class draws a digit or a letter of ASCII, which mean the same wherever they go; only if a class has none, another
// character, which adds no bits.
func (s *sampler) class(ranges []rune) sample {
	var plain, other []rune
	for r := '!'; r <= '~'; r++ {
		switch {
		case !inRanges(ranges, r):
		case isAlphanumeric(r):
			plain = append(plain, r)
		default:
			other = append(other, r)
		}
	}
	switch {
	case len(plain) > 0:
		return sample{string(plain[s.rng.IntN(len(plain))]), math.Log2(float64(len(plain)))}
	case len(other) > 0:
		return sample{text: string(other[0])}
	case len(ranges) > 0:
		return sample{text: string(ranges[0])}
	}
	return sample{}
}

// inRanges reports whether pairs of first and last characters have one.
func inRanges(ranges []rune, r rune) bool {
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i] <= r && r <= ranges[i+1] {
			return true
		}
	}
	return false
}

func isAlphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}
