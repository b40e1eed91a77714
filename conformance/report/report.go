// Package report writes reports of package conformance for people and for programs: as text, as JSON with a schema, as
// JUnit XML for CI systems, as a page of HTML, and as Markdown.
package report

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/internal/printable"
)

// A Format is a way to write a report.
type Format string

// The formats.
const (
	Text     Format = "text"     // for a terminal or a log, without color; see Style
	JSON     Format = "json"     // for programs; see Schema
	JUnit    Format = "junit"    // XML for CI systems, one testcase per rule
	HTML     Format = "html"     // one self-contained page, for somebody who was not there
	Markdown Format = "markdown" // for the summary of a CI job, or an issue
)

// Formats returns all formats.
func Formats() []Format { return []Format{Text, JSON, JUnit, HTML, Markdown} }

// ParseFormat returns the format with this name, or an error that lists all names.
func ParseFormat(name string) (Format, error) {
	if f := Format(name); slices.Contains(Formats(), f) {
		return f, nil
	}
	return "", fmt.Errorf("unknown format %q; the formats are %s", name,
		strings.Trim(strings.ReplaceAll(fmt.Sprint(Formats()), " ", ", "), "[]"))
}

var errNil = errors.New("the report is nil, perhaps because the run could not start")

// Write writes a whole report. Whatever the server sent, the result steers no terminal, browser or CI system.
func Write(w io.Writer, r *conformance.Report, f Format) error {
	if _, err := ParseFormat(string(f)); err != nil {
		return err
	}
	if r == nil {
		return errNil
	}
	content, err := map[Format]func(*conformance.Report) (string, error){
		Text: toText, JSON: toJSON, JUnit: toJUnit, HTML: toHTML, Markdown: toMarkdown,
	}[f](r)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, content)
	return err
}

// schemaVersion is raised when a program that reads reports would have to change.
const schemaVersion = 3

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (2020-12) of a report in JSON.
func Schema() []byte { return slices.Clone(schema) }

// document is a report with what a program would otherwise have to work out.
type document struct {
	SchemaVersion int                         `json:"schema_version"`
	Verdict       conformance.Verdict         `json:"verdict"`
	Counts        map[conformance.Outcome]int `json:"counts"`
	conformance.Report
}

// toJSON needs no clean copy: what is not printable is escaped, so that the strings mean what they meant.
func toJSON(r *conformance.Report) (string, error) {
	d := document{schemaVersion, r.Verdict(), make(map[conformance.Outcome]int), *r}
	d.Results = append([]conformance.Result{}, r.Results...) // never null
	if d.IDs == nil {
		d.IDs = map[string]string{}
	}
	for _, outcome := range outcomes() {
		d.Counts[outcome] = r.Count(outcome)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(d)
	return disarm(string(printable.JSON(b.Bytes())), `\u003a`, `\u005b`), err
}
