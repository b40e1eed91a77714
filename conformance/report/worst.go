package report

import (
	"slices"

	"github.com/dmstask/dmstask/conformance"
)

// levelOf is how bad it is: what was violated, and not what the rule demands first of all. A warning of level MUST
// would be a contradiction.
func levelOf(r conformance.Result) conformance.Level {
	switch r.Outcome {
	case conformance.Failed:
		return conformance.MUST
	case conformance.Warned:
		return conformance.SHOULD
	}
	return r.Rule.Level
}

// worstFirst returns the violations of a rule so that the first is one that its outcome comes from, if that was kept.
func worstFirst(r conformance.Result) []conformance.Violation {
	list := slices.Clone(r.Violations)
	mildness := map[conformance.Level]int{conformance.MUST: 0, conformance.SHOULD: 1}
	slices.SortStableFunc(list, func(a, b conformance.Violation) int { return mildness[a.Level] - mildness[b.Level] })
	return list
}
