package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

const nginx404 = "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>nginx</body>\r\n</html>\r\n"

// deleteAnswered calls DeleteTask on a real server that gives this answer.
func deleteAnswered(t *testing.T, answer clienttest.Answer) error {
	t.Helper()
	srv := newServer(t)
	srv.AnswerNext(1, answer)
	err := newClient(t, srv.URL, client.WithToken(srv.Token)).DeleteTask(t.Context(), srv.NewTask())
	require.Len(t, srv.Requests(), 1)
	return err
}

// Nil means that the record is gone: nothing but a 204 may say so, however it is dressed.
func TestOnly204IsNil(t *testing.T) {
	t.Parallel()
	bodies := map[string]string{
		"empty": "", "HTML": nginx404, "null": "null", "JSON": `{"error_code":"DMS.00404022","error_msg":"gone"}`,
		"success": `{"result":"success"}`,
	}
	for _, status := range []int{
		200, 201, 202, 203, 205, 206, 207, 208, 226, 299, 300, 301, 302, 303, 304, 305, 307, 308, 400, 401, 402, 403,
		404, 405, 406, 407, 408, 409, 410, 412, 413, 415, 418, 422, 423, 425, 428, 429, 431, 451, 499, 500, 501, 502,
		503, 504, 507, 511, 520, 599, 600, 999,
	} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			for name, body := range bodies {
				for _, mediaType := range []string{"", "application/json", "text/html"} {
					// Below an http.Client, so that its redirects are part of what is tested.
					c := newClient(t, remote, client.WithHTTPClient(&http.Client{
						Transport: transport(func(*http.Request) (*http.Response, error) {
							resp := answer(status, body)
							resp.Header.Set("Content-Type", mediaType)
							resp.Header.Set("Location", "/gone")
							return resp, nil
						}),
					}))
					err := c.DeleteTask(t.Context(), task)
					require.Error(t, err, "%s, %s", name, mediaType)
					apiErr := requireAPIError(t, err, status)
					require.Equal(t, status/100 == 3, strings.Contains(apiErr.Error(), "redirect"))
				}
			}
		})
	}
}

func Test204IsNil(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"plain":              "HTTP/1.1 204 No Content\r\n\r\n",
		"without reason":     "HTTP/1.1 204 \r\n\r\n",
		"type of no content": "HTTP/1.1 204 No Content\r\nContent-Type: application/json\r\n\r\n",
		"length of nothing":  "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
		"after 102 and 103":  "HTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 E\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
		"HTTP/1.0":           "HTTP/1.0 204 No Content\r\n\r\n",
	}
	for name, response := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, newClient(t, serveRaw(t, response)).DeleteTask(t.Context(), task))
		})
	}
}

// What no HTTP library would send.
func TestBrokenAnswers(t *testing.T) {
	t.Parallel()
	const jsonBody = `{"error_code":"DMS.00404022","error_msg":"gone"}`
	tests := map[string]struct {
		response string
		status   int // 0 if not even that can be known
		cause    error
	}{
		"nothing":           {"", 0, io.EOF},
		"half a status":     {"HTTP/1.1 20", 0, nil},
		"204 without end":   {"HTTP/1.1 204 No Content\r\n", 0, io.ErrUnexpectedEOF},
		"no HTTP":           {"SSH-2.0-OpenSSH_9.6\r\n", 0, nil},
		"204 as HTTP/0.9":   {"204 No Content\r\n\r\n", 0, nil},
		"switch of nothing": {"HTTP/1.1 101 Switching Protocols\r\n\r\n", 101, nil},
		"cut in the error": {
			"HTTP/1.1 404 Not Found\r\nContent-Length: 200\r\n\r\n" + jsonBody[:30], 404, io.ErrUnexpectedEOF,
		},
		"cut after the error": {
			"HTTP/1.1 404 Not Found\r\nContent-Length: 200\r\n\r\n" + jsonBody, 404, io.ErrUnexpectedEOF,
		},
		"cut before the last chunk": {
			"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", 503, io.ErrUnexpectedEOF,
		},
		"cut 200": {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, io.ErrUnexpectedEOF},
		"broken chunk": {
			"HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 500, nil,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := newClient(t, serveRaw(t, tt.response)).DeleteTask(t.Context(), task)
			if tt.status != 0 {
				requireStatus(t, err, tt.status)
			}
			require.Error(t, err)
			require.NotErrorIs(t, err, client.ErrNotFound, "half an answer is no word of the service")
			if tt.cause != nil {
				require.ErrorIs(t, err, tt.cause)
			}
		})
	}
}

