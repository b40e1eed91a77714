package report

import (
	"fmt"
	"strconv"

	"github.com/dmstask/dmstask/conformance"
)

// A fact is a line about a run.
type fact struct{ Name, Value string }

// facts says what was checked, with what, and when.
func facts(r *conformance.Report) []fact {
	level := "a violated SHOULD is a warning"
	if r.Strict {
		level = "strict: a violated SHOULD counts like a MUST"
	}
	all := []fact{
		{"Endpoint", r.Endpoint},
		{"Project", r.ProjectID},
		{"Instance", r.InstanceID},
		{"Task", r.TaskID},
		{"Operation", r.Operation},
		{"Contract", r.ContractVersion},
		{"Date", r.Started.UTC().Format("2 January 2006, 15:04:05 UTC")},
		{"Requests", fmt.Sprintf("%d in %.3f s, %d of them with generated IDs", r.Requests, r.Duration, r.Examples)},
		{"Seed", strconv.FormatUint(uint64(r.Seed), 10)},
		{"Levels", level},
		{"Checked with", "dms-conformance " + r.Version},
	}
	known := all[:0]
	for _, f := range all {
		if f.Value != "" {
			known = append(known, f)
		}
	}
	return known
}

// headlineOf says what became of a server.
func headlineOf(r *conformance.Report) string {
	if v := verdict(r); v != notChecked {
		return fmt.Sprintf("%s %s", r.Endpoint, v)
	}
	return r.Endpoint + " could not be checked"
}
