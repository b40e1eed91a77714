package contract_test

import (
	"net/http"
	"strings"
)

// A fault is a way in which a server can be wrong, made of the embedded server.
type fault struct {
	name  string
	rules string // those that must notice, and no others, as in "F delete W error-code"; or open, or unseen
	apply change
}

const (
	open   = "open"   // the task has gone, and no answer says so: the check cannot tell that from a wrong task ID
	unseen = "unseen" // the check is known not to find it
)

var faults = map[string][]fault{
	"IDs": idFaults, "near misses": nearFaults(), "not seen": blindSpots, "credentials": credentialFaults,
	"tokens": tokenFaults(), "methods": methodFaults, "delete": deleteFaults, "content": contentFaults,
	"redirects and secrets": otherFaults, "wire": wireFaults,
}

const all = "project_id instance_id task_id"

// each makes a fault for each parameter. In its texts {} stands for what the ID is of, {id} for the parameter as it
// stands in the IDs of rules, and {unknown} for the rule about unknown ones.
func each(parameters, name, rules string, f func(parameter string) change) (list []fault) {
	for parameter := range strings.FieldsSeq(parameters) {
		thing := strings.TrimSuffix(parameter, "_id")
		rule := "unknown-" + thing
		if thing == "project" {
			rule = "foreign-project"
		}
		fill := strings.NewReplacer("{}", thing, "{id}", thing+"-id", "{unknown}", rule)
		list = append(list, fault{fill.Replace(name), fill.Replace(rules), f(parameter)})
	}
	return list
}

// eachSays makes a fault of each answer for each parameter.
func eachSays(parameters, name, rules string, m func(parameter string) match, texts ...string) (list []fault) {
	for _, text := range texts {
		list = append(list, each(parameters, name+": "+text, rules, func(p string) change { return says(m(p), text) })...)
	}
	return list
}

// allSay makes a fault of each answer.
func allSay(name, rules string, m match, texts ...string) (list []fault) {
	for _, text := range texts {
		list = append(list, fault{name + ": " + text, rules, says(m, text)})
	}
	return list
}

// take makes a server that takes the requests that match for those that may delete, and one that does so secretly.
func take(name, rules string, m match, may func(*subject, *http.Request)) []fault {
	return []fault{{name + ": deletes", rules, as(m, may)}, {name + ": deletes, says otherwise", open, secretly(m, may)}}
}