func TestErrorBody(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		mediaType, body string
		want            client.APIError // StatusCode and Err aside
		meaning         error
		problem         string // "" for a body that is an error of the service
	}{
		"as documented": {
			"application/json", `{"error_code":"DMS.00404022","error_msg":"No such instance."}`,
			client.APIError{Code: "DMS.00404022", Message: "No such instance."}, client.ErrNotFound, "",
		},
		"of the gateway": {
			"application/json;charset=utf8", `{"error_code":"APIG.0101","error_msg":"No API.","request_id":"r-1"}`,
			client.APIError{Code: "APIG.0101", Message: "No API.", RequestID: "r-1"}, client.ErrWrongEndpoint, "",
		},
		"more fields": {
			"application/json", `{"error_code":"DMS.00404001","error_msg":"m","encoded":{"a":[1]},"request_id":null}`,
			client.APIError{Code: "DMS.00404001", Message: "m"}, client.ErrNotFound, "",
		},
		"white space": {
			"application/json", "\n {\"error_code\":\"DMS.00404001\"}\r\n ",
			client.APIError{Code: "DMS.00404001"}, client.ErrNotFound, "",
		},
		"flow control": {
			"application/json", `{"error_code":"DMS.10240407","error_msg":"Slow down."}`,
			client.APIError{Code: "DMS.10240407", Message: "Slow down."}, client.ErrThrottled, "",
		},
		"of another type": {
			"text/html", `{"error_code":"DMS.00404022","error_msg":"m"}`,
			client.APIError{Code: "DMS.00404022", Message: "m"}, client.ErrNotFound, "",
		},
		"page of a web server": {
			"text/html", nginx404, client.APIError{}, client.ErrWrongEndpoint, "no error of the service",
		},
		"page that says it is JSON": {
			"application/json", nginx404, client.APIError{}, client.ErrWrongEndpoint, "no error of the service",
		},
		"empty": {
			"application/json", "", client.APIError{}, client.ErrWrongEndpoint, "the body is empty",
		},
		"data behind it": {
			"application/json", `{"error_code":"DMS.00404022","error_msg":"m"}{}`,
			client.APIError{}, client.ErrWrongEndpoint, "no error of the service",
		},
		"unfinished": {
			"application/json", `{"error_code":"DMS.00404022"`,
			client.APIError{}, client.ErrWrongEndpoint, "no error of the service",
		},
		"no code": {
			"application/json", `{"error_msg":"m","request_id":"r-2"}`,
			client.APIError{}, client.ErrWrongEndpoint, "no error_code",
		},
		"code of the wrong type": {
			"application/json", `{"error_code":404,"error_msg":"m"}`,
			client.APIError{}, client.ErrWrongEndpoint, "no error of the service",
		},
		"null":  {"application/json", `null`, client.APIError{}, client.ErrWrongEndpoint, "no error_code"},
		"array": {"application/json", `[]`, client.APIError{}, client.ErrWrongEndpoint, "no error of the service"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := deleteAnswered(t, clienttest.Answer{
				StatusCode: http.StatusNotFound, Body: tt.body, Header: http.Header{"Content-Type": {tt.mediaType}},
			})
			got := *requireAPIError(t, err, http.StatusNotFound)
			requireMeaning(t, tt.meaning, err)
			if tt.problem == "" {
				require.NoError(t, got.Err)
			} else {
				require.ErrorContains(t, got.Err, tt.problem)
				require.ErrorContains(t, err, tt.problem)
			}
			got.StatusCode, got.Err = 0, nil
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	const code = `"error_code":"DMS.00500000","error_msg":"m"`
	tests := map[string]struct{ header, body, want string }{
		"body":               {"", `{` + code + `,"request_id":"b"}`, "b"},
		"header":             {"h", `{` + code + `}`, "h"},
		"both":               {"h", `{` + code + `,"request_id":"b"}`, "b"},
		"empty in the body":  {"h", `{` + code + `,"request_id":""}`, "h"},
		"null in the body":   {"h", `{` + code + `,"request_id":null}`, "h"},
		"header, no body":    {"h", ``, "h"},
		"header, other body": {"h", nginx404, "h"},
		"neither":            {"", `{` + code + `}`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := deleteAnswered(t, clienttest.Answer{
				StatusCode: http.StatusInternalServerError, Body: tt.body,
				Header: http.Header{"X-Request-Id": {tt.header}},
			})
			assert.Equal(t, tt.want, requireAPIError(t, err, http.StatusInternalServerError).RequestID)
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	inAnHour := time.Now().Add(time.Hour).UTC()
	tests := map[string]struct {
		field    string
		from, to time.Duration
	}{
		"missing":      {"", 0, 0},
		"zero":         {"0", 0, 0},
		"seconds":      {"120", 2 * time.Minute, 2 * time.Minute},
		"negative":     {"-5", 0, 0},
		"fraction":     {"1.5", 0, 0},
		"garbage":      {"soon", 0, 0},
		"huge":         {"9223372036854775807", 290 * 365 * 24 * time.Hour, 1<<63 - 1},
		"just too big": {"9223372037", 290 * 365 * 24 * time.Hour, 1<<63 - 1},
		"date":         {inAnHour.Format(http.TimeFormat), 59 * time.Minute, time.Hour},
		"RFC 850 date": {inAnHour.Format("Monday, 02-Jan-06 15:04:05 GMT"), 59 * time.Minute, time.Hour},
		"date in past": {"Wed, 21 Oct 2015 07:28:00 GMT", 0, 0},
		"distant date": {"Fri, 31 Dec 9999 23:59:59 GMT", 290 * 365 * 24 * time.Hour, 1<<63 - 1},
		"broken date":  {"Wed, 41 Oct 2099 07:28:00 GMT", 0, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := deleteAnswered(t, clienttest.Error(http.StatusTooManyRequests, "APIG.0308", "Slow down.",
				http.Header{"Retry-After": {tt.field}}))
			require.ErrorIs(t, err, client.ErrThrottled)
			got := requireAPIError(t, err, http.StatusTooManyRequests).RetryAfter
			assert.GreaterOrEqual(t, got, tt.from)
			assert.LessOrEqual(t, got, tt.to)
		})
	}
}

// A server that repeats what it was sent must not put the credentials into the logs of its clients.
func TestCredentialsAreRedacted(t *testing.T) {
	t.Parallel()
	const signature = "SDK-HMAC-SHA256 Access=made-up-key, Signature=0123456789abcdef"
	editor := client.WithRequestEditorFn(func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", signature)
		return nil
	})
	// Both constants as the server got them: were they not sent, they would not be redacted either.
	const both = token + " " + signature
	body := func(e client.Error) string {
		content, err := json.Marshal(e)
		require.NoError(t, err)
		return string(content)
	}
	requestID := both
	tests := map[string]string{
		"code":         body(client.Error{ErrorCode: both, ErrorMsg: "m"}),
		"message":      body(client.Error{ErrorCode: "c", ErrorMsg: "bad " + both + both}),
		"request ID":   body(client.Error{ErrorCode: "c", ErrorMsg: "m", RequestID: &requestID}),
		"header alone": "",
		"no JSON":      both,
		"wrong type":   `{"error_code":{"` + both + `":1},"error_msg":["` + both + `"]}`,
		"escaped":      `{"error_code":"c","error_msg":"` + strings.ReplaceAll(token, "m", `\u006d`) + `"}`,
	}
	for name, content := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t)
			srv.AnswerNext(1, clienttest.Answer{
				StatusCode: http.StatusUnauthorized, Body: content, Header: http.Header{"X-Request-Id": {"id " + both}},
			})
			err := newClient(t, srv.URL, client.WithToken(token), editor).DeleteTask(t.Context(), task)
			apiErr := requireAPIError(t, err, http.StatusUnauthorized)
			require.NotEmpty(t, apiErr.RequestID)
			shown := fmt.Sprintf("%v %+v %#v", err, *apiErr, *apiErr)
			assert.NotContains(t, shown, token)
			assert.NotContains(t, shown, signature)
		})
	}
}

