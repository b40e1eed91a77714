package contract_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/dmstask/dmstask/client/clienttest"
)

const (
	jsonType  = "application/json"
	errorBody = `{"error_code":"DMS.00404001","error_msg":"m"}` // 45 bytes
)

var deleteFaults = slices.Concat(
	allSay("delete", "F delete", ownTask, "405 DMS.00405001", "409 APIG.9999", "415 APIG.9999", "400 DMS.00400070",
		"404 APIG.0101", "500 DMS.00500000"),
	allSay("delete", "F delete F error-response", ownTask, "404 page", "411 page", "502 page"),
	allSay("delete", open, ownTask, "404 DMS.00404001", "404 DMS.00404022"),
	allSay("delete", "F no-redirect", ownTask, "308 /v3/", "301 https://dms.example.com/"),
	allSay("deleted", "F delete", deleted, "200", "200 page", "201", "202", "205", "206", "500 DMS.00500000"),
	allSay("delete twice", "W delete-twice", ownTask, "204"),
	allSay("delete twice", "W delete-twice", taskGone, "400 DMS.00400017", "403 DMS.10240306", "500 DMS.00500000",
		"404 APIG.0101"),
	allSay("delete twice", "F delete-twice", taskGone, "410 APIG.9999", "418 APIG.9999", "200"),
	[]fault{
		{"shown, and then 404", "F delete", shows.and(gone(ownTask))},
		{"200 that the task still runs", "F delete", typed(deleted, 200, jsonType, `{"error_code":"DMS.00400017"}`)},
		{"delete: hangs up", "F delete", raw(ownTask.first(), "")},
		{"delete: stalls", "F delete", stall(ownTask.first(), "")},
		{"delete twice: hangs up", "F delete-twice", raw(taskGone, "")},
		{"204 with Content-Length: 0", "F delete-empty", deleteRaw("Content-Length: 0\r\n\r\n")},
		{"204 with Content-Length: 2", "F delete-empty", deleteRaw("Content-Length: 2\r\n\r\n{}")},
		{"204 with two lengths", "F delete-empty F framing", deleteRaw("Content-Length: 0\r\nContent-Length: 0\r\n\r\n")},
		{"204 with Transfer-Encoding", "F delete-empty", deleteRaw("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")},
		{"204 and a body", "F delete-empty", deleteRaw("\r\n{}")},
		{"204 and one byte", "F delete-empty", deleteRaw("\r\n\n")},
		{"204 and another answer", "F delete-empty", deleteRaw("\r\nHTTP/1.1 200 OK\r\n\r\n")},
		{"204 with a line that ends with LF", "F framing", deleteRaw("X-Note: a\n\r\n")},
		{"204 with a folded field", "F framing", deleteRaw("X-Note: a\r\n b\r\n\r\n")},
	},
)

// deleted matches the deletion of the task, after which it is gone: what is answered in its place comes too late.
var deleted match = func(s *subject, r *http.Request) bool {
	if !ownTask(s, r) || taskGone(s, r) {
		return false
	}
	s.server.Config.Handler.ServeHTTP(discard{}, r)
	return true
}

var contentFaults = slices.Concat(mediaTypes(), contents("F error-response",
	"no content", "", "no message", `{"error_code":"DMS.00404001"}`, "no code", `{"error_msg":"m"}`,
	"empty code", `{"error_code":"","error_msg":"m"}`, "code is a number", `{"error_code":404,"error_msg":"m"}`,
	"code is null", `{"error_code":null,"error_msg":"m"}`, "code is a list", `{"error_code":["DMS.1"],"error_msg":"m"}`,
	"message is null", `{"error_code":"DMS.00404001","error_msg":null}`, "other names", `{"code":"DMS.1","message":"m"}`,
	"request ID is a number", `{"error_code":"DMS.00404001","error_msg":"m","request_id":7}`,
	"names in capitals", `{"ERROR_CODE":"DMS.00404001","ERROR_MSG":"m"}`, "null", "null", "true", "true",
	"names in camel case", `{"errorCode":"DMS.00404001","errorMsg":"m"}`, "string", `"not found"`,
	"error of OpenStack", `{"itemNotFound":{"code":404,"message":"m"}}`, "error in an error", `{"error":`+errorBody+`}`,
	"array", "["+errorBody+"]", "two documents", errorBody+errorBody, "lines", errorBody+"\n"+errorBody,
	"half a document", errorBody[:30], "trailing comma", `{"error_code":"DMS.00404001","error_msg":"m",}`,
	"comment", "/**/"+errorBody, "prefix against hijacking", ")]}',\n"+errorBody, "callback", "callback("+errorBody+")",
	"NaN", `{"error_code":"DMS.00404001","error_msg":"m","x":NaN}`, "no quotes", `{error_code:"DMS.1",error_msg:"m"}`,
	"single quotes", strings.ReplaceAll(errorBody, `"`, `'`), "page", "<html><body>404</body></html>", "text", "not found",
	"newline in a string", strings.Replace(errorBody, "m", "m\n", 1), "byte order mark", "\ufeff"+errorBody,
	"Latin-1", strings.Replace(errorBody, `"m"`, "\"\xf6\"", 1), "zero bytes at the end", errorBody+"\x00\x00",
	"UTF-16", "\x00"+strings.Join(strings.Split(errorBody, ""), "\x00"),
), contents("W error-response",
	"two codes", `{"error_code":"DMS.00404022","error_msg":"m","error_code":"DMS.00404001"}`,
	"name twice within", `{"error_code":"DMS.00404001","error_msg":"m","x":[{"a":1,"a":2}]}`,
), codes404("DMS.99999999", "not_found", "404", "dms.00404001", "APIG.", " DMS.00404001", "DMS.00404001\n", "VPC.0101",
	"00404001", "APIG.01x1", "TaskNotFoundException", "DMS.00400070", "APIG.0301"),
	allSay("gateway's code for a stranger", "W error-code", noCredentials, "401 APIG.0101"),
	[]fault{
		{"every error is empty", "F error-response", rewrite(failure, func(r *http.Response) { setBody(r, "") })},
		{"every error is a page", "F error-response", rewrite(failure, func(r *http.Response) {
			r.Header.Set("Content-Type", "text/html")
		})},
		{"throttles by a page", "F error-response", throttles(5, retryAfter("0", says(everything, "429 page")))},
		{"down now and then, as a page", "F error-response", throttles(5, retryAfter("0", says(everything, "503 page")))},
		{"said to be compressed", "F error-response", rawNotFound("Content-Encoding: gzip\r\n", errorBody)},
		{"compressed", "F error-response", rawNotFound("Content-Encoding: gzip\r\n", "\x1f\x8b\x08\x00\x00\x00\x00\x00")},
		{"no media type", "F error-response", raw(oneTask, "HTTP/1.1 404 X\r\nContent-Length: 45\r\n\r\n"+errorBody)},
		{"two media types", "F error-response", rawNotFound("Content-Type: text/html\r\nContent-Length: 45\r\n", errorBody)},
		{"ID breaks out of its string", "F error-response",
			handle(malformed("task_id"), func(_ *subject, w http.ResponseWriter, r *http.Request, _ http.Handler) {
				body := strings.ToValidUTF8(`{"error_code":"DMS.00400070","error_msg":"no task `+idOf(r, "task_id")+`"}`, "?")
				typed(everything, 400, jsonType, body)(nil, nil).ServeHTTP(w, r)
			})},
	},
)

