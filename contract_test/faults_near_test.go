package contract_test

import (
	"math/big"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

// A resemblance is how a careless server compares an ID with its own.
type resemblance struct {
	name, parameters string
	such             alike
}

var notHex = regexp.MustCompile(`[^0-9a-f]`)

const notProject = "instance_id task_id"

var resemblances = []resemblance{
	{"the first 8 characters", all, same(start(8))}, {"the first 12 characters", all, same(start(12))},
	{"the first 16 characters", all, same(start(16))},
	{"the first 32 characters", "project_id task_id", same(start(32))},
	{"the first 36 characters", "instance_id", same(start(36))}, {"the last 8 characters", all, same(end(8))},
	{"the last 12 characters", all, same(end(12))}, {"the last 16 characters", all, same(end(16))},
	{"its beginning with the own one", all, swapped(strings.HasPrefix)},
	{"its end with the own one", all, swapped(strings.HasSuffix)},
	{"the beginning of the own one with it", all, strings.HasPrefix},
	{"the end of the own one with it", all, strings.HasSuffix},
	{"whether it has the own one in it", all, swapped(strings.Contains)},
	{"whether the own one has it in it", all, strings.Contains},
	{"without regard to case", "project_id task_id", strings.EqualFold},
	{"white space trimmed", all, same(strings.TrimSpace)},
	{"blanks trimmed on the left", all, same(func(id string) string { return strings.TrimLeft(id, " ") })},
	{"blanks trimmed on the right", all, same(func(id string) string { return strings.TrimRight(id, " ") })},
	{"newlines trimmed", all, same(trim("\r\n"))},
	{"by $, which is before a newline too", all, same(func(id string) string { return strings.TrimSuffix(id, "\n") })},
	{"zero bytes trimmed", all, same(trim("\x00"))}, {"up to a zero byte", all, same(cutAt("\x00"))},
	{"up to a control character", all, same(regexp.MustCompile(`^[^\x00-\x20]*`).FindString)},
	{"up to a semicolon", notProject, same(cutAt(";"))}, {"up to a percent sign", notProject, same(cutAt("%"))},
	{"up to a dot", "task_id", same(cutAt("."))},
	{"without an extension", "task_id", same(func(id string) string { return strings.TrimSuffix(id, path.Ext(id)) })},
	{"by LIKE", notProject, pattern("%", "_")}, {"by LIKE, % escaped", "task_id", pattern("%%", "_")},
	{"by LIKE, _ escaped", notProject, pattern("%", "__")}, {"by globs", "task_id", pattern("*", "?")},
	{"by globs, no ?", "task_id", pattern("*", "??")}, {"by globs, no *", "task_id", pattern("**", "?")},
	{"by its characters, full-width ones too", notProject, same(narrow)}, {"decoded twice", all, same(decoded)},
	{"as a list, the first one", "task_id", same(cutAt(","))},
	{"as a list, any one", "task_id", func(own, id string) bool { return slices.Contains(strings.Split(id, ","), own) }},
	{"without hyphens", notProject, same(without("-"))}, {"without braces", "instance_id", same(trim("{}"))},
	{"as a URN", "instance_id", same(func(id string) string { return strings.TrimPrefix(id, "urn:uuid:") })},
	{"as groups of numbers", "instance_id", same(groups)}, {"as a number", all, same(number)},
	{"by its digits", all, same(func(id string) string { return notHex.ReplaceAllString(id, "") })},
}

// nearFaults are the servers that compare so, which delete, or some of which fail.
func nearFaults() (list []row) {
	for i, r := range resemblances {
		list = append(list, each(r.parameters, "{}: "+r.name, "F near-miss-{id}", taken(r.such))...)
		if i%4 == 0 {
			nears := func(p string) match { return near(p, r.such) }
			list = append(list, eachSays(r.parameters, "{}: "+r.name, "F near-miss-{id}", nears, "500 DMS.00500000")...)
		}
	}
	return append(list, each(all, "{} by its beginning: deletes, says 400", open,
		func(p string) change { return secretly(near(p, swapped(strings.HasPrefix)), ownPath) })...)
}

// taken has a server delete its task whose ID is only like this.
func taken(such alike) func(string) change {
	return func(p string) change { return as(near(p, such), ownPath) }
}

// blindSpots are servers that the check does not see through: what would show them is not sent, since it is rare, or
// comes when the task is gone.
var blindSpots = slices.Concat(
	each("task_id", "{}: tabs trimmed", unseen, taken(same(trim("\t")))),
	each("task_id", "{}: quotes taken off", unseen, taken(same(trim(`"'`)))),
	each("task_id", "{}: no regard to accents", unseen, taken(same(strings.NewReplacer("á", "a", "é", "e").Replace))),
	each("project_id", "{}: by LIKE", unseen, taken(pattern("%", "_"))),
	each("project_id", "{}: up to a semicolon", unseen, taken(same(cutAt(";")))),
	each("project_id", "{}: without hyphens", unseen, taken(same(without("-")))),
	eachSays("project_id instance_id", "{} not in UTF-8", unseen, such(notUTF8), "500 DMS.00500000"),
	[]row{
		{"any Basic: deletes", unseen, as(scheme("Basic "), ownToken)},
		{"any Bearer: deletes, says 401", unseen, secretly(scheme("Bearer "), ownToken)},
		{"empty token: deletes, says 401", unseen, secretly(emptyToken, ownToken)},
		{"token by its end: deletes, says 401", unseen, secretly(nearToken(same(end(16))), ownToken)},
	},
)

// same compares what a function makes of both.
func same(f part) alike {
	return func(own, id string) bool { return f(own) == f(id) }
}
func swapped(f alike) alike { return func(own, id string) bool { return f(id, own) } }

// part makes less of an ID.
type part = func(id string) string

func start(n int) part      { return func(id string) string { return id[:min(n, len(id))] } }
func end(n int) part        { return func(id string) string { return id[max(0, len(id)-n):] } }
func trim(set string) part  { return func(id string) string { return strings.Trim(id, set) } }
func without(s string) part { return func(id string) string { return strings.ReplaceAll(id, s, "") } }
func cutAt(sep string) part { return func(id string) string { return strings.SplitN(id, sep, 2)[0] } }

// pattern matches with a pattern, given what stands for any text and for any character.
func pattern(text, character string) alike {
	replacer := strings.NewReplacer(regexp.QuoteMeta(text), ".*", regexp.QuoteMeta(character), ".")
	return func(own, id string) bool {
		compiled, err := regexp.Compile("(?s)^" + replacer.Replace(regexp.QuoteMeta(id)) + "$") // not if it is no UTF-8
		return err == nil && compiled.MatchString(own)
	}
}

func narrow(id string) string {
	return strings.Map(func(r rune) rune {
		if r >= '\uff01' && r <= '\uff5e' {
			return r - '\uff01' + '!'
		}
		return r
	}, id)
}

// decoded is "" if there is nothing to decode.
func decoded(id string) string { plain, _ := url.PathUnescape(id); return plain }

func number(id string) string {
	if n, ok := new(big.Int).SetString(strings.ReplaceAll(id, "-", ""), 16); ok {
		return n.String()
	}
	return id
}

func groups(id string) string {
	list := strings.Split(id, "-")
	for i, group := range list {
		list[i] = number(group)
	}
	return strings.Join(list, "-")
}
