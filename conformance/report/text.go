package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/internal/printable"
)

// A Style is how a report is written to a terminal: result by result, as they become known, and then the summary.
type Style struct {
	Color   bool // with ANSI escape sequences
	Verbose bool // with requests, answers and the sources of all rules
}

// shown is how many violations of a rule are written out.
const shown = 3

// width is how long lines get, in characters.
const width = 120

// The columns of a result, and the names of what is below it.
const (
	margin = "      "
	column = 10 // for expected, got, …
)

// WriteResult writes a line for the rule, and for each violation what was expected, what came, what to do, and where
// that is written.
func (s Style) WriteResult(w io.Writer, r conformance.Result) error {
	r = cleanResult(r)
	var b strings.Builder
	mark := map[conformance.Outcome]string{
		conformance.Passed:  s.paint(green, "pass"),
		conformance.Warned:  s.paint(yellow, "WARN"),
		conformance.Failed:  s.paint(red, "FAIL"),
		conformance.Skipped: s.paint(dim, "skip"),
	}[r.Outcome]
	line := cmp.Or(r.Reason, r.Rule.Demands)
	if r.Outcome == conformance.Skipped {
		line = s.paint(dim, line)
	}
	fmt.Fprintf(&b, "%s  %-6s  %-21s  %s\n", mark, r.Rule.Level, r.Rule.ID, line)
	list := r.Violations
	if !s.Verbose {
		list = distinct(list)
	}
	for _, v := range list {
		s.violation(&b, v)
	}
	if len(list) > 0 && r.Rule.Mend != "" {
		s.item(&b, "mend", r.Rule.Mend)
	}
	switch more := r.More + len(r.Violations) - len(list); {
	case more > 0 && s.Verbose:
		fmt.Fprintf(&b, "%s… and %d more\n", margin, more)
	case more > 0:
		fmt.Fprintf(&b, "%s… and %d more; --verbose shows up to %d\n", margin, more, len(r.Violations))
	case s.Verbose && len(list) == 0:
		for _, source := range r.Rule.Sources {
			s.item(&b, "source", sourceText(source))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// distinct returns the first violations that differ: a server that gets a thing wrong does so every time.
func distinct(all []conformance.Violation) (few []conformance.Violation) {
	for _, v := range all {
		alike := func(other conformance.Violation) bool { return other.Expected == v.Expected && other.Got == v.Got }
		if len(few) < shown && !slices.ContainsFunc(few, alike) {
			few = append(few, v)
		}
	}
	return few
}

func (s Style) violation(b *strings.Builder, v conformance.Violation) {
	s.item(b, "expected", fmt.Sprintf("%s (%s)", v.Expected, v.Level))
	s.item(b, "got", v.Got)
	if v.Exchange != nil && !s.Verbose {
		request, _, _ := strings.Cut(v.Exchange.Request, " HTTP/")
		fmt.Fprintf(b, "%s%s      %s\n", margin, s.paint(dim, "sent"), printable.Line(request)) // in one piece, to be copied
	}
	s.item(b, "source", sourceText(v.Source))
	if v.Exchange != nil && s.Verbose {
		s.exchange(b, v)
	}
}

// exchange writes the request and the answer, with the fault marked: by colour, or else by a > before the line.
func (s Style) exchange(b *strings.Builder, v conformance.Violation) {
	for line := range strings.Lines(printable.Lines(strings.TrimSpace(v.Exchange.Request) + "\n")) {
		fmt.Fprintf(b, "%s%s %s", margin, s.paint(dim, "→"), line)
	}
	var line strings.Builder
	marked := false
	flush := func() {
		mark := "←"
		if marked {
			mark = ">"
		}
		fmt.Fprintf(b, "%s%s %s\n", margin, s.paint(dim, mark), line.String())
		line.Reset()
		marked = false
	}
	for _, part := range segments(strings.TrimRight(v.Exchange.Response, "\r\n"), v.Offending) {
		for text := range strings.Lines(part.Text) {
			content := printable.Line(strings.TrimRight(text, "\r\n"))
			if part.Marked && content != "" {
				marked = true
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
	if v.Exchange.Error != "" {
		fmt.Fprintf(b, "%s%s %s\n", margin, s.paint(dim, "←"), v.Exchange.Error)
	}
}

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

func sourceText(s conformance.Source) string { return strings.TrimSpace(s.Text + " " + s.URL) }

// WriteSummary writes the last lines of a report.
func (s Style) WriteSummary(w io.Writer, r *conformance.Report) error {
	r = clean(r)
	var b strings.Builder
	switch verdict(r) {
	case conforms:
		fmt.Fprintf(&b, "\n%s %s to contract %s\n", r.Endpoint, s.paint(green, conforms), r.ContractVersion)
	case conformsNot:
		fmt.Fprintf(&b, "\n%s %s to contract %s\n", r.Endpoint, s.paint(red, conformsNot), r.ContractVersion)
	case notChecked:
		fmt.Fprintf(&b, "\n%s %s: %s\n", r.Endpoint, s.paint(red, "could not be checked"), r.Error)
		fmt.Fprintf(&b, "%d of %d rules were judged\n", judged(r), len(r.Results))
	}
	fmt.Fprintf(&b, "%d passed, %d failed, %d warned, %d skipped", r.Count(conformance.Passed),
		r.Count(conformance.Failed), r.Count(conformance.Warned), r.Count(conformance.Skipped))
	fmt.Fprintf(&b, " (%d requests, %.0f ms)\n%d generated IDs, which --seed=%d repeats\n", r.Requests, r.Duration*1000,
		r.Examples, r.Seed)
	_, err := io.WriteString(w, b.String())
	return err
}

func (s Style) writeAll(w io.Writer, r *conformance.Report) error {
	for _, result := range r.Results {
		if err := s.WriteResult(w, result); err != nil {
			return err
		}
	}
	return s.WriteSummary(w, r)
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
