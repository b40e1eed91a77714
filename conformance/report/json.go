package report

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"io"
	"slices"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/internal/printable"
)

// schemaVersion is raised when a program that reads reports would have to change.
const schemaVersion = 1

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (2020-12) of a report in JSON.
func Schema() []byte { return slices.Clone(schema) }

// document is a report with what a reader would otherwise work out.
type document struct {
	SchemaVersion int                         `json:"schema_version"`
	Verdict       string                      `json:"verdict"`
	Counts        map[conformance.Outcome]int `json:"counts"`
	*conformance.Report
}

func writeJSON(w io.Writer, r *conformance.Report) error {
	whole := *r
	if whole.Results == nil {
		whole.Results = []conformance.Result{}
	}
	counts := make(map[conformance.Outcome]int)
	for _, outcome := range outcomes {
		counts[outcome] = r.Count(outcome)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document{schemaVersion, verdict(r), counts, &whole}); err != nil {
		return err
	}
	_, err := w.Write(printable.JSON(b.Bytes()))
	return err
}
