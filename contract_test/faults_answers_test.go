package contract_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/dmstask/dmstask/client/clienttest"
)

// deleteFaults are servers that do not delete the task as they should, or do not answer the deletion as they should.
var deleteFaults = slices.Concat(
	allSay("delete", "F delete", ownTask, "405 DMS.00405001", "409 APIG.9999", "415 APIG.9999", "400 DMS.00400070",
		"404 APIG.0101", "500 DMS.00500000"),
	allSay("delete", "F delete F error-response", ownTask, "404 page", "411 page"),
	allSay("delete", vanished, ownTask, "404 DMS.00404001", "404 DMS.00404022"),
	allSay("delete", "F no-redirect", ownTask, "308 /v3/", "301 https://dms.example.com/"),
	allSay("deleted", "F delete", deleted, "200", "200 page", "201", "202", "205", "206", "500 DMS.00500000"),
	allSay("delete twice", "W delete-twice", ownTask, "204"),
	allSay("delete twice", "W delete-twice", taskGone, "400 DMS.00400017", "403 DMS.10240306", "500 DMS.00500000",
		"404 APIG.0101"),
	allSay("delete twice", "F delete-twice", taskGone, "410 APIG.9999", "418 APIG.9999", "200"),
	paired("204 ", "F delete-empty", deleteRaw,
		"with Content-Length: 0", "Content-Length: 0\r\n\r\n", "with Content-Length: 2", "Content-Length: 2\r\n\r\n{}",
		"with Transfer-Encoding", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "and a body", "\r\n{}",
		"and one byte", "\r\n\n", "and another answer", "\r\nHTTP/1.1 200 OK\r\n\r\n"),
	paired("204 ", "F framing", deleteRaw,
		"with a line that ends with LF", "X-Note: a\n\r\n", "with a folded field", "X-Note: a\r\n b\r\n\r\n"),
	paired("204 ", "F delete-empty F framing", deleteRaw,
		"with two lengths", "Content-Length: 0\r\nContent-Length: 0\r\n\r\n"),
	[]row{
		{"shown, and then 404", "F delete", shows.and(says(ownTask, "404 DMS.00404001"))},
		{"200 that the task still runs", "F delete", sends(deleted, 200, jsonType, `{"error_code":"DMS.00400017"}`)},
		{"delete: hangs up", "F delete", raw(ownTask.first(), "")},
		{"delete: stalls", "F delete", stall(ownTask.first(), "")},
		{"delete twice: hangs up", "F delete-twice", raw(taskGone, "")},
	},
)

// deleteRaw deletes the task and sends a 204 that ends like this.
func deleteRaw(rest string) change { return raw(deleted, "HTTP/1.1 204 No Content\r\n"+rest) }

// contentFaults are servers that send errors with wrong content.
var contentFaults = slices.Concat(
	many("", badContent, func(mediaType string) change { return sends(longestTask, 404, mediaType, errorBody) },
		"application/problem+json", "application/json; =", "text/json", "text/plain", "json", "application/json, text/html"),
	paired("content: ", badContent, errorWith,
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
		"single quotes", strings.ReplaceAll(errorBody, `"`, `'`), "page", "<html>404</html>", "text", "not found",
		"newline in a string", strings.Replace(errorBody, "m", "m\n", 1), "byte order mark", "\ufeff"+errorBody,
		"Latin-1", strings.Replace(errorBody, `"m"`, "\"\xf6\"", 1), "zero bytes at the end", errorBody+"\x00\x00",
		"UTF-16", "\x00"+strings.Join(strings.Split(errorBody, ""), "\x00"),
	),
	paired("content: ", "W error-response", errorWith,
		"two codes", `{"error_code":"DMS.00404022","error_msg":"m","error_code":"DMS.00404001"}`,
		"name twice within", `{"error_code":"DMS.00404001","error_msg":"m","x":[{"a":1,"a":2}]}`,
		"name twice, around an object", `{"error_code":"DMS.00404001","error_msg":"m","x":[{"a":[]}],"error_msg":"n"}`),
	many("code ", "W error-code", func(code string) change { return says(longestTask, "404 "+code) }, "DMS.99999999",
		"not_found", "404", "dms.00404001", "APIG.", " DMS.00404001", "DMS.00404001\n", "VPC.0101", "00404001", "APIG.01x1",
		"TaskNotFoundException", "DMS.00400070", "APIG.0301"),
	allSay("gateway's code for a stranger", "W error-code", noCredentials, "401 APIG.0101"),
	[]row{
		{"every error is empty", badContent, rewrite(failure, func(a *clienttest.Answer) { a.Body = "" })},
		{"every error is a page", badContent,
			rewrite(failure, func(a *clienttest.Answer) { a.Header.Set("Content-Type", "text/html") })},
		{"throttles by a page", badContent, says(nth(5), "429 page after 0")},
		{"said to be compressed", badContent, rawNotFound("Content-Encoding: gzip\r\n" + body)},
		{"compressed", badContent, rawNotFound("Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00")},
		{"no media type", badContent, raw(longestTask, "HTTP/1.1 404 X\r\n"+fits)},
		{"two media types", badContent, rawNotFound("Content-Type: text/html\r\n" + fits)},
		{"ID breaks out of its string", badContent, answers(malformed("task_id"), func(c *call) clienttest.Answer {
			broken := `{"error_code":"DMS.00400070","error_msg":"no task ` + c.id("task_id") + `"}`
			return content(400, jsonType, strings.ToValidUTF8(broken, "?"))
		})},
	},
)

