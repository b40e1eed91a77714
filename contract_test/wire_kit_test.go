package contract_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// hijack gives the connection to f, and closes it after that.
func hijack(w http.ResponseWriter, f func(conn net.Conn, rest *bufio.Reader)) {
	conn, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	f(conn, buffered.Reader)
}

// send sends bytes and closes the connection.
func send(w http.ResponseWriter, answer string) {
	hijack(w, func(conn net.Conn, _ *bufio.Reader) { _, _ = io.WriteString(conn, answer) })
}

// raw replaces the answer by bytes, and closes the connection.
func raw(m match, answer string) change {
	return handle(m, func(_ *subject, w http.ResponseWriter, _ *http.Request, _ http.Handler) { send(w, answer) })
}

// rawNotFound answers one unknown task with a 404 with these header fields, and closes the connection.
func rawNotFound(fields, body string) change {
	return raw(oneTask, notFound+fields+"\r\n"+body)
}

// deleteRaw deletes the task, and then answers with 204 and these bytes.
func deleteRaw(rest string) change { return raw(deleted, "HTTP/1.1 204 No Content\r\n"+rest) }

// stall sends bytes and then nothing, until the client goes.
func stall(m match, head string) change {
	stalls := handle(m, func(_ *subject, w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		hijack(w, func(conn net.Conn, rest *bufio.Reader) {
			_, _ = io.WriteString(conn, head)
			_, _ = rest.ReadByte() // until the client closes
		})
	})
	return func(s *subject, own http.Handler) http.Handler {
		s.options.AnswerTimeout = 400 * time.Millisecond
		return stalls(s, own)
	}
}

// flood sends a head and then the same bytes, until the client goes.
func flood(m match, head, filler string) change {
	return handle(m, func(_ *subject, w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		hijack(w, func(conn net.Conn, _ *bufio.Reader) {
			_, err := io.WriteString(conn, head)
			for err == nil {
				_, err = io.WriteString(conn, filler)
			}
		})
	})
}

// record returns what the server's own handler answers.
func record(r *http.Request, own http.Handler) *http.Response {
	recorder := httptest.NewRecorder()
	own.ServeHTTP(recorder, r)
	response := recorder.Result()
	response.Request = r // whose HEAD gets no content
	response.ContentLength = int64(recorder.Body.Len())
	return response
}

// rewrite changes the answers to the requests that match.
func rewrite(m match, f func(r *http.Response)) change {
	return handle(m, func(_ *subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
		response := record(r, own)
		defer response.Body.Close()
		f(response)
		maps.Copy(w.Header(), response.Header)
		w.WriteHeader(response.StatusCode)
		_, _ = io.Copy(w, response.Body)
	})
}

// setBody gives an answer another content.
func setBody(r *http.Response, body string) {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
}

// rewriteBody changes the documents of errors.
func rewriteBody(f func(s *subject, body map[string]any)) change {
	return func(s *subject, own http.Handler) http.Handler {
		return rewrite(everything, func(r *http.Response) {
			var body map[string]any
			if json.NewDecoder(r.Body).Decode(&body) == nil {
				f(s, body)
				changed, _ := json.Marshal(body) // of what was JSON
				setBody(r, string(changed))
			}
		})(s, own)
	}
}

// rewriteError changes status and code of errors of a status.
func rewriteError(from, to int, code string) change {
	return rewrite(everything, func(r *http.Response) {
		if r.StatusCode == from {
			r.StatusCode = to
			setBody(r, `{"error_code":"`+code+`","error_msg":"m","request_id":"1"}`)
		}
	})
}

// write puts every answer on the wire in another way, and closes the connection.
func write(f func(w io.Writer, r *http.Response, body string)) change {
	return handle(everything, func(_ *subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
		response := record(r, own)
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body) // of a recorder
		if r.Method == http.MethodHead {
			body = nil
		}
		setBody(response, string(body))
		var answer bytes.Buffer
		f(&answer, response, string(body))
		send(w, answer.String())
	})
}

// byteByByte sends the bytes of a body one at a time.
func byteByByte(m match) change {
	return handle(m, func(_ *subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
		response := record(r, own)
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body) // of a recorder
		maps.Copy(w.Header(), response.Header)
		w.WriteHeader(response.StatusCode)
		for _, b := range body {
			_, _ = w.Write([]byte{b})
			_ = http.NewResponseController(w).Flush()
		}
	})
}

// throttles gives one request in so many to another handler.
func throttles(every int64, otherwise change) change {
	return func(s *subject, own http.Handler) http.Handler {
		return handle(func(s *subject, _ *http.Request) bool { return s.seen.Add(1)%every == 0 },
			func(s *subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
				otherwise(s, own).ServeHTTP(w, r)
			})(s, own)
	}
}

// retryAfter has answers say when to come again.
func retryAfter(value string, c change) change {
	return func(s *subject, own http.Handler) http.Handler {
		return handle(everything, func(_ *subject, w http.ResponseWriter, r *http.Request, next http.Handler) {
			w.Header().Set("Retry-After", value)
			next.ServeHTTP(w, r)
		})(s, c(s, own))
	}
}

// plain writes every answer with one more field and no length.
func plain(version, more string) change {
	return write(func(w io.Writer, r *http.Response, body string) {
		plainHead(w, version, r.StatusCode, more)
		_, _ = io.WriteString(w, body)
	})
}

func plainHead(w io.Writer, version string, status int, more string) {
	fmt.Fprintf(w, "%s %d X\r\nAllow: DELETE\r\n%s%s\r\n", version, status, typeLine, more)
}
