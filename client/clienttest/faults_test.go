package clienttest_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

func TestAnswerIsGivenAsItIs(t *testing.T) {
	t.Parallel()
	srv := clienttest.New(t)
	given := clienttest.Answer{StatusCode: 599, Header: http.Header{"Via": {"one", "two"}}, Body: "\x00"}
	srv.AnswerNext(1, clienttest.Answer{})
	srv.AnswerNext(1, given)
	assert.Equal(t, 200, send(srv, request(t, http.MethodDelete, "/", "")).Code)
	w := send(srv, request(t, http.MethodDelete, "/", ""))
	got := clienttest.Answer{StatusCode: w.Code, Header: w.Header(), Body: w.Body.String()}
	assert.Equal(t, given, got)

	header := http.Header{"Retry-After": {"3"}, "Content-Type": {"text/json"}}
	assert.Equal(t, clienttest.Answer{
		StatusCode: 503, Header: header, Body: `{"error_code":"c","error_msg":"a \"message\""}`,
	}, clienttest.Error(503, "c", `a "message"`, header))
}

// receive asks for the deletion of a task and returns all that comes back until the server closes the connection.
func receive(t *testing.T, srv *clienttest.Server, ref client.TaskRef) string {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", srv.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	fmt.Fprintf(conn, "DELETE %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n", target(ref))
	fmt.Fprintf(conn, "X-Auth-Token: %s\r\n\r\n", srv.Token)
	all, err := io.ReadAll(conn)
	require.NoError(t, err)
	return string(all)
}

// What no status can express: all that arrives of an answer. A task that was served is gone.
func TestBrokenAnswers(t *testing.T) {
	t.Parallel()
	srv := clienttest.New(t)
	type answer = clienttest.Answer
	const whole = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nRetry-After: 3\r\n\r\nbusy"
	cut := func(n int) answer {
		return answer{StatusCode: 503, Header: http.Header{"Retry-After": {"3"}}, Body: "busy", CutAfter: n}
	}
	for arrives, broken := range map[string][]answer{
		"":                   {{HangUp: true, CutAfter: 9}, {HangUp: true, Served: true}},
		"H":                  {cut(1)},
		whole[:len(whole)-1]: {cut(len(whole) - 1)},
		whole:                {cut(len(whole)), cut(len(whole) + 1)},
		"HTTP/1.1 200 OK":    {{CutAfter: 15, Served: true}},
	} {
		for _, given := range broken {
			ref := srv.NewTask()
			srv.AnswerNext(1, given)
			assert.Equal(t, arrives, receive(t, srv, ref))
			assert.Equal(t, !given.Served, srv.HasTask(ref))
		}
	}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for patience, want := range map[time.Duration]time.Duration{time.Minute: time.Minute, 2 * time.Hour: time.Hour} {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			start, w := time.Now(), httptest.NewRecorder()
			clienttest.Answer{StatusCode: 503, Delay: time.Hour}.ServeHTTP(w, request(t, "", "/", "").WithContext(ctx))
			assert.Equal(t, want, time.Since(start))
			assert.Equal(t, 503, w.Code)
		}
	})
}

func apiError(status int, code string) clienttest.Answer {
	return clienttest.Error(status, code, "m", nil)
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	srv := clienttest.New(t)
	other, ref := srv.NewTask(), client.TaskRef{ProjectID: srv.ProjectID, InstanceID: otherInstance, TaskID: "abc"}
	srv.AddTask(ref)
	upper := ref
	upper.InstanceID = client.InstanceID(strings.ToUpper(otherInstance))
	srv.AnswerNext(2, apiError(503, "first"))
	srv.AnswerNext(1, apiError(502, "second"))
	srv.AnswerTask(upper, 2, apiError(500, "task"))
	srv.AnswerTask(ref, 1, apiError(501, "task's last"))
	srv.LimitRequests(2)

	requireDelete(t, srv, ref, srv.Token, 503, "first")
	requireAnswer(t, send(srv, request(t, http.MethodPut, "/anything", "")), 503, "first")
	srv.AnswerNext(1, apiError(504, "third"))
	requireDelete(t, srv, other, "wrong", 502, "second")
	requireDelete(t, srv, ref, srv.Token, 504, "third")

	requireDelete(t, srv, ref, "wrong", 500, "task")
	requireDelete(t, srv, other, srv.Token, 204, "")
	requireAnswer(t, send(srv, request(t, http.MethodPut, target(upper), "")), 500, "task")
	requireDelete(t, srv, ref, "", 501, "task's last")
	assert.True(t, srv.HasTask(ref))
	requireDelete(t, srv, ref, srv.Token, 204, "")
}

func TestLimitRequests(t *testing.T) {
	t.Parallel()
	srv := clienttest.New(t)
	ref := srv.NewTask()
	for _, n := range []int{2, 0} {
		srv.LimitRequests(n)
		for range n {
			requireDelete(t, srv, srv.NewTask(), srv.Token, 204, "")
		}
		requireDelete(t, srv, ref, srv.Token, 429, "APIG.0308")
		r := request(t, http.MethodDelete, target(ref), "")
		r.Header.Set("Authorization", sdkShape)
		requireAnswer(t, send(srv, r), 429, "APIG.0308") // a gateway throttles before it looks at credentials
	}
	for wait, want := range map[time.Duration][]string{
		0: nil, time.Millisecond: {"1"}, time.Second: {"1"}, time.Second + 1: {"2"}, time.Hour: {"3600"},
	} {
		srv.SetRetryAfter(wait)
		assert.Equal(t, want, send(srv, request(t, http.MethodDelete, target(ref), "")).Header()["Retry-After"], wait)
	}
	srv.LimitRequests(-1)
	requireDelete(t, srv, ref, srv.Token, 204, "")
}

// What is said about DMS is not said about the identity service, and all of it is forgotten.
func TestReset(t *testing.T) {
	t.Parallel()
	srv := clienttest.New(t)
	ref := srv.NewTask()
	catalog := func(status int) {
		requireJSON(t, send(srv, request(t, http.MethodGet, "/v3/auth/catalog", srv.Token)), status)
	}
	srv.AnswerNext(2, apiError(500, "next"))
	srv.AnswerTask(ref, 1, apiError(500, "task"))
	srv.LimitRequests(0)
	srv.SetRetryAfter(time.Hour)
	srv.Wrap(func(http.Handler) http.Handler { return apiError(500, "wrapped") })
	catalog(200)
	srv.WrapIdentity(func(http.Handler) http.Handler { return apiError(503, "wrapped") })
	catalog(503)
	requireDelete(t, srv, ref, srv.Token, 500, "next")
	assert.Len(t, srv.Requests(), 1)
	assert.Len(t, srv.IdentityRequests(), 2)
	srv.Reset()
	assert.Empty(t, srv.Requests())
	assert.Empty(t, srv.IdentityRequests())
	catalog(200)
	requireDelete(t, srv, ref, srv.Token, 204, "")
	srv.LimitRequests(0)
	got := send(srv, request(t, http.MethodDelete, target(ref), srv.Token))
	assert.Equal(t, []string{"1"}, got.Header()["Retry-After"])
}
