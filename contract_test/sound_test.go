package contract_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/conformance"
)

// A sound server differs from the embedded one in a way that the contract allows.
type sound struct {
	name  string
	apply change
}

var soundServers = slices.Concat(soundFields(
	"Content-Type", "application/json; charset=utf-8", "Content-Type", `application/json;charset="UTF-8"`,
	"Content-Type", "Application/JSON", "Content-Type", "application/json; ;charset=a;", "Content-Encoding", "identity",
	"Allow", "GET,DELETE , OPTIONS", "Allow", "DELETE", "Set-Cookie", "a=b; Secure; HttpOnly", "X-Request-Id", "a, b",
	"Www-Authenticate", `Bearer realm="a", SDK-HMAC-SHA256 x=y`, "Via", "1.1 a", "Age", "0", "Vary", "*", "X-Note", "",
	"Etag", `"x"`, "Retry-After", "120", "Connection", "close", "Keep-Alive", "timeout=5, max=100", "Date", "today",
), soundAnswers, soundServices, soundTargets, soundConnections)

// soundFields are servers with a field in all their answers.
func soundFields(pairs ...string) (list []sound) {
	for pair := range slices.Chunk(pairs, 2) {
		set := func(r *http.Response) { r.Header.Set(pair[0], pair[1]) }
		list = append(list, sound{pair[0] + ": " + pair[1], rewrite(everything, set)})
	}
	return list
}