// failure matches everything but what the server's own would answer with 204.
var failure = everything.but(ownTask)

// mediaTypes are those that an error must not have.
func mediaTypes() (list []fault) {
	for _, mediaType := range []string{
		"application/problem+json", "application/json; =", "text/json", "text/plain", "json", "application/json, text/html",
	} {
		list = append(list, fault{mediaType, "F error-response", typed(oneTask, 404, mediaType, errorBody)})
	}
	return list
}

// contents makes faults of pairs of a name and the content of an error.
func contents(rules string, pairs ...string) (list []fault) {
	for pair := range slices.Chunk(pairs, 2) {
		list = append(list, fault{"content: " + pair[0], rules, typed(oneTask, 404, jsonType, pair[1])})
	}
	return list
}

// codes404 makes faults of codes that no 404 has.
func codes404(codes ...string) (list []fault) {
	for _, code := range codes {
		list = append(list, fault{"code " + code, "W error-code", says(oneTask, "404 "+code)})
	}
	return list
}

var otherFaults = slices.Concat(
	allSay("unknown task", "F no-redirect", unknownTask, "300", "302 https://a.example/", "304", "305 /"),
	allSay("malformed task", "F no-redirect", malformed("task_id"), "301 .."),
	allSay("everything", "F no-redirect", everything, "303 /", "308 https://dms.example.com/"),
	[]fault{
		{"slash added", "F no-redirect", handle(unknownTask,
			func(_ *subject, w http.ResponseWriter, r *http.Request, _ http.Handler) {
				http.Redirect(w, r, r.URL.Path+"/", http.StatusMovedPermanently)
			})},
		{"token", echoes, echo(func(token string) string { return token })},
		{"token in base64", echoes, echo(func(token string) string {
			return base64.StdEncoding.EncodeToString([]byte("token=" + token))
		})},
		{"token in capitals", echoes, echo(strings.ToUpper)},
		{"token in hexadecimal", echoes, echo(func(token string) string { return hex.EncodeToString([]byte(token)) })},
		{"token encoded", echoes, echo(func(token string) string { return fmt.Sprintf("%%%x%s", token[:1], token[1:]) })},
		{"token without its end", echoes, echo(func(token string) string { return token[:20] + "…" })},
		{"token without its beginning", echoes, echo(func(token string) string { return "…" + token[12:] })},
		{"token on two lines", echoes, echo(func(token string) string { return token[:9] + "\n" + token[9:] })},
		{"wrong token in a field", echoes, adds(wrongToken, sent("X-Auth-Token"))},
		{"signature in a field", echoes, adds(anySignature, sent("Authorization"))},
		{"token in a field of the 204", echoes, adds(ownTask, theToken)},
		{"token of somebody else", echoes, adds(noCredentials, theToken)},
		{"token after the end", "F no-secret-echo F framing", handle(oneTask,
			func(s *subject, w http.ResponseWriter, _ *http.Request, _ http.Handler) {
				send(w, "HTTP/1.1 404 X\r\nContent-Type: application/json\r\nContent-Length: 45\r\n\r\n"+errorBody+s.server.Token)
			})},
		{"token in chunks", echoes, echo(func(token string) string { return token }).and(byteByByte(oneTask))},
	},
)

const echoes = "F no-secret-echo"

func theToken(s *subject, _ *http.Request) string { return s.server.Token }

func sent(field string) func(*subject, *http.Request) string {
	return func(_ *subject, r *http.Request) string { return r.Header.Get(field) }
}

// echo repeats the token, written in this way.
func echo(written func(token string) string) change {
	return handle(unknownTask, func(s *subject, w http.ResponseWriter, r *http.Request, _ http.Handler) {
		clienttest.Error(404, "DMS.00404001", "no task for "+written(s.server.Token), nil).ServeHTTP(w, r)
	})
}

// adds has the answers to the requests that match carry one more field.
func adds(m match, value func(*subject, *http.Request) string) change {
	return handle(m, func(s *subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
		w.Header().Set("X-Debug", value(s, r))
		own.ServeHTTP(w, r)
	})
}
