package report

import (
	"slices"
	"strings"

	"github.com/dmstask/dmstask/conformance"
)

// sent says what a rule sends, where shared has the rules that sent a probe of this name before.
func sent(r conformance.Rule, shared map[string]string) string {
	if len(r.Probes) == 0 {
		return "Nothing by itself; it looks at the answers to all requests."
	}
	requests := make([]string, 0, len(r.Probes))
	for i, p := range r.Probes {
		says := probeText(r, p)
		if i > 0 && says == probeText(r, r.Probes[i-1]) {
			says = "the same again"
		}
		if other := shared[p.Name]; other != "" {
			says += " (that of " + other + ")"
		}
		requests = append(requests, says)
	}
	says := count(len(requests), "request") + ": " + strings.Join(requests, "; ") + "."
	says += exposure(r)
	if varies(r.Probes[0]) { // a run looks at no other for that
		says += " Then as many with a generated ID of the same kind as --examples says."
	}
	return says
}

// probeText says in what a request differs from the deletion itself.
func probeText(r conformance.Rule, p conformance.Probe) string {
	var parts []string
	if p.Method != "" {
		parts = append(parts, p.Method)
	}
	if p.Credentials != conformance.OwnCredentials {
		parts = append(parts, "with "+p.Credentials.String())
	}
	for _, id := range []struct {
		name  string
		value conformance.ID
	}{{"project", p.ProjectID}, {"instance", p.InstanceID}, {"task", p.TaskID}} {
		switch id.value {
		case conformance.OwnID:
		case conformance.UnknownID:
			parts = append(parts, "for an unknown "+id.name)
		default:
			parts = append(parts, "with "+id.name+"_id "+id.value.String())
		}
	}
	switch {
	case len(parts) > 0:
		return strings.Join(parts, ", ")
	case r.Deletes:
		return "for the named task"
	}
	return "for a task that nobody has"
}

// exposure says which requests of a rule that deletes nothing are for the named task all the same.
func exposure(r conformance.Rule) string {
	names := func(p conformance.Probe) bool {
		plain := p == conformance.Probe{Name: p.Name}
		return !r.Deletes && !plain && p.TaskID == conformance.OwnID
	}
	var which string
	switch {
	case !slices.ContainsFunc(r.Probes, names):
		return ""
	case slices.ContainsFunc(r.Probes, func(p conformance.Probe) bool { return !names(p) }):
		which = "Those for no other task are"
	case len(r.Probes) == 1:
		which = "It is"
	default:
		which = "They are"
	}
	return " " + which + " for the named task if one is named, which a faulty server may then delete already here."
}

// varies reports whether a probe has an ID that is drawn anew, beyond its fixed one.
func varies(p conformance.Probe) bool {
	return p.ProjectID != conformance.OwnID || p.InstanceID != conformance.OwnID || p.TaskID != conformance.OwnID
}
