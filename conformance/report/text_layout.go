package report

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// width is how long lines get, in characters.
const width = 120

// The columns of a result, and the names of what is below it.
const (
	margin = "      "
	column = 10 // for expected, got, …
)

// item writes a line with a name, and more lines if it is long.
func (s Style) item(b *strings.Builder, name, text string) {
	indent := margin + strings.Repeat(" ", column)
	for i, line := range wrap(text, width-len(indent)) {
		if i == 0 {
			fmt.Fprintf(b, "%s%s%s%s\n", margin, s.paint(dim, name), strings.Repeat(" ", column-len(name)), line)
		} else {
			fmt.Fprintf(b, "%s%s\n", indent, line)
		}
	}
}

// wrap breaks a text at spaces.
func wrap(text string, width int) (lines []string) {
	var line string
	for word := range strings.SplitSeq(text, " ") {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, line)
			line = word
			continue
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

// A paint is an attribute of ANSI escape sequences (ECMA-48 section 8.3.117, SGR).
type paint string

const (
	green   paint = "32"
	yellow  paint = "33"
	red     paint = "1;31"
	dim     paint = "2"
	reverse paint = "7"
)

func (s Style) paint(p paint, text string) string {
	if !s.Color {
		return text
	}
	return "\x1b[" + string(p) + "m" + text + "\x1b[0m"
}
