package contract_test

import (
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

// soundServers differ from the embedded one in ways that the contract allows.
var soundServers = slices.Concat(
	many("", sound, withField,
		"Content-Type: application/json; charset=utf-8", `Content-Type: application/json;charset="UTF-8"`,
		"Content-Type: Application/JSON", "Content-Type: application/json; ;charset=a;", "Content-Encoding: identity",
		"Allow: GET,DELETE , OPTIONS", "Allow: DELETE", "Set-Cookie: a=b; Secure; HttpOnly", "X-Request-Id: a, b",
		`Www-Authenticate: Bearer realm="a", SDK-HMAC-SHA256 x=y`, "Via: 1.1 a", "Age: 0", "Vary: *", "X-Note: ",
		`Etag: "x"`, "Retry-After: 120", "Connection: close", "Keep-Alive: timeout=5, max=100", "Date: today"),
	paired("", sound, everyResponse,
		"field names in lower case", "HTTP/1.1 {status} X\r\ncontent-type:application/json\r\nallow:DELETE\r\n\r\n{body}",
		"no reason phrase", "HTTP/1.1 {status} \r\nAllow: DELETE\r\n"+typeLine+"\r\n{body}",
		"bytes above ASCII", "HTTP/1.1 {status} \xe9t\xe9\r\nAllow: DELETE\r\n"+typeLine+"X-Note: \xe9\r\n\r\n{body}",
		"body ends with the connection", plain+"Connection: close\r\n\r\n{body}",
		"HTTP/1.0", "HTTP/1.0 {status} X\r\nAllow: DELETE\r\n"+typeLine+"\r\n{body}",
		"blanks around values", plain+"X-Note: \t a \t \r\n\r\n{body}",
		"a long field", plain+"X-Policy: "+strings.Repeat("default-src; ", 600)+"\r\n\r\n{body}",
		"interim answers", "HTTP/1.1 102 X\r\n\r\nHTTP/1.1 103 X\r\nLink: </a>\r\n\r\n"+plain+"\r\n{body}"),
	paired("", sound, message, "messages in Chinese", "任务不存在 😀", "HTML in messages", `<b>"no"</b> & \ /`,
		"long messages", strings.Repeat("The task. ", 500)),
	soundAnswers, soundServices,
	paired("locks out by ", sound, func(text string) change { return locks(3, text) },
		"401", "401 DMS.10240101", "401 of the gateway", "401 APIG.0301", "403", "403 APIG.0302",
		"429", "429 APIG.0308 after 0", "429 for a day", "429 APIG.0308 after 86400"),
	paired("", sound, task,
		"task is a UUID", "6f9619ff-8b86-d011-b42d-00c04fc964ff", "task is a number", "31415926535897932384",
		"task in capitals", "8ABFA7B372160BFD0172165864064079",
		"task with capitals and small letters", "aB3dE6fG9hJ2kL5m",
		"task of 64 characters", strings.Repeat("0123456789abcdef", 4),
		"task of all that is allowed", "-_Task-_-0123456789abcdef-_-"),
	soundTargets, soundConnections)

// plain is the beginning of a template for rewritten.
const plain = "HTTP/1.1 {status} X\r\nAllow: DELETE\r\n" + typeLine

func everyResponse(template string) change { return rewritten(everything, template) }

// withField sets a header field in all responses.
func withField(line string) change {
	name, value, _ := strings.Cut(line, ": ")
	return rewrite(everything, func(a *clienttest.Answer) { a.Header.Set(name, value) })
}

// soundAnswers send the same responses in another form.
var soundAnswers = []row{
	{"chunked errors", sound, rewritten(failure.but(method("HEAD")), plain+chunked+
		"\r\n1;note=1\r\n \r\n{size}\r\n{body}\r\n0\r\nX-Trailer: x\r\n\r\n")},
	{"one byte at a time", sound, byteByByte(everything)},
	{"more fields in an error", sound, withFields(object{"request_id": "6d7f1e", "details": []any{object{"more": nil}}})},
	{"no request ID", sound, withFields(object{"request_id": nil})},
	{"a field that looks like the code", sound, withFields(object{"ERROR_CODE": "x"})},
	{"messages with a few characters of the token", sound, func(s *subject) { message("token " + s.Token[:6] + "…")(s) }},
	{"blanks and escapes", sound, rewrite(failure, func(a *clienttest.Answer) {
		a.Body = strings.NewReplacer("The ", `\u0054\u0068e `, ":", " : ", "{", "\r\n\t {", "}", "}\n\n").Replace(a.Body)
	})},
}

func message(text string) change { return withFields(object{"error_msg": text}) }

// soundServices choose other responses where the vendor's pages leave a choice.
var soundServices = []row{
	{"the gateway authenticates", sound, rewriteError(401, 401, "APIG.0301")},
	{"older name of the gateway", sound, rewriteError(401, 401, "APIGW.0301")},
	{"the gateway knows no other method", sound, rewriteError(405, 404, "APIG.0101")},
	{"knows no other method", sound, rewriteError(405, 501, "DMS.111501026")},
	{"a task of no instance", sound, rewriteError(404, 404, "DMS.00404022")},
	{"tasks and instances are URLs", sound, rewriteError(404, 404, "DMS.00404001")},
	{"other code of a malformed instance", sound, says(malformed("instance_id"), "400 DMS.00400061")},
	{"longer task IDs", sound, says(malformed("task_id").and(taskLike(".{65}")), "404 DMS.00404001")},
	{"refuses unusual task IDs", sound, says(unknownTask.but(with(usual)("task_id")), "400 DMS.00400070")},
	{"task IDs of another form", sound, says(unknownTask, "400 DMS.00400070")},
	{"looks whose project it is first", sound, says(malformed("project_id"), "401 DMS.10240104")},
	{"looks whose project it is first: 403", sound, says(malformed("project_id"), "403 DMS.10240306")},
	{"looks at IDs before credentials", sound, says(foreignForm, "400 DMS.00400002")},
	{"refuses two credentials", sound, says(wrongToken.and(anySignature), "400 DMS.00400004")},
	{"looks for an Authorization first", sound, says(anySignature, "401 APIG.0301")},
	{"near misses are unknown", sound, says(mistakenID(resembles)("task_id"), "404 DMS.00404001")},
	{"near misses are forbidden", sound, says(mistakenID(resembles)("task_id"), "403 DMS.10240306")},
	{"down now and then, as a page", sound, says(nth(5), "503 page after 0")},
	{"closes a connection at its second request", sound, raw(later, "").and(overTCP)},
	{"shows tasks", sound, sends(safeMethod, 200, jsonType, "{}")},
	{"shows tasks to everybody", sound, sends((*call).safe, 200, jsonType, "{}")},
	{"cannot GET", sound, says(safeMethod, "500 DMS.00500000")},
	{"GET needs another right", sound, says(safeMethod, "403 DMS.10240306")},
	{"GET knows no such API", sound, says(safeMethod, "404 APIG.0101")},
	{"the second deletion is about the instance", sound, says(taskGone, "404 DMS.00404022")},
	{"down once", sound, says(everything.first(), "503 DMS.111501025 after 0")},
	{"limits every second request, as nginx does", sound, says(nth(2), "503 APIG.9999 after 0")},
	{"throttles now and then", sound, says(nth(5), "429 APIG.0308 after 0")},
	{"throttles every second request", sound, says(nth(2), "429 APIG.0308 after 0")},
	{"throttles by 404", sound, says(nth(3), "404 DMS.10240407 after 0")},
	{"throttles to a date", sound, says(nth(9), "429 APIG.0308 after Mon, 02 Nov 1998 00:00:00 GMT")},
	{"throttles without Retry-After", sound, says(everything.first(), "429 APIG.0308").and(only("missing-credentials"))},
	{"locks out after five", sound, locks(5, "403 APIG.0302")},
}

// foreignForm selects requests with a malformed project_id, whatever their credentials.
func foreignForm(c *call) bool { return contract.CheckID("project_id", c.id("project_id")) != nil }

var usual = both(sameLength, matching("^[0-9a-z]*$"))

func resembles(own, id string) bool {
	return strings.EqualFold(own, id) || same(start(8))(own, id) || same(end(8))(own, id)
}

// locks sends nothing but this response to a client that has sent so many wrong credentials.
func locks(after int64, text string) change {
	return says(func(c *call) bool {
		locked := c.s.seen.Load() >= after
		if stranger(c) && !noCredentials(c) {
			c.s.seen.Add(1)
		}
		return locked
	}, text)
}

// soundTargets make the check use other IDs and credentials.
var soundTargets = []row{
	{"instance in capitals", sound, func(s *subject) {
		s.target.IDs["instance_id"] = strings.ToUpper(s.target.IDs["instance_id"])
	}},
	{"token of a PKI", sound, withToken("MIIF" + strings.Repeat("q0Zr+8/3", 900) + "==")},
	{"token with odd characters", sound, withToken("gAAAAABl-_" + strings.Repeat("a~b!c.d:e,f;g", 6) + "==")},
	{"token is a JWT", sound, jwt},
	{"token of digits", sound, withToken("31415926535897932384626433832795")},
	{"token is a word of a message", sound, withToken("expired").and(message("The token has expired."))},
	{"token of two characters", sound, withToken("ab")},
	{"token from a function", sound, func(s *subject) {
		s.target.Token = ""
		s.target.Authorize = func(r *http.Request) error { r.Header.Set("X-Auth-Token", s.Token); return nil }
	}},
}

func task(id string) change {
	return func(s *subject) {
		s.task.TaskID, s.target.IDs["task_id"] = client.TaskID(id), id
		s.AddTask(s.task)
	}
}

// soundConnections are reached in other ways.
var soundConnections = []row{
	{"over TCP", sound, overTCP},
	{"below a path", sound, func(s *subject) {
		s.handler = http.StripPrefix("/kafka/api", s.handler)
		overTCP(s)
		s.target.Endpoint += "/kafka/api/"
	}},
	// HTTP forbids this (RFC 9112 section 9.6), but many proxies do it.
	{"keeps the connection although told to close it", sound, stall(deleted, "HTTP/1.1 204 No Content\r\n\r\n")},
	{"TLS", sound, overTLS("http/1.1")},
	{"HTTP/2 or HTTP/1.1", sound, overTLS("h2", "http/1.1")},
	{"HTTP/2 only", sound, overTLS("h2")},
	{"HTTP/2 asked for", sound, overTLS("h2", "http/1.1").and(askForHTTP2)},
	{"HTTP/2 in the clear", sound, overSockets(func(_ *subject, server *httptest.Server) {
		server.Config.Protocols = new(http.Protocols)
		server.Config.Protocols.SetUnencryptedHTTP2(true)
		server.Start()
	}).and(askForHTTP2)},
}

func askForHTTP2(s *subject) { s.options.HTTP2 = true }

// overTLS makes the check connect over TLS, to a server that supports these protocols.
func overTLS(protocols ...string) change {
	return overSockets(func(s *subject, server *httptest.Server) {
		server.EnableHTTP2 = slices.Contains(protocols, "h2")
		server.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are expected
		server.TLS = &tls.Config{NextProtos: protocols, MinVersion: tls.VersionTLS12}
		// Without this, Go's server accepts clients of HTTP/1.1 even if it supports HTTP/2 only.
		server.TLS.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			config := server.TLS.Clone()
			if !slices.Contains(protocols, hello.SupportedProtos[0]) {
				config.NextProtos = []string{"other"}
			}
			return config, nil
		}
		server.StartTLS()
		trusted := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		s.options.TLS = &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}
	})
}
