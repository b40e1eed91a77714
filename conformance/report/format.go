package report

import (
	"fmt"
	"io"
	"slices"

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
	Text:     Style{}.writeAll,
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
	return "", fmt.Errorf("format %q is not known; it is one of %v", name, Formats())
}

// Write writes a report as a whole.
func Write(w io.Writer, r *conformance.Report, f Format) error {
	write, ok := writers[f]
	if !ok {
		_, err := ParseFormat(string(f))
		return err
	}
	if f != JSON { // whose strings are quoted by its encoder, and by whatever program shows them
		r = clean(r)
	}
	return write(w, r)
}

// The verdicts on a server.
const (
	conforms    = "conforms"
	conformsNot = "does not conform"
	notChecked  = "not checked"
)

func verdict(r *conformance.Report) string {
	switch {
	case r.Error != "":
		return notChecked
	case r.Conforms():
		return conforms
	}
	return conformsNot
}

// outcomes in the order of what a reader looks for first.
var outcomes = []conformance.Outcome{
	conformance.Failed, conformance.Warned, conformance.Skipped, conformance.Passed,
}

// judged returns how many rules were judged.
func judged(r *conformance.Report) int { return len(r.Results) - r.Count(conformance.Skipped) }