const badContent = "F error-response"

// failure selects all requests that the embedded server answers with an error.
var failure = everything.but(ownTask)

// errorWith sends a single error, with this content.
func errorWith(body string) change { return sends(longestTask, 404, jsonType, body) }

// otherFaults are servers that redirect, or repeat credentials.
var otherFaults = slices.Concat(
	allSay("unknown task", "F no-redirect", unknownTask, "300", "302 https://a.example/", "304", "305 /"),
	allSay("malformed task", "F no-redirect", malformed("task_id"), "301 .."),
	allSay("everything", "F no-redirect", everything, "303 /", "308 https://dms.example.com/"),
	[]row{
		{"slash added", "F no-redirect",
			answers(unknownTask, func(c *call) clienttest.Answer { return saying("301 " + c.URL.Path + "/") })},
		{"token", echoes, echo(strings.Clone)},
		{"token in base64", echoes,
			echo(func(token string) string { return base64.StdEncoding.EncodeToString([]byte("token=" + token)) })},
		{"token in capitals", echoes, echo(strings.ToUpper)},
		{"token in hexadecimal", echoes, echo(func(token string) string { return hex.EncodeToString([]byte(token)) })},
		{"token encoded", echoes, echo(func(token string) string { return fmt.Sprintf("%%%x%s", token[:1], token[1:]) })},
		{"token without its end", echoes, echo(func(token string) string { return token[:20] + "…" })},
		{"token without its beginning", echoes, echo(func(token string) string { return "…" + token[12:] })},
		{"token on two lines", echoes, echo(func(token string) string { return token[:9] + "\n" + token[9:] })},
		{"wrong token in a field", echoes, adds(wrongToken, (*call).token)},
		{"signature in a field", echoes, adds(anySignature, (*call).authorization)},
		{"token in a field of the 204", echoes, adds(ownTask, validToken)},
		{"token of somebody else", echoes, adds(noCredentials, validToken)},
		{"token after the end", "F framing F no-secret-echo",
			written(longestTask, func(c *call) string { return notFound + fits + c.s.Token }, nil)},
		{"short token in a field", echoes, withToken("expired").and(adds(unknownTask, validToken))},
		{"token in chunks", echoes, echo(strings.Clone).and(byteByByte(longestTask))},
	},
)

const echoes = "F no-secret-echo"

func validToken(c *call) string { return c.s.Token }

// echo repeats the token in errors about unknown tasks, in the form that written makes of it.
func echo(written func(token string) string) change {
	return answers(unknownTask, func(c *call) clienttest.Answer {
		return clienttest.Error(404, "DMS.00404001", "no task for "+written(c.s.Token), nil)
	})
}

const (
	sized    = "Content-Length: 45\r\n"
	chunked  = "Transfer-Encoding: chunked\r\n"
	body     = "\r\n" + errorBody
	fits     = sized + body
	chunk    = "\r\n2d\r\n" + errorBody + "\r\n"
	inChunks = chunk + "0\r\n\r\n"
	aWhole   = typeLine + fits
)

