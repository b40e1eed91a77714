package contract_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
)

// A sound server differs from the embedded one in a way that the contract allows.
type sound struct {
	name  string
	apply change
	serve func(http.Handler) *httptest.Server // nil: over HTTP/1.1, in the clear
}

var soundServers = []sound{
	{"charset parameter", rewrite(func(r *http.Response) {
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
	}), nil},
	{"media type in capitals", rewrite(func(r *http.Response) { r.Header.Set("Content-Type", "Application/JSON") }), nil},
	{"field names in lower case", write(func(w io.Writer, r *http.Response, body string) {
		fmt.Fprintf(w, "HTTP/1.1 %d %s\r\n", r.StatusCode, http.StatusText(r.StatusCode))
		if body != "" {
			fmt.Fprintf(w, "content-type:application/json\r\nallow:DELETE\r\ncontent-length:%d\r\n", len(body))
		}
		fmt.Fprintf(w, "\r\n%s", body)
	}), nil},
	{"no reason phrase", write(func(w io.Writer, r *http.Response, body string) {
		fmt.Fprintf(w, "HTTP/1.1 %d \r\nAllow: DELETE\r\nContent-Type: application/json\r\n", r.StatusCode)
		if body != "" {
			fmt.Fprintf(w, "Content-Length: %d\r\n", len(body))
		}
		fmt.Fprintf(w, "\r\n%s", body)
	}), nil},
	{"body ends with the connection", write(func(w io.Writer, r *http.Response, body string) {
		fmt.Fprintf(w, "HTTP/1.1 %d X\r\nAllow: DELETE\r\nContent-Type: application/json\r\n", r.StatusCode)
		fmt.Fprintf(w, "Connection: close\r\n\r\n%s", body)
	}), nil},
	{"chunked errors", write(func(w io.Writer, r *http.Response, body string) {
		if body == "" {
			fmt.Fprintf(w, "HTTP/1.1 %d X\r\n\r\n", r.StatusCode)
			return
		}
		fmt.Fprintf(w, "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nAllow: DELETE\r\n", r.StatusCode)
		fmt.Fprint(w, "Transfer-Encoding: chunked\r\n\r\n")
		for _, half := range []string{body[:len(body)/2], body[len(body)/2:]} {
			fmt.Fprintf(w, "%x;note=1\r\n%s\r\n", len(half), half)
		}
		fmt.Fprint(w, "0\r\nX-Trailer: x\r\n\r\n")
	}), nil},
	{"interim answers", write(func(w io.Writer, r *http.Response, body string) {
		fmt.Fprint(w, "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
		r.Body = io.NopCloser(strings.NewReader(body))
		_ = r.Write(w)
	}), nil},
	{"more fields in an error", rewriteBody(func(body map[string]any) {
		body["request_id"] = "6d7f1e0a9b3c4d5e8f60718293a4b5c6"
		body["details"] = []any{map[string]any{"more": nil}}
	}), nil},
	{"blanks and escapes", rewrite(func(r *http.Response) {
		body, _ := io.ReadAll(r.Body)
		text := strings.ReplaceAll(string(body), "The ", `\u0054\u0068e `)
		text = "\r\n\t " + strings.ReplaceAll(text, ":", " : ") + "\n\n"
		if len(body) == 0 {
			text = ""
		}
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	}), nil},
	{"the gateway authenticates", rewriteError(401, "APIG.0301"), nil},
	{"the gateway knows no other method", as404(405, "APIG.0101"), nil},
	{"older name of the gateway", rewriteError(401, "APIGW.0301"), nil},
	{"a task of no instance", rewriteError(404, "DMS.00404022"), nil},
	{"an empty parameter", rewrite(func(r *http.Response) {
		r.Header.Set("Content-Type", "application/json; ;charset=utf-8;")
	}), nil},
	{"no coding, and says so", rewrite(func(r *http.Response) { r.Header.Set("Content-Encoding", "identity") }), nil},
	{"knows no other method", rewrite(func(r *http.Response) {
		if r.StatusCode == http.StatusMethodNotAllowed {
			r.StatusCode = http.StatusNotImplemented
			r.Body = io.NopCloser(strings.NewReader(`{"error_code":"DMS.111501026","error_msg":"m","request_id":"1"}`))
		}
	}), nil},
	{"allows more methods", rewrite(func(r *http.Response) { r.Header.Set("Allow", "GET,DELETE , OPTIONS") }), nil},
	{"throttles now and then", throttles(5, tooMany), nil},
	{"more header fields", rewrite(func(r *http.Response) {
		r.Header.Set("Server", "x")
		r.Header.Set("Date", "Mon, 23 Nov 2026 00:00:00 GMT")
		r.Header.Set("Strict-Transport-Security", "max-age=31536000")
		r.Header["X-Request-Id"] = []string{"a", "b"}
		r.Header.Set("Set-Cookie", "a=b")
	}), nil},
	{"slow", handle(everything, func(_ subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
		timer := time.NewTimer(10 * time.Millisecond)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
		}
		own.ServeHTTP(w, r)
	}), nil},
	{"one byte at a time", handle(everything, func(_ subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
		recorder := httptest.NewRecorder()
		own.ServeHTTP(recorder, r)
		for name, values := range recorder.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(recorder.Code)
		for _, b := range recorder.Body.Bytes() {
			_, _ = w.Write([]byte{b})
			_ = http.NewResponseController(w).Flush()
		}
	}), nil},
	// Which HTTP forbids after Connection: close, and many a proxy does (RFC 9112 section 9.6).
	{"keeps the connection", handle(everything, func(_ subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
		recorder := httptest.NewRecorder()
		own.ServeHTTP(recorder, r)
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		response := recorder.Result()
		response.Request = r // whose HEAD gets no content
		response.ContentLength = int64(recorder.Body.Len())
		_ = response.Write(conn)
		if recorder.Code == http.StatusNoContent {
			_, _ = buffered.ReadByte() // until the client closes
		}
	}), nil},
	{"no request ID", rewriteBody(func(body map[string]any) { body["request_id"] = nil }), nil},
	{"a field that looks like the code", rewriteBody(func(body map[string]any) { body["ERROR_CODE"] = "x" }), nil},
	{"longer task IDs", answer(func(s subject, r *http.Request) bool {
		_, _, task := ids(r)
		return malformedTask(s, r) && regexp.MustCompile(`^[0-9A-Za-z_-]+$`).MatchString(task)
	}, apiError(404, "DMS.00404001")), nil},
	{"task IDs of another form", answer(unknownTask, apiError(400, "DMS.00400070")), nil},
	{"looks whose project it is first", answer(malformedProject, apiError(401, "DMS.10240104")), nil},
	{"looks at IDs first", handle(everything, func(_ subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
		if project, _, _ := ids(r); !wellFormed(client.ParseProjectID(project)) {
			apiError(400, "DMS.00400002").ServeHTTP(w, r)
			return
		}
		own.ServeHTTP(w, r)
	}), nil},
	{"HTTP/1.0", write(func(w io.Writer, r *http.Response, body string) {
		fmt.Fprintf(w, "HTTP/1.0 %d X\r\nAllow: DELETE\r\nContent-Type: application/json\r\n\r\n%s", r.StatusCode, body)
	}), nil},
	{"bytes above ASCII", write(func(w io.Writer, r *http.Response, body string) {
		fmt.Fprintf(w, "HTTP/1.1 %d \xe9t\xe9\r\nAllow: DELETE\r\nContent-Type: application/json\r\n", r.StatusCode)
		fmt.Fprintf(w, "X-Note: \xe9\r\n\r\n%s", body)
	}), nil},
	{"shows tasks", handle(safeMethod, func(_ subject, w http.ResponseWriter, r *http.Request, _ http.Handler) {
		clienttest.Answer{StatusCode: 200, Header: http.Header{"Content-Type": {jsonType}}, Body: "{}"}.ServeHTTP(w, r)
	}), nil},
	{"TLS", nil, httptest.NewTLSServer},
	{"HTTP/2 or HTTP/1.1", nil, func(h http.Handler) *httptest.Server { return http2Server(h, "h2", "http/1.1") }},
	{"HTTP/2 only", nil, func(h http.Handler) *httptest.Server { return http2Server(h, "h2") }},
}

