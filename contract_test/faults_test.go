package contract_test

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
)

// A fault is a way in which a server can be wrong, made of the embedded server.
type fault struct {
	name    string
	rule    string // the one rule that must notice
	outcome conformance.Outcome
	apply   change
}

const (
	failed = conformance.Failed
	warned = conformance.Warned
)

var gone = apiError(404, "DMS.00404001")

// faults are in groups by what is wrong.
var faults = map[string][]fault{
	"status": {
		{"unknown task: 204", "unknown-task", failed, answer(unknownTask, clienttest.Answer{StatusCode: 204})},
		{"unknown task: 200", "unknown-task", failed, answer(unknownTask, clienttest.Answer{StatusCode: 200})},
		{"unknown task: 500", "unknown-task", failed, answer(unknownTask, apiError(500, "DMS.00500000"))},
		{"unknown task: 410", "unknown-task", failed, answer(unknownTask, apiError(410, "APIG.9999"))},
		{"unknown task: 400", "unknown-task", warned, answer(unknownTask, apiError(400, "DMS.00400017"))},
		{"unknown task: 799", "unknown-task", failed, answer(unknownTask, apiError(799, "APIG.9999"))},
		{"unknown task: 101", "unknown-task", failed, raw(unknownTask, "HTTP/1.1 101 Switching Protocols\r\n\r\n")},
		{"unknown instance: 500", "unknown-instance", failed, answer(unknownInstance, apiError(500, "DMS.00500000"))},
		{"unknown instance: 400", "unknown-instance", warned, answer(unknownInstance, apiError(400, "DMS.00400030"))},
		{"malformed project: 500", "malformed-project-id", failed,
			answer(malformedProject, apiError(500, "DMS.00500000"))},
		{"malformed project: 404", "malformed-project-id", warned, answer(malformedProject, gone)},
		{"malformed instance: 500", "malformed-instance-id", failed,
			answer(malformedInstance, apiError(500, "DMS.00500000"))},
		{"malformed instance: 404", "malformed-instance-id", warned,
			answer(malformedInstance, apiError(404, "DMS.00404022"))},
		{"malformed task: 500", "malformed-task-id", failed, answer(malformedTask, apiError(500, "DMS.00500000"))},
		{"malformed task: 404", "malformed-task-id", warned, answer(malformedTask, gone)},
		{"malformed task: 204", "malformed-task-id", failed, answer(malformedTask, clienttest.Answer{StatusCode: 204})},
		{"unknown task: no such API", "unknown-task", warned, answer(unknownTask, apiError(404, "APIG.0101"))},
		{"unknown instance: no such API", "unknown-instance", warned,
			answer(unknownInstance, apiError(404, "DMS.10240406"))},
		{"malformed task: code of a malformed project", "malformed-task-id", warned,
			answer(malformedTask, apiError(400, "DMS.00400002"))},
		{"malformed project: code of a task that runs", "malformed-project-id", warned,
			answer(malformedProject, apiError(400, "DMS.00400017"))},
		{"malformed task: 500 for what is not UTF-8", "malformed-task-id", failed,
			answer(idLike(func(id string) bool { return !utf8.ValidString(id) }, malformedTask),
				apiError(500, "DMS.00500000"))},
	},
	"authentication": {
		{"no token: 403", "missing-credentials", failed, answer(noToken, apiError(403, "APIG.0302"))},
		{"no token: 404", "missing-credentials", failed, answer(noToken, gone)},
		{"no token: 407", "missing-credentials", failed, answer(noToken, apiError(407, "APIG.9999"))},
		{"no token: deletes", "missing-credentials", failed, as(noToken, ownToken)},
		{"no token: looks up the task first", "missing-credentials", failed,
			answer(func(s subject, r *http.Request) bool { return noToken(s, r) && !named(s, r) }, gone)},
		{"no token: deletes, says 401", "delete", failed, secretly(noToken, ownToken)},
		{"any token: 404", "invalid-credentials", failed, answer(madeUpToken, gone)},
		{"any token: deletes", "invalid-credentials", failed, as(madeUpToken, ownToken)},
		{"any token: looks up the task first", "invalid-credentials", failed,
			answer(func(s subject, r *http.Request) bool { return madeUpToken(s, r) && !named(s, r) }, gone)},
		{"any token: deletes, says 401", "delete", failed, secretly(madeUpToken, ownToken)},
		{"signature not verified: 404", "invalid-credentials", failed, answer(alteredToken, gone)},
		{"signature not verified: deletes", "invalid-credentials", failed, as(alteredToken, ownToken)},
		{"signature not verified: deletes, says 401", "delete", failed, secretly(alteredToken, ownToken)},
		{"any signature: 404", "invalid-credentials", failed, answer(anySignature, gone)},
		{"any signature: deletes", "invalid-credentials", failed, as(anySignature, ownToken)},
		{"any signature: deletes, says 401", "delete", failed, secretly(anySignature, ownToken)},
		{"empty token: 404", "missing-credentials", failed, answer(emptyToken, gone)},
		{"empty token: deletes", "missing-credentials", failed, as(emptyToken, ownToken)},
	},
	"isolation": {
		{"foreign project: 404", "foreign-project", failed, answer(foreignProject, apiError(404, "DMS.00404022"))},
		{"foreign project: 403", "foreign-project", warned, answer(foreignProject, apiError(403, "DMS.10240306"))},
		{"foreign project: deletes", "foreign-project", failed, as(foreignProject, ownPath)},
		{"foreign project: deletes, says 401", "delete", failed, secretly(foreignProject, ownPath)},
		{"unknown instance: deletes by task ID alone", "unknown-instance", failed, as(unknownInstance, ownPath)},
		{"unknown instance: deletes, says 404", "delete", failed, secretly(unknownInstance, ownPath)},
		{"project by its beginning: deletes", "malformed-project-id", failed,
			as(both(near(begins), malformedProject), ownPath)},
		{"IDs by their beginning: deletes, says 400", "delete", failed, secretly(near(begins), ownPath)},
		{"instance by its beginning: deletes", "malformed-instance-id", failed,
			as(both(near(begins), malformedInstance), ownPath)},
		{"task by its beginning: deletes", "malformed-task-id", failed,
			as(both(near(begins), malformedTask), ownPath)},
		{"blanks trimmed: deletes", "malformed-task-id", failed, as(near(trimmed), ownPath)},
		{"path decoded twice: deletes", "malformed-task-id", failed, as(near(decoded), ownPath)},
	},
	"state": {
		{"delete: 200", "delete", failed, answer(ownTask, clienttest.Answer{StatusCode: 200})},
		{"delete: 202", "delete", failed, answer(ownTask, clienttest.Answer{StatusCode: 202})},
		{"delete: 404", "delete", failed, answer(ownTask, gone)},
		{"delete: 200 that the task still runs", "delete", failed, answer(ownTask, apiError(200, "DMS.00400017"))},
		{"delete: 500", "delete", failed, answer(ownTask, apiError(500, "DMS.00500000"))},
		{"delete twice: 204", "delete-twice", warned, answer(ownTask, clienttest.Answer{StatusCode: 204})},
		{"delete twice: 400", "delete-twice", warned, answer(taskGone, apiError(400, "DMS.00400017"))},
		{"delete twice: 500", "delete-twice", warned, answer(taskGone, apiError(500, "DMS.00500000"))},
		{"delete twice: 418", "delete-twice", failed, answer(taskGone, apiError(418, "APIG.9999"))},
		{"delete twice: hangs up", "delete-twice", failed, raw(taskGone, "")},
		{"delete twice: no such API", "delete-twice", warned, answer(taskGone, apiError(404, "APIG.0101"))},
	},
	"methods": {
		{"PUT: 204", "unsupported-method", failed, answer(otherMethod, clienttest.Answer{StatusCode: 204})},
		{"PUT: 404 of the service", "unsupported-method", warned, answer(otherMethod, gone)},
		{"PUT: deletes", "unsupported-method", failed, as(otherMethod, asDelete)},
		{"PUT: deletes, says 405", "delete", failed, secretly(otherMethod, asDelete)},
		{"PUT: 405 without Allow", "unsupported-method", warned, answer(otherMethod, apiError(405, "DMS.00405001"))},
		{"PUT: 405 that allows nothing", "unsupported-method", warned, allow("")},
		{"PUT: 405 that allows another method", "unsupported-method", warned, allow("GET")},
		{"PUT: 405 that allows that very method", "unsupported-method", warned, allow("DELETE, PUT, POST, PATCH")},
		{"PUT: 405 in small letters", "unsupported-method", warned, allow("delete")},
		{"PATCH alone: 200", "unsupported-method", failed,
			answer(func(_ subject, r *http.Request) bool { return r.Method == http.MethodPatch }, clienttest.Answer{})},
		{"GET: 204", "safe-methods", failed, answer(safeMethod, clienttest.Answer{StatusCode: 204})},
		{"GET: deletes", "safe-methods", failed, as(safeMethod, asDelete)},
		{"GET: deletes, says 405", "delete", failed, secretly(safeMethod, asDelete)},
		{"HEAD: deletes, says 200", "delete", failed,
			handle(safeMethod, func(_ subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
				deletion := r.Clone(r.Context())
				deletion.Method = http.MethodDelete
				own.ServeHTTP(discard{}, deletion)
				w.WriteHeader(http.StatusOK)
			})},
	},
	"redirects": {
		{"unknown task: 302", "no-redirect", failed, redirect(unknownTask, 302, "https://login.example.com/")},
		{"no token: 307", "no-redirect", failed, redirect(noToken, 307, "https://login.example.com/")},
		{"delete: 308", "no-redirect", failed, redirect(ownTask, 308, "/v3/")},
		{"malformed task: 301 to the instance", "no-redirect", failed, redirect(malformedTask, 301, "..")},
		{"everything: 303", "no-redirect", failed, redirect(everything, 303, "/")},
		{"unknown task: 300 without Location", "no-redirect", failed,
			answer(unknownTask, clienttest.Answer{StatusCode: 300})},
		{"unknown task: 304", "no-redirect", failed, answer(unknownTask, clienttest.Answer{StatusCode: 304})},
	},
	"headers": {
		{"every error is HTML", "error-response", failed,
			handle(everything, func(_ subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
				own.ServeHTTP(&htmlErrors{ResponseWriter: w}, r)
			})},
		{"throttles in HTML", "error-response", failed, throttles(5, clienttest.Answer{
			StatusCode: 429, Header: http.Header{"Content-Type": {"text/html"}, "Retry-After": {"0"}}, Body: "<h1>Wait</h1>",
		})},
		{"media type with +json", "error-response", failed, notFound("application/problem+json", errorBody)},
		{"media type unreadable", "error-response", failed, notFound("application/json; =", errorBody)},
		{"no media type", "error-response", failed,
			raw(unknownTask, "HTTP/1.1 404 Not Found\r\nContent-Length: 45\r\n\r\n"+errorBody)},
		{"two media types", "error-response", failed,
			rawNotFound("Content-Type: text/html\r\nContent-Length: 45\r\n", errorBody)},
		{"compressed unasked", "error-response", failed, answer(unknownTask, clienttest.Answer{
			StatusCode: 404,
			Header:     http.Header{"Content-Type": {jsonType}, "Content-Encoding": {"gzip"}},
			Body:       "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x56\x02\x00\x00\x00\x00\x00",
		})},
		{"said to be compressed", "error-response", failed, rawNotFound("Content-Encoding: gzip\r\n", errorBody)},
	},
	"body bytes": {
		{"two codes", "error-response", warned,
			notFound(jsonType, `{"error_code":"DMS.00404022","error_msg":"m","error_code":"DMS.00404001"}`)},
		{"ID breaks out of its string", "error-response", failed,
			handle(malformedTask, func(_ subject, w http.ResponseWriter, r *http.Request, _ http.Handler) {
				_, _, task := ids(r)
				clienttest.Answer{
					StatusCode: 400, Header: http.Header{"Content-Type": {jsonType}},
					Body: strings.ToValidUTF8(`{"error_code":"DMS.00400070","error_msg":"no task `+task+`"}`, "?"),
				}.ServeHTTP(w, r)
			})},
		{"empty error", "error-response", failed, answer(unknownTask, clienttest.Answer{StatusCode: 404})},
		{"no content, declared as JSON", "error-response", failed, notFound(jsonType, "")},
		{"no message", "error-response", failed, notFound(jsonType, `{"error_code":"DMS.00404001"}`)},
		{"no code", "error-response", failed, notFound(jsonType, `{"error_msg":"m"}`)},
		{"empty code", "error-response", failed, notFound(jsonType, `{"error_code":"","error_msg":"m"}`)},
		{"code is a number", "error-response", failed, notFound(jsonType, `{"error_code":404,"error_msg":"m"}`)},
		{"code is null", "error-response", failed, notFound(jsonType, `{"error_code":null,"error_msg":"m"}`)},
		{"other names", "error-response", failed, notFound(jsonType, `{"code":"DMS.00404001","message":"m"}`)},
		{"error in an error", "error-response", failed, notFound(jsonType, `{"error":`+errorBody+`}`)},
		{"array", "error-response", failed, notFound(jsonType, "["+errorBody+"]")},
		{"null", "error-response", failed, notFound(jsonType, "null")},
		{"string", "error-response", failed, notFound(jsonType, `"not found"`)},
		{"two documents", "error-response", failed, notFound(jsonType, errorBody+errorBody)},
		{"half a document", "error-response", failed, notFound(jsonType, errorBody[:30])},
		{"trailing comma", "error-response", failed,
			notFound(jsonType, `{"error_code":"DMS.00404001","error_msg":"m",}`)},
		{"single quotes", "error-response", failed, notFound(jsonType, strings.ReplaceAll(errorBody, `"`, `'`))},
		{"byte order mark", "error-response", failed, notFound(jsonType, "\ufeff"+errorBody)},
		{"Latin-1", "error-response", failed,
			notFound(jsonType, "{\"error_code\":\"DMS.00404001\",\"error_msg\":\"gel\xf6scht\"}")},
		{"UTF-16", "error-response", failed,
			notFound(jsonType, "\x00"+strings.Join(strings.Split(errorBody, ""), "\x00"))},
		{"zero bytes at the end", "error-response", failed, notFound(jsonType, errorBody+"\x00\x00")},
	},
	"error codes": {
		{"gateway's code of another status", "error-code", warned, answer(unknownTask, apiError(404, "APIG.0301"))},
		{"gateway's code of another status for a stranger", "error-code", warned,
			answer(noToken, apiError(401, "APIG.0101"))},
		{"code not in the catalogue", "error-code", warned, answer(unknownTask, apiError(404, "DMS.99999999"))},
		{"code of another status", "error-code", warned, answer(unknownTask, apiError(404, "DMS.00400070"))},
		{"code of nobody", "error-code", warned, answer(unknownTask, apiError(404, "not_found"))},
		{"code in lower case", "error-code", warned, answer(unknownTask, apiError(404, "dms.00404001"))},
		{"code without a number", "error-code", warned, answer(unknownTask, apiError(404, "APIG."))},
		{"code with a space", "error-code", warned, answer(unknownTask, apiError(404, " DMS.00404001"))},
	},
	"framing": {
		{"error cut off", "framing", failed, rawNotFound("Content-Length: 99\r\n", errorBody)},
		{"bytes after the error", "framing", failed, rawNotFound("Content-Length: 45\r\n", errorBody+"\n{}")},
		{"a second answer", "framing", failed,
			rawNotFound("Content-Length: 45\r\n", errorBody+"HTTP/1.1 204 No Content\r\n\r\n")},
		{"length and chunks", "framing", failed,
			rawNotFound("Content-Length: 45\r\nTransfer-Encoding: chunked\r\n", "2d\r\n"+errorBody+"\r\n0\r\n\r\n")},
		{"two different lengths", "framing", failed,
			rawNotFound("Content-Length: 45\r\nContent-Length: 46\r\n", errorBody)},
		{"no space after the status", "framing", failed,
			raw(unknownTask, "HTTP/1.1 404\r\nContent-Type: application/json\r\nContent-Length: 45\r\n\r\n"+errorBody)},
		{"line end within the status line", "framing", failed,
			raw(unknownTask, "HTTP/1.1 404 a\rb\r\nContent-Type: application/json\r\nContent-Length: 45\r\n\r\n"+errorBody)},
		{"HTTP/1.0 with chunks", "framing", failed,
			raw(unknownTask, "HTTP/1.0 404 N\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"+
				"2d\r\n"+errorBody+"\r\n0\r\n\r\n")},
		{"blank in the name of a field", "framing", failed,
			rawNotFound("X Note: a\r\nContent-Length: 45\r\n", errorBody)},
		{"zero byte in a field", "framing", failed,
			rawNotFound("X-Note: a\x00b\r\nContent-Length: 45\r\n", errorBody)},
		{"length with a sign", "framing", failed, rawNotFound("Content-Length: +45\r\n", errorBody)},
		{"coding that nobody knows", "framing", failed, rawNotFound("Transfer-Encoding: chunked, identity\r\n",
			"2d\r\n"+errorBody+"\r\n0\r\n\r\n")},
		{"trailer with Content-Type", "framing", failed, rawNotFound("Transfer-Encoding: chunked\r\n",
			"2d\r\n"+errorBody+"\r\n0\r\nContent-Type: text/html\r\n\r\n")},
		{"HEAD with a body", "framing", failed,
			raw(func(_ subject, r *http.Request) bool { return r.Method == http.MethodHead },
				"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")},
		{"length twice", "framing", failed, rawNotFound("Content-Length: 45\r\nContent-Length: 45\r\n", errorBody)},
		{"no last chunk", "framing", failed, rawNotFound("Transfer-Encoding: chunked\r\n", "2d\r\n"+errorBody+"\r\n")},
		{"chunk size unreadable", "framing", failed, rawNotFound("Transfer-Encoding: chunked\r\n", "2z\r\n"+errorBody)},
		{"lines that end with LF", "framing", failed,
			raw(unknownTask, "HTTP/1.1 404 Not Found\nContent-Type: application/json\nContent-Length: 45\n\n"+errorBody)},
		{"space before the colon", "framing", failed, rawNotFound("X-Note : a\r\nContent-Length: 45\r\n", errorBody)},
		{"folded field", "framing", failed, rawNotFound("X-Note: a\r\n b\r\nContent-Length: 45\r\n", errorBody)},
		{"endless body", "framing", failed,
			flood(unknownTask, "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n\r\n", strings.Repeat("x", 4096))},
		{"204 whose lines end with LF", "framing", failed, deleteRaw("HTTP/1.1 204 No Content\nX-Note: a\n\n")},
		{"204 with a folded field", "framing", failed,
			deleteRaw("HTTP/1.1 204 No Content\r\nX-Note: a\r\n b\r\n\r\n")},
		{"trailer with Content-Length", "framing", failed, rawNotFound("Transfer-Encoding: chunked\r\n",
			"2d\r\n"+errorBody+"\r\n0\r\nContent-Length: 45\r\n\r\n")},
		{"trailer with Transfer-Encoding", "framing", failed, rawNotFound("Transfer-Encoding: chunked\r\n",
			"2d\r\n"+errorBody+"\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n")},
		{"another version of HTTP", "unknown-task", failed, raw(unknownTask, "HTTP/7.3 404 Not Found\r\n\r\n")},
		{"interim answer with Content-Length", "framing", failed,
			raw(unknownTask, "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nHTTP/1.1 404 Not Found\r\n"+
				"Content-Type: application/json\r\nContent-Length: 45\r\n\r\n"+errorBody)},
		{"204 with Content-Length: 0", "delete-empty", failed,
			deleteRaw("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")},
		{"204 with Content-Length: 2", "delete-empty", failed,
			deleteRaw("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}")},
		{"204 with Transfer-Encoding", "delete-empty", failed,
			deleteRaw("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")},
		{"204 and a body", "delete-empty", failed, deleteRaw("HTTP/1.1 204 No Content\r\n\r\n{}")},
		{"204 and one byte", "delete-empty", failed, deleteRaw("HTTP/1.1 204 No Content\r\n\r\n\n")},
		{"204 and another answer", "delete-empty", failed,
			deleteRaw("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")},
	},
	"no answer": {
		{"hangs up", "unknown-task", failed, raw(unknownTask, "")},
		{"no HTTP", "unknown-task", failed, raw(unknownTask, "SSH-2.0-OpenSSH\r\n")},
		{"half a header section", "unknown-task", failed, raw(unknownTask, "HTTP/1.1 404 Not Found\r\nContent-T")},
		{"endless header section", "unknown-task", failed,
			flood(unknownTask, "HTTP/1.1 404 Not Found\r\n", "X-Filler: "+strings.Repeat("x", 4096)+"\r\n")},
		{"endless interim answers", "unknown-task", failed,
			flood(unknownTask, "", strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 100))},
	},
	"timing": {
		{"stalls", "unknown-task", failed, stall(unknownTask, "")},
		{"stalls in the status line", "unknown-task", failed, stall(unknownTask, "HTTP/1.1 404 No")},
		{"stalls in the body", "framing", failed,
			stall(unknownTask, "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 45\r\n\r\n{")},
		{"delete: stalls", "delete", failed, stall(ownTask, "")},
	},
	"secrets": {
		{"token in the message", "no-secret-echo", failed,
			echo(func(token string) string { return token })},
		{"token in base64", "no-secret-echo", failed, echo(func(token string) string {
			return base64.StdEncoding.EncodeToString([]byte("token=" + token))
		})},
		{"token in capitals", "no-secret-echo", failed, echo(strings.ToUpper)},
		{"token in hexadecimal", "no-secret-echo", failed, echo(func(token string) string {
			return hex.EncodeToString([]byte(token))
		})},
		{"token without its end", "no-secret-echo", failed, echo(func(token string) string { return token[:20] + "…" })},
		{"token on two lines", "no-secret-echo", failed, echo(func(token string) string {
			return token[:9] + "\n" + token[9:]
		})},
		{"token in a field", "no-secret-echo", failed,
			handle(madeUpToken, func(_ subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
				w.Header().Set("X-Debug", r.Header.Get("X-Auth-Token"))
				own.ServeHTTP(w, r)
			})},
		{"token of somebody else", "no-secret-echo", failed,
			handle(noToken, func(s subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
				w.Header().Set("X-Last-Token", s.server.Token)
				own.ServeHTTP(w, r)
			})},
	},
	// Only drawn IDs find these.
	"generated IDs": {
		{"500 for what is not ASCII", "malformed-instance-id", failed,
			answer(idLike(notASCII, malformedInstance), apiError(500, "DMS.00500000"))},
		{"HTML for what is not ASCII", "error-response", failed, answer(idLike(notASCII, malformedInstance),
			clienttest.Answer{StatusCode: 400, Header: http.Header{"Content-Type": {"text/html"}}, Body: "<h1>Bad</h1>"})},
		{"500 for a quote", "malformed-project-id", failed,
			answer(idLike(contains("'"), malformedProject), apiError(500, "DMS.00500000"))},
		{"hangs up on long IDs", "malformed-project-id", failed, raw(idLike(longer(100), malformedProject), "")},
		{"500 for capital letters in an instance", "unknown-instance", failed,
			answer(idLike(contains("ABCDEF"), unknownInstance), apiError(500, "DMS.00500000"))},
		{"405 for an underscore in a task", "unknown-task", warned,
			answer(idLike(contains("_"), unknownTask), apiError(405, "DMS.00405001"))},
		{"redirect of odd characters", "no-redirect", failed,
			redirect(idLike(contains(" \u00a0&+$"), malformedProject), 301, "/")},
	},
}

// allow answers other methods with a 405 that has this Allow field.
func allow(methods string) change {
	answered := apiError(405, "DMS.00405001")
	answered.Header.Set("Allow", methods)
	return answer(otherMethod, answered)
}

// echo repeats the token, written in this way.
func echo(written func(token string) string) change {
	return handle(unknownTask, func(s subject, w http.ResponseWriter, r *http.Request, _ http.Handler) {
		clienttest.Error(404, "DMS.00404001", "no task for "+written(s.server.Token), nil).ServeHTTP(w, r)
	})
}

func notASCII(id string) bool {
	return strings.ContainsFunc(id, func(r rune) bool { return r > unicode.MaxASCII })
}

func contains(characters string) func(string) bool {
	return func(id string) bool { return strings.ContainsAny(id, characters) }
}

func longer(n int) func(string) bool { return func(id string) bool { return len(id) > n } }