// What is not a secret must stay: redacting must not be a way to hide the message.
func TestNothingElseIsRedacted(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.AnswerNext(1, clienttest.Error(http.StatusForbidden, "c", "no token was sent", nil))
	apiErr := requireAPIError(t, newClient(t, srv.URL).DeleteTask(t.Context(), task), http.StatusForbidden)
	assert.Equal(t, "no token was sent", apiErr.Message)
}

// An error ends up in a log or on a terminal, which obeys control characters.
func TestControlCharactersAreQuoted(t *testing.T) {
	t.Parallel()
	const nasty = "\x1b[2J\x1b]0;owned\a\r\n2026-01-01 INFO all is well\x00\x7f\u0085\u009b31m\u202e"
	requestID := nasty
	content, err := json.Marshal(client.Error{ErrorCode: nasty, ErrorMsg: nasty, RequestID: &requestID})
	require.NoError(t, err)
	for name, body := range map[string]string{"error": string(content), "no JSON": nasty, "one character": "\x1b"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// A doer, because Go's transport refuses control characters in a header field before we see them.
			c := newClient(t, remote, client.WithHTTPClient(doer(func(*http.Request) (*http.Response, error) {
				resp := answer(http.StatusForbidden, body)
				resp.Header["X-Request-Id"] = []string{nasty}
				return resp, nil
			})))
			err := c.DeleteTask(t.Context(), task)
			require.ErrorIs(t, err, client.ErrForbidden)
			for _, r := range err.Error() {
				assert.True(t, unicode.IsPrint(r), "%U in %q", r, err.Error())
			}
		})
	}
}
