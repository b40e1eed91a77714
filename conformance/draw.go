package conformance

import (
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"
)

// A drawing is an ID that is made of an unguessable one by a few changes, so that nobody has it, and so that the
// simplest drawing that shows a fault is found by undoing changes.
type drawing struct {
	base    string
	changes []change
}

// A change is one step away from the base.
type change struct {
	kind changeKind
	at   int  // in characters, modulo the length
	char rune // for insert and replace
	n    int  // for repetition and deletion: how many characters
}

type changeKind int

const (
	insertion   changeKind = iota
	replacement            // of one character
	upperCase              // of one character
	repetition             // of one character, to make the value long
	deletion               // of a few characters, to make it short
	changeKinds
)

// alphabet is what insertion and replacement put in: letters that some contracts allow, and characters that are odd in
// URLs, in SQL, in HTML, in JSON and to programs that take every character for a byte. What could steer a path is not
// in it, see harmless.
var alphabet = []rune("09afAFgzGZ__--~~ +&='\"<>(){}[]|^`!$:@éßñЖ任务😀\u00a0\u200b")

func draw(rng *rand.Rand, base string) drawing {
	d := drawing{base: base}
	for range 1 + rng.IntN(4) {
		c := change{
			kind: changeKind(rng.IntN(int(changeKinds))),
			at:   rng.IntN(1 << 16),
			char: alphabet[rng.IntN(len(alphabet))],
		}
		switch c.kind {
		case repetition:
			c.n = 1 + rng.IntN(300)
		case deletion:
			c.n = 1 + rng.IntN(4) // more would leave too little of the base
		default:
		}
		d.changes = append(d.changes, c)
	}
	return d
}

// value returns the ID.
func (d drawing) value() string {
	text := []rune(d.base)
	for _, c := range d.changes {
		at := c.at % len(text)
		switch c.kind {
		case insertion:
			text = slices.Insert(text, at, c.char)
		case replacement:
			text[at] = c.char
		case upperCase:
			text[at] = unicode.ToUpper(text[at])
		case repetition:
			text = slices.Insert(text, at, []rune(strings.Repeat(string(text[at]), c.n))...)
		case deletion:
			if end := min(at+c.n, len(text)); end-at < len(text) {
				text = slices.Delete(text, at, end)
			}
		case changeKinds:
		}
	}
	return string(text)
}

// simpler returns the drawings that are one step simpler, the boldest step first: with a change undone, or by a plainer
// character. How many characters there are is the affair of with.
func (d drawing) simpler() (list []drawing) {
	for i := range d.changes {
		list = append(list, drawing{d.base, slices.Delete(slices.Clone(d.changes), i, i+1)})
	}
	for i, c := range d.changes {
		for _, plainer := range c.plainer() {
			changes := slices.Clone(d.changes)
			changes[i] = plainer
			list = append(list, drawing{d.base, changes})
		}
	}
	return list
}

// with returns the drawing with another number of characters in one of its changes.
func (d drawing) with(i, n int) drawing {
	d.changes = slices.Clone(d.changes)
	d.changes[i].n = n
	return d
}

func (c change) plainer() (list []change) {
	switch {
	case c.kind == replacement:
		list = append(list, change{insertion, c.at, c.char, 0})
	case c.kind == insertion && c.char > unicode.MaxASCII && c.char != 'é':
		list = append(list, change{c.kind, c.at, 'é', 0})
	case c.kind == insertion && c.char < unicode.MaxASCII && c.char != '~':
		list = append(list, change{c.kind, c.at, '~', 0})
	}
	return list
}