// TestSound: a server that differs in an allowed way conforms, strictly, and every rule is judged.
func TestSound(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	for _, variant := range soundServers {
		t.Run(variant.name, func(t *testing.T) {
			t.Parallel()
			s := newSubject()
			t.Cleanup(s.server.Close)
			if variant.apply != nil {
				s.server.Wrap(variant.apply(s))
			}
			target, options := s.target(), []conformance.Option{conformance.Strict(), conformance.Examples(5)}
			if variant.serve != nil {
				server := variant.serve(s.server.Config.Handler)
				t.Cleanup(server.Close)
				target.Endpoint = server.URL
				trusted := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
				options = append(options, conformance.TLS(&tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}))
			}
			report, err := conformance.Run(t.Context(), target, options...)
			require.NoError(t, err)
			m.add("sound", variant.name, report)
			for _, result := range report.Results {
				assert.Equal(t, conformance.Passed, result.Outcome, "%s %s %+v", result.Rule.ID, result.Reason, result.Violations)
			}
			assert.True(t, report.Conforms())
		})
	}
}

func http2Server(h http.Handler, protocols ...string) *httptest.Server {
	server := httptest.NewUnstartedServer(h)
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // a handshake that is refused is what is tested
	server.TLS = &tls.Config{NextProtos: protocols, MinVersion: tls.VersionTLS12}
	// Go's own server takes a client of HTTP/1.1 even if it is to speak HTTP/2 only.
	server.TLS.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		config := server.TLS.Clone()
		if !slices.Contains(protocols, hello.SupportedProtos[0]) {
			config.NextProtos = []string{"other"}
		}
		return config, nil
	}
	server.StartTLS()
	return server
}

