package contract_test

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dmstask/dmstask/client/clienttest"
)

// idFaults are servers that answer requests with a wrong ID as they should not.
var idFaults = slices.Concat(
	eachSays(all, "unknown {}", "F {unknown}", unknown, "204", "500 DMS.00500000", "410 APIG.9999", "422 APIG.9999"),
	eachSays("instance_id task_id", "unknown {}", "F {unknown}", unknown, "200", "409 APIG.9999"),
	eachSays(all, "malformed {}", "F malformed-{id}", malformed, "204", "500 DMS.00500000", "422 APIG.9999"),
	eachSays(all, "malformed {}", "W malformed-{id}", malformed,
		"404 DMS.00404001", "405 DMS.00405001", "400 DMS.00400017"),
	eachSays("instance_id task_id", "malformed {}", "W malformed-{id}", malformed, "403 DMS.10240306", "400 DMS.00400002"),
	eachSays(all, "malformed {}", "F error-response", malformed, "400 page", "400"),
	eachSays(all, "malformed {}", "F malformed-{id} F error-response", malformed, "500 page"),
	eachSays(all, "long {}", "F malformed-{id}", longID, "413 APIG.9999", "414 APIG.9999", "500 DMS.00500000"),
	eachSays(all, "{} with a quote", "F malformed-{id}", with(matching("'")), "500 DMS.00500000"),
	eachSays(all, "{} with odd characters", "F no-redirect", with(matching("[<>]")), "301 /"),
	eachSays(notProject, "{} not in ASCII", "F malformed-{id} F near-miss-{id}", notASCII, "500 DMS.00500000"),
	eachSays("task_id", "{} not in UTF-8", "F malformed-{id}", notUTF8, "500 DMS.00500000"),
	each(all, "long {}: hangs up", "F malformed-{id}", func(p string) change { return raw(longID(p), "") }),
	each(all, "any malformed {}: deletes", "F malformed-{id}", forOwnTask(takes, malformed)),
	each(all, "malformed {}: deletes, says 400", vanished, forOwnTask(secretly, malformed)),
	allSay("instance in capitals", "F case-of-instance-id", capitals("instance_id"), "500 DMS.00500000", "204"),
	allSay("instance in capitals", "W case-of-instance-id", capitals("instance_id"),
		"400 DMS.00400030", "404 DMS.00404022"),
	allSay("unknown task", "F unknown-task", unknownTask, "799 APIG.9999"),
	allSay("unknown task", "W unknown-task", unknownTask, "400 DMS.00400017", "403 DMS.10240306", "404 APIG.0101"),
	allSay("unknown instance", "W unknown-instance", unknownInstance,
		"400 DMS.00400030", "403 DMS.10240306", "404 DMS.10240406"),
	allSay("task with a hyphen first", "F unknown-task", taskLike("^-"), "500 DMS.00500000", "204", "422 APIG.9999"),
	allSay("task with a hyphen first", "F error-response", taskLike("^-"), "404 page", "404"),
	allSay("task in capitals", "F unknown-task F near-miss-task-id", unknownTask.and(capitals("task_id")),
		"500 DMS.00500000"),
	allSay("task with _", "F unknown-task F near-miss-task-id", taskLike("_"), "500 DMS.00500000"),
	allSay("task with _", "W unknown-task", unknownTask.and(taskLike("_")), "405 DMS.00405001"),
	allSay("task of 64 characters", "F unknown-task", longestTask, "500 DMS.00500000", "204", "413 APIG.9999"),
	allSay("browser", "F error-response", unknownTask.and(browser), "404 page"),
	allSay("browser", "F no-redirect", unknownTask.and(browser), "302 /login"),
	allSay("browser", "F unknown-task", unknownTask.and(browser), "204", "200 page", "406 APIG.9999"),
	allSay("foreign project", "F foreign-project", foreignProject, "404 DMS.00404022", "400 DMS.00400002"),
	allSay("foreign project", "W foreign-project", foreignProject, "403 DMS.10240306"),
	deletesFor("foreign project", "F foreign-project", foreignProject, ownPath),
	deletesFor("instance unknown, task ID alone", "F unknown-instance", unknownInstance, ownPath),
)

var (
	longID, capitals  = with(matching(`.{101}`)), with(matching("[A-F]"))
	notASCII, notUTF8 = with(matching(`[^\x00-~]`)), with(func(_, id string) bool { return !utf8.ValidString(id) })
)

// methodFaults are servers that answer other methods as they should not. Some show the task with GET, so that the check
// knows that it existed.
var methodFaults = slices.Concat(
	allSay("PUT", "F unsupported-method", otherMethod, "204", "200", "500 DMS.00500000"),
	allSay("PUT", "W unsupported-method", otherMethod, "404 DMS.00404001", "400 DMS.00400002", "405 DMS.00405001"),
	allSay("PUT", "F no-redirect", otherMethod, "303 /"),
	allSay("PUT alone", "F unsupported-method", method("PUT"), "202", "204"),
	allSay("POST alone", "F unsupported-method", method("POST"), "201", "500 DMS.00500000"),
	allSay("PATCH alone", "F unsupported-method", method("PATCH"), "200", "204"),
	allSay("X-HTTP-Method-Override", "F unsupported-method", overridden, "200", "500 DMS.00500000"),
	allSay("GET", "F safe-methods", safeMethod, "204"),
	allSay("GET", "F error-response", safeMethod, "404 page"),
	allSay("GET", "F no-redirect", safeMethod, "302 /"),
	deletesFor("PUT", "F unsupported-method", otherMethod, asDelete),
	deletesFor("POST alone", "F unsupported-method", method("POST"), asDelete),
	deletesFor("X-HTTP-Method-Override", "F unsupported-method", overridden, asDelete),
	deletesFor("GET", "F safe-methods", safeMethod, asDelete),
	deletesFor("HEAD alone", "F safe-methods", method("HEAD"), asDelete),
	paired("405 that allows ", "W unsupported-method", allow, "nothing", "", "another method", "GET",
		"that very method", "DELETE, PUT, POST, PATCH", "it in small letters", "delete"),
	[]row{
		{"HEAD: deletes, says 200", vanished, says(method("HEAD"), "200").and(secretly(method("HEAD"), asDelete))},
		{"shown; HEAD deletes, says 405", "F delete", shows.and(secretly(method("HEAD"), asDelete))},
		{"shown; PUT deletes, says 405", "F delete", shows.and(secretly(otherMethod, asDelete))},
		{"shown; a stranger deletes, says 401", "F delete", shows.and(secretly(noCredentials, ownToken))},
		{"shown; any token deletes, says 401", "F delete", shows.and(secretly(wrongToken, ownToken))},
		{"shown; a foreign project deletes, says 401", "F delete", shows.and(secretly(foreignProject, ownPath))},
		{"shown; capitals delete, says 404", "F delete",
			shows.and(secretly(mistakenID(strings.EqualFold)("task_id"), ownPath))},
	},
)

// allow sends a 405 with this Allow field in response to unsupported methods.
func allow(methods string) change {
	return answers(otherMethod, func(*call) clienttest.Answer {
		return clienttest.Error(405, "DMS.00405001", "A fault.", http.Header{"Allow": {methods}})
	})
}

// shows answers GET with the task while it exists.
var shows = answers(authenticated.and(method("GET")).and(func(c *call) bool { return c.s.HasTask(c.s.task) }),
	func(c *call) clienttest.Answer {
		return content(200, jsonType, `{"task_id":"`+string(c.s.task.TaskID)+`"}`)
	})
