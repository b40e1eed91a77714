package contract_test

import (
	"math/big"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const notProject = "instance_id task_id"

// idComparisons are careless ways to compare an ID with the target's own, and the parameters for which the check must
// notice.
var idComparisons = []struct {
	name, parameters string
	compare          comparison
}{
	{"the first 8 characters", all, same(start(8))}, {"the first 16 characters", all, same(start(16))},
	{"the first 32 characters", "project_id task_id", same(start(32))},
	{"the first 36 characters", "instance_id", same(start(36))},
	{"the last 8 characters", all, same(end(8))}, {"the last 16 characters", all, same(end(16))},
	{"its beginning with the own one", all, swapped(strings.HasPrefix)},
	{"its end with the own one", all, swapped(strings.HasSuffix)},
	{"the beginning of the own one with it", all, strings.HasPrefix},
	{"the end of the own one with it", all, strings.HasSuffix},
	{"whether it has the own one in it", all, swapped(strings.Contains)},
	{"whether the own one has it in it", all, strings.Contains},
	{"without regard to case", "project_id task_id", strings.EqualFold},
	{"white space trimmed", all, same(strings.TrimSpace)}, {"blanks trimmed on the left", all, without("^ +")},
	{"blanks trimmed on the right", all, without(" +$")}, {"newlines trimmed", all, without("^[\r\n]+|[\r\n]+$")},
	{"zero bytes trimmed", all, without("^\x00+|\x00+$")}, {"up to a percent sign", notProject, without("%.*")},
	{"up to a control character", all, without("[\x00-\x20].*")}, {"up to a semicolon", notProject, without(";.*")},
	{"without an extension", "task_id", without(`\.[^.]*$`)}, {"as a list, the first one", "task_id", without(",.*")},
	{"by LIKE", notProject, pattern("%", "_")}, {"by LIKE, % escaped", "task_id", pattern("%%", "_")},
	{"by globs", "task_id", pattern("*", "?")}, {"by globs, no ?", "task_id", pattern("*", "??")},
	{"by globs, no *", "task_id", pattern("**", "?")}, {"decoded twice", all, same(decoded)},
	{"by its characters, full-width ones too", notProject, same(narrow)},
	{"without hyphens", notProject, without("-")}, {"without braces", "instance_id", without("^{+|}+$")},
	{"as a URN", "instance_id", without("^urn:uuid:")}, {"as groups of numbers", "instance_id", same(groups)},
	{"as a number", all, same(number)}, {"by its digits", all, without("[^0-9a-f]")},
}

// nearFaults are servers that compare IDs carelessly, and then delete or fail.
func nearFaults() (list []row) {
	for _, r := range idComparisons {
		mistaken := mistakenID(r.compare)
		list = append(list, each(r.parameters, "{}: "+r.name, "F near-miss-{id}", forOwnTask(takes, mistaken))...)
		list = append(list, eachSays(r.parameters, "{}: "+r.name, "F near-miss-{id}", mistaken, "500 DMS.00500000")...)
	}
	return append(list, each(all, "{} by its beginning: deletes, says 400", vanished,
		forOwnTask(secretly, mistakenID(swapped(strings.HasPrefix))))...)
}

// forOwnTask makes a server take deletions with a wrong ID for those of the target's task. how is takes or secretly.
func forOwnTask(how func(match, edit) change, wrong idMatch) func(parameter string) change {
	return func(parameter string) change { return how(wrong(parameter), ownPath) }
}

// blindSpots are faulty servers that the check does not notice. It does not send the requests that would show them,
// which are unusual, or it sends them when the task no longer exists.
var blindSpots = slices.Concat(
	each("task_id", "{}: tabs trimmed", unseen, forOwnTask(takes, mistakenID(without("^\t+|\t+$")))),
	each("task_id", "{}: quotes taken off", unseen, forOwnTask(takes, mistakenID(without(`^["']+|["']+$`)))),
	each("task_id", "{}: no regard to accents", unseen,
		forOwnTask(takes, mistakenID(same(strings.NewReplacer("á", "a", "é", "e").Replace)))),
	each("project_id", "{}: by LIKE", unseen, forOwnTask(takes, mistakenID(pattern("%", "_")))),
	each("project_id", "{}: up to a semicolon", unseen, forOwnTask(takes, mistakenID(without(";.*")))),
	each("project_id", "{}: without hyphens", unseen, forOwnTask(takes, mistakenID(without("-")))),
	eachSays("project_id instance_id", "{} not in UTF-8", unseen, notUTF8, "500 DMS.00500000"),
	[]row{
		{"any Basic: deletes", unseen, takes(signed("Basic "), ownToken)},
		{"any Bearer: deletes, says 401", unseen, secretly(signed("Bearer "), ownToken)},
		{"empty token: deletes, says 401", unseen, secretly(emptyToken, ownToken)},
		{"token by its end: deletes, says 401", unseen, secretly(mistakenToken(same(end(16))), ownToken)},
	},
)

// same compares what f makes of both values.
func same(f part) comparison          { return func(own, id string) bool { return f(own) == f(id) } }
func swapped(f comparison) comparison { return func(own, id string) bool { return f(id, own) } }

// A part is what a careless server looks at.
type part = func(id string) string

func start(n int) part { return func(id string) string { return id[:min(n, len(id))] } }
func end(n int) part   { return func(id string) string { return id[max(0, len(id)-n):] } }

// without compares what is left of both values when everything that matches a pattern is removed.
func without(pattern string) comparison {
	compiled := regexp.MustCompile("(?s)" + pattern)
	return same(func(id string) string { return compiled.ReplaceAllString(id, "") })
}

// pattern uses the value as a pattern for the target's own, with wildcards for any text and for any character.
func pattern(text, character string) comparison {
	replacer := strings.NewReplacer(regexp.QuoteMeta(text), ".*", regexp.QuoteMeta(character), ".")
	return func(own, id string) bool {
		compiled, err := regexp.Compile("(?s)^" + replacer.Replace(regexp.QuoteMeta(id)) + "$") // fails if id is not UTF-8
		return err == nil && compiled.MatchString(own)
	}
}

// narrow replaces full-width characters by ASCII.
func narrow(id string) string {
	return strings.Map(func(r rune) rune {
		if r >= '\uff01' && r <= '\uff5e' {
			return r - '\uff01' + '!'
		}
		return r
	}, id)
}

// decoded returns "" if id is not percent-encoded correctly.
func decoded(id string) string { plain, _ := url.PathUnescape(id); return plain }

func number(id string) string {
	if n, ok := new(big.Int).SetString(strings.ReplaceAll(id, "-", ""), 16); ok {
		return n.String()
	}
	return id
}

func groups(id string) string { return regexp.MustCompile("[^-]+").ReplaceAllStringFunc(id, number) }
