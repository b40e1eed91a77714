package report

import (
	"fmt"

	"github.com/dmstask/dmstask/conformance"
)

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

// asFarAs is what a verdict has to be qualified by: that nothing is wrong with what nobody looked at is not known.
func asFarAs(r *conformance.Report) string {
	if verdict(r) == conforms && !complete(r) {
		return ", as far as it was checked"
	}
	return ""
}

// headlineOf says what became of a server.
func headlineOf(r *conformance.Report) string {
	if v := verdict(r); v != notChecked {
		return fmt.Sprintf("%s %s%s", r.Endpoint, v, asFarAs(r))
	}
	return r.Endpoint + " could not be checked"
}

// outcomes in the order of what a reader looks for first.
var outcomes = []conformance.Outcome{
	conformance.Failed, conformance.Warned, conformance.Skipped, conformance.Passed,
}
