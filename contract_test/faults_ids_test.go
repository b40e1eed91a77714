package contract_test

import (
	"math/big"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

var idFaults = slices.Concat(
	eachSays(all, "unknown {}", "F {unknown}", unknown, "204", "500 DMS.00500000", "410 APIG.9999", "422 APIG.9999"),
	eachSays("instance_id task_id", "unknown {}", "F {unknown}", unknown, "200", "409 APIG.9999"),
	eachSays(all, "malformed {}", "F malformed-{id}", malformed, "204", "500 DMS.00500000", "422 APIG.9999"),
	eachSays(all, "malformed {}", "W malformed-{id}", malformed,
		"404 DMS.00404001", "405 DMS.00405001", "400 DMS.00400017"),
	eachSays("instance_id task_id", "malformed {}", "W malformed-{id}", malformed, "403 DMS.10240306", "400 DMS.00400002"),
	eachSays(all, "malformed {}", "F error-response", malformed, "400 page", "400"),
	eachSays(all, "malformed {}", "F error-response F malformed-{id}", malformed, "500 page"),
	eachSays(all, "long {}", "F malformed-{id}", such(longer(100)), "413 APIG.9999", "414 APIG.9999", "500 DMS.00500000"),
	eachSays(all, "{} with a quote", "F malformed-{id}", such(contains("'")), "500 DMS.00500000"),
	eachSays(all, "{} with odd characters", "F no-redirect", such(contains("<>")), "301 /"),
	eachSays("project_id", "{} not in ASCII", "F malformed-{id}", such(notASCII), "500 DMS.00500000"),
	eachSays(notProject, "{} not in ASCII", "F malformed-{id} F near-miss-{id}", such(notASCII), "500 DMS.00500000"),
	eachSays("task_id", "{} not in UTF-8", "F malformed-{id}", such(notUTF8), "500 DMS.00500000"),
	each(all, "long {}: hangs up", "F malformed-{id}", func(p string) change { return raw(like(p, longer(100)), "") }),
	each(all, "any malformed {}: deletes", "F malformed-{id}", func(p string) change { return as(malformed(p), ownPath) }),
	each(all, "malformed {}: deletes, says 400", open, func(p string) change { return secretly(malformed(p), ownPath) }),
	allSay("instance in capitals", "F case-of-instance-id", like("instance_id", capitals), "500 DMS.00500000", "204"),
	allSay("instance in capitals", "W case-of-instance-id", like("instance_id", capitals),
		"400 DMS.00400030", "404 DMS.00404022"),
	allSay("unknown task", "F unknown-task", unknownTask, "799 APIG.9999"),
	allSay("unknown task", "W unknown-task", unknownTask, "400 DMS.00400017", "403 DMS.10240306", "404 APIG.0101"),
	allSay("unknown instance", "W unknown-instance", unknownInstance,
		"400 DMS.00400030", "403 DMS.10240306", "404 DMS.10240406"),
	allSay("task with a hyphen first", "F unknown-task", like("task_id", hyphenFirst), "500 DMS.00500000", "204"),
	allSay("task with a hyphen first", "F error-response", like("task_id", hyphenFirst), "404 page", "404"),
	allSay("short task", "F unknown-task", like("task_id", short), "500 DMS.00500000", "422 APIG.9999"),
	allSay("task in capitals", "F unknown-task F near-miss-task-id", unknownTask.and(like("task_id", capitals)),
		"500 DMS.00500000"),
	allSay("task with _", "F unknown-task F near-miss-task-id", like("task_id", contains("_")), "500 DMS.00500000"),
	allSay("task with _", "W unknown-task", unknownTask.and(like("task_id", contains("_"))), "405 DMS.00405001"),
	allSay("task of 64 characters", "F unknown-task", oneTask, "500 DMS.00500000", "204", "413 APIG.9999"),
	allSay("browser", "F error-response", unknownTask.and(browser), "404 page"),
	allSay("browser", "F no-redirect", unknownTask.and(browser), "302 /login"),
	allSay("browser", "F unknown-task", unknownTask.and(browser), "204", "200 page", "406 APIG.9999"),
	allSay("foreign project", "F foreign-project", foreignProject, "404 DMS.00404022", "400 DMS.00400002"),
	allSay("foreign project", "W foreign-project", foreignProject, "403 DMS.10240306"),
	take("foreign project", "F foreign-project", foreignProject, ownPath),
	take("instance unknown, task ID alone", "F unknown-instance", unknownInstance, ownPath),
)

func such(alike func(own, id string) bool) func(parameter string) match {
	return func(parameter string) match { return like(parameter, alike) }
}

func notUTF8(_, id string) bool { return !utf8.ValidString(id) }
func notASCII(_, id string) bool {
	return strings.ContainsFunc(id, func(r rune) bool { return r > '~' })
}
func hyphenFirst(_, id string) bool { return id[0] == '-' }
func short(_, id string) bool       { return len(id) < 10 && id[0] == '-' }
func capitals(_, id string) bool    { return strings.ContainsAny(id, "ABCDEF") }

func longer(n int) func(own, id string) bool { return func(_, id string) bool { return len(id) > n } }
func contains(characters string) func(own, id string) bool {
	return func(_, id string) bool { return strings.ContainsAny(id, characters) }
}

func browser(_ *subject, r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// A resemblance is how a careless server compares an ID with its own.
type resemblance struct {
	name, parameters string
	alike            func(own, id string) bool
}

var notHex = regexp.MustCompile(`[^0-9a-f]`)

const notProject = "instance_id task_id"

var resemblances = []resemblance{
	{"the first 8 characters", all, same(start(8))},
	{"the first 12 characters", all, same(start(12))},
	{"the first 16 characters", all, same(start(16))},
	{"the first 32 characters", "project_id task_id", same(start(32))},
	{"the first 36 characters", "instance_id", same(start(36))},
	{"the last 8 characters", all, same(end(8))},
	{"the last 12 characters", all, same(end(12))},
	{"the last 16 characters", all, same(end(16))},
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
	{"zero bytes trimmed", all, same(trim("\x00"))},
	{"up to a zero byte", all, same(cutAt("\x00"))},
	{"up to a control character", all, same(regexp.MustCompile(`^[^\x00-\x20]*`).FindString)},
	{"up to a semicolon", notProject, same(cutAt(";"))},
	{"up to a percent sign", notProject, same(cutAt("%"))},
	{"up to a dot", "task_id", same(cutAt("."))},
	{"without an extension", "task_id", same(func(id string) string { return strings.TrimSuffix(id, path.Ext(id)) })},
	{"by LIKE", notProject, pattern("%", "_")},
	{"by LIKE, % escaped", "task_id", pattern("%%", "_")},
	{"by LIKE, _ escaped", notProject, pattern("%", "__")},
	{"by globs", "task_id", pattern("*", "?")},
	{"by globs, no ?", "task_id", pattern("*", "??")},
	{"by globs, no *", "task_id", pattern("**", "?")},
	{"by its characters, full-width ones too", notProject, same(narrow)},
	{"decoded twice", all, same(decoded)},
	{"as a list, the first one", "task_id", same(cutAt(","))},
	{"as a list, any one", "task_id", func(own, id string) bool { return slices.Contains(strings.Split(id, ","), own) }},
	{"without hyphens", notProject, same(without("-"))},
	{"without braces", "instance_id", same(trim("{}"))},
	{"as a URN", "instance_id", same(func(id string) string { return strings.TrimPrefix(id, "urn:uuid:") })},
	{"as groups of numbers", "instance_id", same(groups)},
	{"as a number", all, same(number)},
	{"by its digits", all, same(func(id string) string { return notHex.ReplaceAllString(id, "") })},
}

// nearFaults are the servers that compare so, which delete, or some of which fail.
func nearFaults() (list []fault) {
	for i, r := range resemblances {
		nears := func(p string) match { return near(p, r.alike) }
		list = append(list, each(r.parameters, "{}: "+r.name, "F near-miss-{id}", taken(r.alike))...)
		if i%4 == 0 {
			list = append(list, eachSays(r.parameters, "{}: "+r.name, "F near-miss-{id}", nears, "500 DMS.00500000")...)
		}
	}
	return append(list, each(all, "{} by its beginning: deletes, says 400", open,
		func(p string) change { return secretly(near(p, swapped(strings.HasPrefix)), ownPath) })...)
}

// taken has a server delete its task whose ID is only like this.
func taken(alike func(own, id string) bool) func(parameter string) change {
	return func(parameter string) change { return as(near(parameter, alike), ownPath) }
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
	[]fault{
		{"any Basic: deletes", unseen, as(authorization("Basic "), ownToken)},
		{"any Bearer: deletes, says 401", unseen, secretly(authorization("Bearer "), ownToken)},
		{"empty token: deletes, says 401", unseen, secretly(emptyToken, ownToken)},
		{"token by its end: deletes, says 401", unseen, secretly(nearToken(same(end(16))), ownToken)},
	},
)

// same compares what a function makes of both.
func same(f func(id string) string) func(own, id string) bool {
	return func(own, id string) bool { return f(own) == f(id) }
}

func swapped(f func(a, b string) bool) func(own, id string) bool {
	return func(own, id string) bool { return f(id, own) }
}

func start(n int) func(string) string { return func(id string) string { return id[:min(n, len(id))] } }
func end(n int) func(string) string   { return func(id string) string { return id[max(0, len(id)-n):] } }

func cutAt(separator string) func(string) string {
	return func(id string) string { before, _, _ := strings.Cut(id, separator); return before }
}

func trim(characters string) func(string) string {
	return func(id string) string { return strings.Trim(id, characters) }
}

func without(text string) func(string) string {
	return func(id string) string { return strings.ReplaceAll(id, text, "") }
}

// pattern matches with a pattern, given what stands for any text and for any character.
func pattern(text, character string) func(own, id string) bool {
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

func decoded(id string) string {
	plain, _ := url.PathUnescape(id) // "" if there is nothing to decode
	return plain
}

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
