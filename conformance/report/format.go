package report

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dmstask/dmstask/conformance"
)

// A Format is a way to write a report.
type Format string

// The formats.
const (
	Text     Format = "text"     // for a terminal or a log, without colour; see Style
	JSON     Format = "json"     // for programs; see Schema
	JUnit    Format = "junit"    // XML for CI systems, one testcase a rule
	HTML     Format = "html"     // one page that needs nothing else, for somebody who was not there
	Markdown Format = "markdown" // for the summary of a CI job, or an issue
)

var writers = map[Format]func(io.Writer, *conformance.Report) error{
	Text:     Style{}.Write,
	JSON:     writeJSON,
	JUnit:    writeJUnit,
	HTML:     writeHTML,
	Markdown: writeMarkdown,
}

// Formats returns all formats.
func Formats() []Format { return []Format{Text, JSON, JUnit, HTML, Markdown} }

// ParseFormat returns the format of a name, or an error that has all names.
func ParseFormat(name string) (Format, error) {
	if f := Format(name); slices.Contains(Formats(), f) {
		return f, nil
	}
	return "", fmt.Errorf("format %q is not known; it is %s", name, choice(Formats()))
}

// Write writes a report as a whole.
func Write(w io.Writer, r *conformance.Report, f Format) error {
	write, ok := writers[f]
	if !ok {
		_, err := ParseFormat(string(f))
		return err
	}
	if r == nil {
		return errors.New("there is no report to write: it is nil, as that of a run which could not begin")
	}
	if f != JSON { // whose strings are escaped, and mean what they meant
		r = clean(r)
	}
	return write(w, r)
}

// choice names formats as a sentence does.
func choice(formats []Format) string {
	var b strings.Builder
	for i, f := range formats {
		switch i {
		case 0:
		case len(formats) - 1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(string(f))
	}
	return b.String()
}