// wireFaults are servers that send what is no valid HTTP, or nothing.
var wireFaults = slices.Concat(paired("", "F framing", rawNotFound,
	"cut off", "Content-Length: 99\r\n"+body, "bytes after it", fits+"\n{}", "line end after it", fits+"\r\n",
	"a second answer", fits+"HTTP/1.1 204 No Content\r\n\r\n", "length and chunks", sized+chunked+inChunks,
	"chunks and length", chunked+"Content-Length: 60\r\n"+inChunks,
	"two different lengths", sized+"Content-Length: 46\r\n"+body, "length twice", sized+fits,
	"list of lengths", "Content-Length: 45, 45\r\n"+body, "length with a sign", "Content-Length: +45\r\n"+body,
	"negative length", "Content-Length: -1\r\n"+body, "hexadecimal length", "Content-Length: 0x2d\r\n"+body,
	"empty length", "Content-Length: \r\n"+body, "blank in a name", "X Note: a\r\n"+fits,
	"zero byte in a field", "X-Note: a\x00b\r\n"+fits, "no colon", "X-Note\r\n"+fits,
	"field without a name", ": a\r\n"+fits, "space before the colon", "X-Note : a\r\n"+fits,
	"folded field", "X-Note: a\r\n b\r\n"+fits, "CR in a field", "X-Note: a\rb\r\n"+fits,
	"coding that nobody knows", "Transfer-Encoding: chunked, identity\r\n"+inChunks,
	"chunked twice", "Transfer-Encoding: chunked, chunked\r\n"+inChunks, "coding gzip", "Transfer-Encoding: gzip\r\n"+body,
	"LF alone", "X-Note: a\n"+fits, "Content-Type in the trailer", chunked+chunk+"0\r\nContent-Type: text/html\r\n\r\n",
	"Content-Length in the trailer", chunked+chunk+"0\r\nContent-Length: 45\r\n\r\n",
	"Transfer-Encoding in the trailer", chunked+chunk+"0\r\nTransfer-Encoding: chunked\r\n\r\n",
	"no last chunk", chunked+chunk, "no end of the trailer", chunked+chunk+"0\r\n",
	"bytes after the last chunk", chunked+inChunks+"x", "chunk size unreadable", chunked+"\r\n2z\r\n"+errorBody,
	"chunk longer than its size", chunked+strings.Replace(inChunks, "2d", "2c", 1),
	"chunk shorter than its size", chunked+strings.Replace(inChunks, "2d", "ff", 1), "said to be chunked", chunked+body,
), paired("", "F framing", rawTo(longestTask),
	"no space after the status", "HTTP/1.1 404\r\n"+aWhole, "CR in the status line", "HTTP/1.1 404 a\rb\r\n"+aWhole,
	"two spaces before the status", "HTTP/1.1  404 X\r\n"+aWhole, "status of four digits", "HTTP/1.1 4040 X\r\n"+aWhole,
	"HTTP/1.0 with chunks", "HTTP/1.0 404 N\r\n"+typeLine+chunked+inChunks,
	"status line that ends with LF", "HTTP/1.1 404 Not Found\n"+aWhole, "version", "HTTP/7.3 404 Not Found\r\n\r\n",
	"interim answer with a length", "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nHTTP/1.1 404 X\r\n"+aWhole,
	"half a header section", "HTTP/1.1 404 Not Found\r\nContent-T",
), paired("", "F unknown-task", rawTo(longestTask),
	"hangs up", "", "no HTTP", "SSH-2.0-OpenSSH\r\n", "101", "HTTP/1.1 101 Switching Protocols\r\n\r\n"),
	paired("every ", "F framing", everyResponse,
		"status line without its second space", strings.Replace(plain, " X", "", 1)+"\r\n{body}",
		"line with LF", strings.ReplaceAll(plain, "\r", "")+"\n{body}"),
	[]row{
		{"HEAD with a body", "F framing", raw(method("HEAD"), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")},
		{"endless body", "F framing", flood(longestTask, notFound+"\r\n", strings.Repeat("x", 4096))},
		{"endless header section", "F framing", flood(longestTask, notFound, "X-Filler: "+strings.Repeat("x", 4096)+"\r\n")},
		{"endless interim answers", "F framing", flood(longestTask, "", "HTTP/1.1 103 Early Hints\r\n\r\n")},
		{"stalls", "F unknown-task", stall(longestTask, "")},
		{"stalls in the status line", "F unknown-task", stall(longestTask, "HTTP/1.1 404 No")},
		{"stalls in the body", "F framing", stall(longestTask, notFound+sized+"\r\n{")},
	},
)

// allWrong are servers whose every response is wrong. They can be checked nevertheless.
var allWrong = slices.Concat(
	paired("", "F framing …", rawTo(everything),
		"status line that nobody can read", "HTTP/1.1 OK\r\n\r\n",
		"version that nobody knows", "HTTP/7.3 404 Not Found\r\n\r\n",
		"header section without an end", "HTTP/1.1 404 Not Found\r\nContent-Type: x",
		"lines that are no fields", "HTTP/1.1 404 Not Found\r\n<html>\r\n\r\n"),
	allSay("everything", "F unknown-task …", everything, "200 page", "204", "500 DMS.00500000"),
	allSay("everything", "F error-response …", everything, "500 page"),
)

// rawTo is raw for a text that is given later.
func rawTo(m match) func(text string) change { return func(text string) change { return raw(m, text) } }

// rawNotFound sends a single 404 that ends like this, and closes the connection.
func rawNotFound(rest string) change { return raw(longestTask, notFound+rest) }
