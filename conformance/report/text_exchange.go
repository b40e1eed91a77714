package report

import (
	"fmt"
	"strings"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/internal/printable"
)

// The marks before the lines of an exchange. A fault is marked without colour too.
const (
	sentMark     = "→"
	receivedMark = "←"
	faultMark    = ">"
	legend       = faultMark + " marks the fault"
)

// exchange writes the request and the answer, with the faults marked.
func (s Style) exchange(b *strings.Builder, x *conformance.Exchange, faults []conformance.Span) {
	for line := range strings.Lines(printable.Lines(strings.TrimSpace(x.Request) + "\n")) {
		s.line(b, sentMark, strings.TrimSuffix(line, "\n"))
	}
	var line strings.Builder
	mark := receivedMark
	flush := func() {
		s.line(b, mark, line.String())
		line.Reset()
		mark = receivedMark
	}
	for _, part := range segments(strings.TrimRight(x.Response, "\r\n"), faults) {
		for text := range strings.Lines(part.Text) {
			content := printable.Line(strings.TrimRight(text, "\r\n"))
			if part.Marked && content != "" {
				mark = faultMark
				content = s.paint(reverse, content)
			}
			line.WriteString(content)
			if strings.HasSuffix(text, "\n") {
				flush()
			}
		}
	}
	if line.Len() > 0 {
		flush()
	}
	if x.Error != "" {
		s.line(b, receivedMark, x.Error)
	}
}

func (s Style) line(b *strings.Builder, mark, text string) {
	fmt.Fprintf(b, "%s%s\n", margin, strings.TrimRight(s.paint(dim, mark)+" "+text, " "))
}

// marksFaults reports whether a fault is marked in what is written of a rule.
func marksFaults(r conformance.Result) bool {
	for _, v := range r.Violations {
		if len(v.Offending) > 0 {
			return true
		}
	}
	return false
}