// rewrite changes every answer of the server's own.
func rewrite(f func(*http.Response)) change {
	return handle(everything, func(_ subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
		recorder := httptest.NewRecorder()
		own.ServeHTTP(recorder, r)
		response := recorder.Result()
		defer response.Body.Close()
		f(response)
		for name, values := range response.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(response.StatusCode)
		_, _ = io.Copy(w, response.Body)
	})
}

// rewriteBody changes the documents of errors.
func rewriteBody(f func(map[string]any)) change {
	return rewrite(func(r *http.Response) {
		var body map[string]any
		if json.NewDecoder(r.Body).Decode(&body) != nil {
			return
		}
		f(body)
		changed, _ := json.Marshal(body)
		r.Body = io.NopCloser(bytes.NewReader(changed))
	})
}

// rewriteError changes the code of errors of a status.
func rewriteError(status int, code string) change {
	return rewrite(func(r *http.Response) {
		if r.StatusCode == status {
			r.Body = io.NopCloser(strings.NewReader(`{"error_code":"` + code + `","error_msg":"m","request_id":"1"}`))
		}
	})
}

var tooMany = clienttest.Answer{
	StatusCode: http.StatusTooManyRequests,
	Header:     http.Header{"Content-Type": {jsonType}, "Retry-After": {"0"}},
	Body:       `{"error_code":"APIG.0308","error_msg":"m"}`,
}

// throttles answers one request in so many otherwise.
func throttles(every int64, with clienttest.Answer) change {
	return func(subject) func(http.Handler) http.Handler {
		var requests atomic.Int64
		return func(own http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if requests.Add(1)%every == 0 {
					with.ServeHTTP(w, r)
					return
				}
				own.ServeHTTP(w, r)
			})
		}
	}
}

// as404 changes errors of a status to a 404.
func as404(status int, code string) change {
	return rewrite(func(r *http.Response) {
		if r.StatusCode == status {
			r.StatusCode = http.StatusNotFound
			r.Body = io.NopCloser(strings.NewReader(`{"error_code":"` + code + `","error_msg":"m"}`))
		}
	})
}

// write puts every answer of the server's own on the wire in another way, and closes the connection.
func write(f func(w io.Writer, r *http.Response, body string)) change {
	return handle(everything, func(_ subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
		recorder := httptest.NewRecorder()
		own.ServeHTTP(recorder, r)
		response := recorder.Result()
		defer response.Body.Close()
		var answer bytes.Buffer
		body := recorder.Body.String()
		if r.Method == http.MethodHead {
			body = ""
		}
		f(&answer, response, body)
		hijack(w, answer.String())
	})
}
