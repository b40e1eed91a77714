package report

import (
	"fmt"

	"github.com/dmstask/dmstask/conformance"
)

// subject says what a report is about.
func subject(r *conformance.Report) string {
	return fmt.Sprintf("Conformance of %s to the contract %s: %s", r.Endpoint, r.ContractVersion, r.Operation)
}

// levels says what the levels of violations mean.
func levels(r *conformance.Report) string {
	should := "is a warning"
	if r.Strict {
		should = "counts like it, since the check was strict"
	}
	return "A violated MUST means that the server does not conform; a violated SHOULD " + should + "."
}

// A fact is a line about a run.
type fact struct{ Name, Value string }

// facts says with what a server was checked, and when.
func facts(r *conformance.Report) []fact {
	requests := fmt.Sprintf("%d in %.3f s, %d of them with generated IDs", r.Requests, r.Duration, r.Generated)
	if r.Short {
		requests += "; " + short
	}
	all := []fact{
		{"Project", r.ProjectID},
		{"Instance", r.InstanceID},
		{"Task", r.TaskID},
		{"Date", r.Started.UTC().Format("2 January 2006, 15:04:05 UTC")},
		{"Requests", requests},
		{"Seed", fmt.Sprintf("%d; %s makes the same IDs again", r.Seed, again(r))},
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

// short says that fewer IDs were generated than there were to be.
const short = "there was no time for all generated IDs, which a longer --timeout gives"

// again returns the flags that repeat the IDs of a run.
func again(r *conformance.Report) string {
	return fmt.Sprintf("--seed=%d --examples=%d", r.Seed, r.Examples)
}
