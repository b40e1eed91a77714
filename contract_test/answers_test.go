package contract_test

import (
	"bufio"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/dmstask/dmstask/client/clienttest"
)

const (
	jsonType  = "application/json"
	errorBody = `{"error_code":"DMS.00404001","error_msg":"m"}` // 45 bytes
	typeLine  = "Content-Type: application/json\r\n"
	notFound  = "HTTP/1.1 404 Not Found\r\n" + typeLine
)

// answers gives the requests that match what f returns.
func answers(m match, f func(c *call) clienttest.Answer) change {
	return handle(m, func(c *call) { f(c).ServeHTTP(c.w, c.Request) })
}

// says replaces the answer by what a text says, as saying has it.
func says(m match, text string) change {
	return answers(m, func(*call) clienttest.Answer { return saying(text) })
}

// saying returns the answer that has a status, and perhaps the code of an error, the word page for one that is for
// people, as frameworks and proxies make them, or where a redirect leads; and, behind "after", when to come again.
func saying(text string) clienttest.Answer {
	text, after, wait := strings.Cut(text, " after ")
	number, rest, _ := strings.Cut(text, " ")
	status, _ := strconv.Atoi(number)
	a := clienttest.Answer{StatusCode: status, Header: http.Header{}}
	switch {
	case rest == "page":
		a = content(status, "text/html", "<h1>"+http.StatusText(status)+"</h1>")
	case rest != "" && status < 400:
		a.Header.Set("Location", rest)
	case rest != "":
		a = clienttest.Error(status, rest, "A fault.", nil)
	}
	if wait {
		a.Header.Set("Retry-After", after)
	}
	return a
}

func content(status int, mediaType, body string) clienttest.Answer {
	return clienttest.Answer{StatusCode: status, Header: http.Header{"Content-Type": {mediaType}}, Body: body}
}

// typed replaces the answer by one with this content.
func typed(m match, status int, mediaType, body string) change {
	return answers(m, func(*call) clienttest.Answer { return content(status, mediaType, body) })
}

func fails(m match) change { return says(m, "500 DMS.00500000") }
func gone(m match) change  { return says(m, "404 DMS.00404001") }

// rewrite changes the answers to the requests that match.
func rewrite(m match, f func(a *clienttest.Answer)) change {
	return answers(m, func(c *call) clienttest.Answer {
		a := c.record()
		f(&a)
		return a
	})
}

// rewriteError changes status and code of errors of a status.
func rewriteError(from, to int, code string) change {
	return rewrite(everything, func(a *clienttest.Answer) {
		if a.StatusCode == from {
			a.StatusCode, a.Body = to, `{"error_code":"`+code+`","error_msg":"m","request_id":"1"}`
		}
	})
}

// withFields gives errors these fields.
func withFields(fields map[string]any) change {
	return rewrite(everything, func(a *clienttest.Answer) {
		var body map[string]any
		if json.Unmarshal([]byte(a.Body), &body) == nil {
			maps.Copy(body, fields)
			changed, _ := json.Marshal(body) // of what was JSON
			a.Body = string(changed)
		}
	})
}

// adds has the answers to the requests that match carry one more field.
func adds(m match, value func(c *call) string) change {
	return handle(m, func(c *call) { c.w.Header().Set("X-Debug", value(c)); c.pass() })
}

// byteByByte sends the bytes of a body one at a time.
func byteByByte(m match) change {
	return handle(m, func(c *call) {
		a := c.record()
		clienttest.Answer{StatusCode: a.StatusCode, Header: a.Header}.ServeHTTP(c.w, c.Request)
		for _, b := range []byte(a.Body) {
			_, _ = c.w.Write([]byte{b})
			_ = http.NewResponseController(c.w).Flush()
		}
	})
}

// hijack gives the connection to f, and closes it after that.
func (c *call) hijack(f func(conn net.Conn, rest *bufio.Reader)) {
	conn, buffered, err := c.w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	f(conn, buffered.Reader)
}

// raw replaces the answer by bytes, and closes the connection.
func raw(m match, answer string) change { return written(m, func(*call) string { return answer }) }

// written replaces the answer by the bytes that f returns, and closes the connection.
func written(m match, f func(c *call) string) change {
	return handle(m, func(c *call) {
		answer := f(c)
		c.hijack(func(conn net.Conn, _ *bufio.Reader) { _, _ = io.WriteString(conn, answer) })
	})
}

// rewritten puts every answer on the wire in another way: {status} and {body} are those of the server's own.
func rewritten(template string) change {
	return written(everything, func(c *call) string {
		a := c.record()
		return strings.NewReplacer("{status}", strconv.Itoa(a.StatusCode), "{body}", a.Body).Replace(template)
	})
}

// deleteRaw deletes the task, and then answers with 204 and these bytes.
func deleteRaw(rest string) change { return raw(deleted, "HTTP/1.1 204 No Content\r\n"+rest) }

// stall sends bytes and then nothing, until the client goes.
func stall(m match, head string) change {
	return handle(m, func(c *call) {
		c.hijack(func(conn net.Conn, rest *bufio.Reader) {
			_, _ = io.WriteString(conn, head)
			_, _ = rest.ReadByte() // until the client closes
		})
	})
}

// flood sends a head and then the same bytes, until the client goes.
func flood(m match, head, filler string) change {
	return handle(m, func(c *call) {
		c.hijack(func(conn net.Conn, _ *bufio.Reader) {
			_, err := io.WriteString(conn, head)
			for err == nil {
				_, err = io.WriteString(conn, filler)
			}
		})
	})
}
