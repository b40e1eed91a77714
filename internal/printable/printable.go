// Package printable makes what a server sent fit to be shown.
package printable

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Line makes a text one line that steers nothing: no terminal, and no direction of writing.
func Line(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strconv.IsPrint(r) {
			b.WriteRune(r)
		} else {
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}

var lineEnds = strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ")

// Brief makes a text one line of about limit bytes, and says so where something was cut off. Ends of lines become
// blanks.
func Brief(text string, limit int) string {
	line := Line(lineEnds.Replace(text))
	if len(line) <= limit {
		return line
	}
	return Cut(line, limit) + " (cut)"
}

// Start returns the characters of a text that end within its first limit bytes.
func Start(text string, limit int) string {
	limit = min(max(limit, 0), len(text))
	for limit > 0 && limit < len(text) && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

// Cut returns a text, or where it is longer than limit bytes its start and an ellipsis.
func Cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return Start(text, limit) + "…"
}

// Lines is Line for several lines.
func Lines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = Line(strings.TrimRight(line, "\r"))
	}
	return strings.Join(lines, "\n")
}

// JSON is Lines for an encoded document, which means the same afterwards (RFC 8259 section 7).
func JSON(document []byte) []byte {
	escaped := make([]byte, 0, len(document))
	for _, r := range string(document) {
		if r == '\n' || strconv.IsPrint(r) { // a line end in a string is escaped already
			escaped = utf8.AppendRune(escaped, r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			escaped = fmt.Appendf(escaped, `\u%04x`, unit)
		}
	}
	return escaped
}

// Quote makes foreign text fit for a line of an error: a Go string literal, of a text longer than limit bytes the
// start.
func Quote(text string, limit int) string {
	if len(text) <= limit {
		return strconv.Quote(text)
	}
	return fmt.Sprintf("%q… (%d bytes)", Start(text, limit), len(text))
}