// soundAnswers write the same in other ways.
var soundAnswers = []sound{
	{"field names in lower case", write(func(w io.Writer, r *http.Response, body string) {
		fmt.Fprintf(w, "HTTP/1.1 %d X\r\ncontent-type:application/json\r\nallow:DELETE\r\n\r\n%s", r.StatusCode, body)
	})},
	{"no reason phrase", write(func(w io.Writer, r *http.Response, body string) {
		fmt.Fprintf(w, "HTTP/1.1 %d \r\nAllow: DELETE\r\nContent-Type: application/json\r\n\r\n%s", r.StatusCode, body)
	})},
	{"bytes above ASCII", write(func(w io.Writer, r *http.Response, body string) {
		fmt.Fprintf(w, "HTTP/1.1 %d \xe9t\xe9\r\nAllow: DELETE\r\n%sX-Note: \xe9\r\n\r\n%s", r.StatusCode, typeLine, body)
	})},
	{"body ends with the connection", plain("HTTP/1.1", "Connection: close\r\n")},
	{"HTTP/1.0", plain("HTTP/1.0", "")},
	{"blanks around values", plain("HTTP/1.1", "X-Note: \t a \t \r\n")},
	{"a long field", plain("HTTP/1.1", "X-Policy: "+strings.Repeat("default-src 'none'; ", 400)+"\r\n")},
	{"interim answers", write(func(w io.Writer, r *http.Response, _ string) {
		_, _ = io.WriteString(w, "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
		_ = r.Write(w)
	})},
	{"chunked errors", write(func(w io.Writer, r *http.Response, body string) {
		if body == "" {
			plainHead(w, "HTTP/1.1", r.StatusCode, "")
			return
		}
		plainHead(w, "HTTP/1.1", r.StatusCode, chunked)
		fmt.Fprintf(w, "1;note=1\r\n%s\r\n%x\r\n%s\r\n0\r\nX-Trailer: x\r\n\r\n", body[:1], len(body)-1, body[1:])
	})},
	{"one byte at a time", byteByByte(everything)},
	{"more fields in an error", rewriteBody(func(_ *subject, body map[string]any) {
		body["request_id"], body["details"] = "6d7f1e0a", []any{map[string]any{"more": nil}}
	})},
	{"no request ID", rewriteBody(func(_ *subject, body map[string]any) { body["request_id"] = nil })},
	{"a field that looks like the code", rewriteBody(func(_ *subject, body map[string]any) { body["ERROR_CODE"] = "x" })},
	{"messages in Chinese", message("任务不存在 😀")},
	{"HTML in messages", message(`<b>"no"</b> & \ /`)},
	{"long messages", message(strings.Repeat("The task. ", 500))},
	{"messages with a few characters of the token", rewriteBody(func(s *subject, body map[string]any) {
		body["error_msg"] = "token " + s.server.Token[:6] + "…"
	})},
	{"blanks and escapes", rewrite(failure, func(r *http.Response) {
		body, _ := io.ReadAll(r.Body) // of a recorder
		if text := strings.ReplaceAll(string(body), "The ", `\u0054\u0068e `); text != "" {
			setBody(r, "\r\n\t "+strings.ReplaceAll(text, ":", " : ")+"\n\n")
		}
	})},
}

func message(text string) change {
	return rewriteBody(func(_ *subject, body map[string]any) { body["error_msg"] = text })
}

// soundServices decide otherwise where the vendor leaves it open.
var soundServices = []sound{
	{"the gateway authenticates", rewriteError(401, 401, "APIG.0301")},
	{"older name of the gateway", rewriteError(401, 401, "APIGW.0301")},
	{"the gateway knows no other method", rewriteError(405, 404, "APIG.0101")},
	{"knows no other method", rewriteError(405, 501, "DMS.111501026")},
	{"a task of no instance", rewriteError(404, 404, "DMS.00404022")},
	{"tasks and instances are URLs", rewriteError(404, 404, "DMS.00404001")},
	{"other code of a malformed instance", says(malformed("instance_id"), "400 DMS.00400061")},
	{"longer task IDs", gone(malformed("task_id").and(like("task_id", longer(64))))},
	{"refuses unusual task IDs", says(unknownTask.but(like("task_id", usual)), "400 DMS.00400070")},
	{"task IDs of another form", says(unknownTask, "400 DMS.00400070")},
	{"looks whose project it is first", says(malformed("project_id"), "401 DMS.10240104")},
	{"looks whose project it is first: 403", says(malformed("project_id"), "403 DMS.10240306")},
	{"looks at IDs before credentials", says(func(_ *subject, r *http.Request) bool {
		return !forms["project_id"].MatchString(idOf(r, "project_id"))
	}, "400 DMS.00400002")},
	{"refuses two credentials", says(wrongToken.and(anySignature), "400 DMS.00400004")},
	{"looks for an Authorization first", says(anySignature, "401 APIG.0301")},
	{"near misses are unknown", gone(near("task_id", resembles))},
	{"near misses are forbidden", says(near("task_id", resembles), "403 DMS.10240306")},
	{"shows tasks", typed(safeMethod, 200, jsonType, "{}")},
	{"shows tasks to everybody", typed(func(_ *subject, r *http.Request) bool { return safe(r) }, 200, jsonType, "{}")},
	{"cannot GET", fails(safeMethod)},
	{"GET needs another right", says(safeMethod, "403 DMS.10240306")},
	{"GET knows no such API", says(safeMethod, "404 APIG.0101")},
	{"the second deletion is about the instance", says(taskGone, "404 DMS.00404022")},
	{"down once", retryAfter("0", says(everything.first(), "503 DMS.111501025"))},
	{"limits every second request, as nginx does", throttles(2, retryAfter("0", says(everything, "503 APIG.9999")))},
	{"throttles now and then", throttles(5, retryAfter("0", says(everything, "429 APIG.0308")))},
	{"throttles every second request", throttles(2, retryAfter("0", says(everything, "429 APIG.0308")))},
	{"throttles by 404", throttles(3, retryAfter("0", says(everything, "404 DMS.10240407")))},
	{"throttles to a date", retryAfter("Mon, 02 Nov 2020 00:00:00 GMT", throttles(9, says(everything, "429 APIG.0308")))},
	{"throttles without Retry-After", only("missing-credentials", says(everything.first(), "429 APIG.0308"))},
	{"locks out by 401", locks(3, "401 DMS.10240101")},
	{"locks out by 401 of the gateway", locks(3, "401 APIG.0301")},
	{"locks out by 403", locks(3, "403 APIG.0302")},
	{"locks out by 429", retryAfter("0", locks(3, "429 APIG.0308"))},
	{"locks out by 429 for a day", retryAfter("86400", locks(3, "429 APIG.0308"))},
	{"locks out after five", locks(5, "403 APIG.0302")},
}

func usual(own, id string) bool {
	return len(id) == len(own) && id == strings.ToLower(id) && !strings.ContainsAny(id, "_-")
}

func resembles(own, id string) bool {
	return strings.EqualFold(own, id) || same(start(8))(own, id) || same(end(8))(own, id)
}

// only has one rule checked, since it takes long.
func only(rule string, c change) change {
	return func(s *subject, own http.Handler) http.Handler {
		s.options.Only = []string{rule}
		return c(s, own)
	}
}

// locks answers a client that has sent so many wrong credentials in this way only, for good.
func locks(after int64, text string) change {
	return says(func(s *subject, r *http.Request) bool {
		if s.seen.Load() >= after {
			return true
		}
		if stranger(s, r) && !noCredentials(s, r) {
			s.seen.Add(1)
		}
		return false
	}, text)
}

// soundTargets are other IDs and credentials.
var soundTargets = []sound{
	{"task is a UUID", task("6f9619ff-8b86-d011-b42d-00c04fc964ff")},
	{"task in capitals", task("8ABFA7B372160BFD0172165864064079")},
	{"task with capitals and small letters", task("aB3dE6fG9hJ2kL5m")},
	{"task is a number", task("31415926535897932384")},
	{"task of 64 characters", task(strings.Repeat("0123456789abcdef", 4))},
	{"task of all that is allowed", task("-_Task-_-0123456789abcdef-_-")},
	{"instance in capitals", func(s *subject, own http.Handler) http.Handler {
		s.ids["instance_id"] = strings.ToUpper(s.ids["instance_id"])
		return own
	}},
	{"token of a PKI", withToken("MIIF" + strings.Repeat("q0Zr+8/3", 900) + "==")},
	{"token with odd characters", withToken("gAAAAABl-_" + strings.Repeat("a~b!c.d:e,f;g", 6) + "==")},
	{"token is a JWT", jwt},
	{"token of digits", withToken("31415926535897932384626433832795")},
	{"token from a function", func(s *subject, own http.Handler) http.Handler {
		token := s.target.Token
		s.target.Token = ""
		s.target.Authorize = func(r *http.Request) error { r.Header.Set("X-Auth-Token", token); return nil }
		return own
	}},
}

func task(id string) change {
	return func(s *subject, own http.Handler) http.Handler {
		s.task.TaskID, s.ids["task_id"] = client.TaskID(id), id
		s.server.AddTask(s.task)
		return own
	}
}

// TestSound: a server that differs in an allowed way conforms, strictly, and every rule is judged.
func TestSound(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	for _, variant := range soundServers {
		t.Run(variant.name, func(t *testing.T) {
			t.Parallel()
			s := newSubject(t, variant.apply)
			s.options.Strict = true
			report, err := conformance.Run(t.Context(), s.target, s.options)
			require.NoError(t, err)
			m.add("sound", variant.name, report)
			for _, result := range report.Results {
				assert.Equal(t, conformance.Passed, result.Outcome, "%s %s", result.Rule.ID, details(report))
			}
			assert.True(t, report.Conforms())
			assert.Equal(t, len(s.options.Only) > 0, s.server.HasTask(s.task))
		})
	}
}
