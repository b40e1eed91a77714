package contract_test

import (
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

// answers sends what f returns in response to the requests that m selects.
func answers(m match, f func(c *call) clienttest.Answer) change {
	return handle(m, func(c *call) { f(c).ServeHTTP(c.w, c.Request) })
}

// says sends a response that is described by a text: see saying.
func says(m match, text string) change {
	return answers(m, func(*call) clienttest.Answer { return saying(text) })
}

// saying returns the response that a text describes: a status, followed by nothing for an empty response, by an error
// code, by "page" for a page of HTML such as those of frameworks and proxies, or by the target of a redirect. At the
// end, "after" stands for a Retry-After field.
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

// sends sends a response with this content.
func sends(m match, status int, mediaType, body string) change {
	return answers(m, func(*call) clienttest.Answer { return content(status, mediaType, body) })
}

// rewrite modifies the server's own response.
func rewrite(m match, f func(a *clienttest.Answer)) change {
	return answers(m, func(c *call) clienttest.Answer {
		a := c.record()
		f(&a)
		return a
	})
}

// rewriteError changes status and code of all errors with a status.
func rewriteError(from, to int, code string) change {
	return rewrite(everything, func(a *clienttest.Answer) {
		if a.StatusCode == from {
			a.StatusCode, a.Body = to, `{"error_code":"`+code+`","error_msg":"m","request_id":"1"}`
		}
	})
}

// withFields sets these fields in the body of every error.
func withFields(fields object) change {
	return rewrite(everything, func(a *clienttest.Answer) {
		var body object
		if json.Unmarshal([]byte(a.Body), &body) == nil {
			maps.Copy(body, fields)
			changed, _ := json.Marshal(body) // cannot fail: it was JSON
			a.Body = string(changed)
		}
	})
}

// adds adds a header field.
func adds(m match, value func(c *call) string) change {
	return handle(m, func(c *call) { c.w.Header().Set("X-Debug", value(c)); c.pass() })
}

// byteByByte sends each byte of the content by itself.
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

// written sends the bytes that f returns, lets end go on with the connection if it is not nil, and closes it.
func written(m match, f func(c *call) string, end func(conn net.Conn)) change {
	return handle(m, func(c *call) {
		text := f(c)
		conn, _, err := c.w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		if _, err = io.WriteString(conn, text); err == nil && end != nil {
			end(conn)
		}
	})
}

// raw sends these bytes and closes the connection.
func raw(m match, text string) change { return written(m, func(*call) string { return text }, nil) }

// stall sends these bytes and waits until the client closes the connection.
func stall(m match, text string) change {
	return written(m, func(*call) string { return text }, func(conn net.Conn) { _, _ = conn.Read([]byte{0}) })
}

// flood sends text once, and filler again and again until the client closes the connection.
func flood(m match, text, filler string) change {
	return written(m, func(*call) string { return text }, func(conn net.Conn) {
		for err := error(nil); err == nil; {
			_, err = io.WriteString(conn, filler)
		}
	})
}

// rewritten puts the server's own response on the wire in another form. {status}, {body} and {size}, the length of the
// body in hexadecimal digits, are filled in.
func rewritten(m match, template string) change {
	return written(m, func(c *call) string {
		a := c.record()
		return strings.NewReplacer("{status}", strconv.Itoa(a.StatusCode), "{body}", a.Body,
			"{size}", strconv.FormatInt(int64(len(a.Body)), 16)).Replace(template)
	}, nil)
}
