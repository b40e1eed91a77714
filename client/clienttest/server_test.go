package clienttest_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

const (
	otherProject  = "00000000000000000000000000000000"
	otherInstance = "00000000-0000-0000-0000-00000000000a"
)

type object = map[string]any

// target is where a task is.
func target(ref client.TaskRef) string {
	return fmt.Sprintf("/v2/%s/instances/%s/tasks/%s", ref.ProjectID, ref.InstanceID, ref.TaskID)
}

// request makes a request, with a token if there is one. Its target is not cleaned up, as http.Client would do.
func request(t *testing.T, method, target, token string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	if token != "" {
		r.Header.Set("X-Auth-Token", token)
	}
	return r
}

// send hands a request to the server, not over the network.
func send(srv *clienttest.Server, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	srv.Config.Handler.ServeHTTP(w, r)
	return w
}

// requireJSON requires a body of JSON, and reads it.
func requireJSON(t *testing.T, got *httptest.ResponseRecorder, status int) (body object) {
	t.Helper()
	require.Equal(t, status, got.Code, got.Body)
	require.Equal(t, []string{"application/json"}, got.Header()["Content-Type"])
	require.NoError(t, json.Unmarshal(got.Body.Bytes(), &body))
	return body
}

// requireAnswer requires an answer of DMS, with this code unless it is 204.
func requireAnswer(t *testing.T, got *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	if status == http.StatusNoContent {
		require.Equal(t, status, got.Code, got.Body)
		return
	}
	body := requireJSON(t, got, status)
	require.Equal(t, code, body["error_code"])
	require.NotEmpty(t, body["error_msg"])
	id, _ := body["request_id"].(string)
	require.Len(t, id, map[bool]int{true: 32}[strings.HasPrefix(code, "APIG.")])
}

// requireDelete sends a deletion and requires an answer.
func requireDelete(t *testing.T, srv *clienttest.Server, ref client.TaskRef, token string, status int, code string) {
	t.Helper()
	requireAnswer(t, send(srv, request(t, http.MethodDelete, target(ref), token)), status, code)
}

// A failing test does not end when it fails.
type failing struct {
	clienttest.TB
	failed bool
}

func (f *failing) Fatalf(string, ...any) { f.failed = true }

func TestNew(t *testing.T) {
	t.Parallel()
	var srv *clienttest.Server
	t.Run("", func(t *testing.T) {
		srv = clienttest.New(t)
		test := &failing{TB: t}
		srv.Client(test, client.WithUserAgent(""))
		assert.True(t, test.failed)
	})
	_, err := srv.Listener.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestServersAreStrangers(t *testing.T) {
	t.Parallel()
	one, two := clienttest.New(t), clienttest.New(t)
	made := func(s *clienttest.Server) []string {
		return []string{string(s.ProjectID), string(s.InstanceID), string(s.NewTask().TaskID), s.Token, s.User.ID(),
			s.User.DomainID(), s.User.Password, s.AccessKey, s.SecretKey}
	}
	assert.True(t, one.HasInstance(one.ProjectID, one.InstanceID))
	assert.NotEqual(t, one.User.ID(), one.User.DomainID())
	for i, value := range made(one) {
		assert.NotEqual(t, value, made(two)[i])
	}
	assert.Regexp(t, "^[0-9a-f]{32}$", one.User.DomainID())
}

func TestRequests(t *testing.T) {
	t.Parallel()
	srv := clienttest.New(t)
	targets := []string{"/v2/../x", "/%2e%2E/a%2Fb?q=%20#no", "//twice//", "/v2/p/instances/i/tasks/t?force"}
	want := make([]clienttest.Request, len(targets))
	for i, target := range targets {
		send(srv, request(t, http.MethodPut, target, "a-token"))
		want[i] = clienttest.Request{
			Method: http.MethodPut, Target: target, Header: http.Header{"X-Auth-Token": {"a-token"}},
		}
	}
	got := srv.Requests()
	assert.Equal(t, want, got)
	got[0] = clienttest.Request{}
	assert.Equal(t, want, srv.Requests(), "what a caller does to the slice is its own affair")
	for path, requests := range map[string]func() []clienttest.Request{
		"/": srv.Requests, "/v3/": srv.IdentityRequests,
	} {
		r := request(t, http.MethodGet, path, "")
		for i := range 10_001 {
			r.RequestURI = strconv.Itoa(i)
			send(srv, r)
		}
		assert.Equal(t, "1", requests()[0].Target)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	srv := clienttest.NewTLSServer()
	t.Cleanup(srv.Close)
	ref, once := srv.NewTask(), client.WithRetry(client.RetryPolicy{Attempts: 1})
	require.NoError(t, srv.Client(t).DeleteTask(t.Context(), ref))
	assert.False(t, srv.HasTask(ref))
	for _, broken := range []clienttest.Answer{{HangUp: true}, {CutAfter: 9}} {
		srv.AnswerTask(ref, 1, broken)
		// An error that HTTP/2 alone has.
		require.ErrorContains(t, srv.Client(t, once).DeleteTask(t.Context(), ref), "INTERNAL_ERROR")
	}
	require.ErrorIs(t, srv.Client(t, client.WithToken("x")).DeleteTask(t.Context(), ref), client.ErrUnauthorized)
}

// Its methods are safe for use by many goroutines, which the race detector judges.
func TestManyGoroutines(t *testing.T) {
	t.Parallel()
	srv := clienttest.New(t)
	ref := srv.NewTask()
	signed := request(t, http.MethodDelete, target(ref), "")
	shapes(srv)["Access"].sign(signed, "")
	uses := []func(){
		func() { srv.AddInstance(otherProject, otherInstance) },
		func() { srv.AddRunningTask(ref); srv.AddTask(ref) },
		func() { srv.HasTask(ref); srv.HasInstance(otherProject, otherInstance) },
		func() { srv.Requests(); srv.IdentityRequests() },
		func() { srv.AnswerTask(ref, 1, clienttest.Answer{}) },
		func() { srv.LimitRequests(1000); srv.SetRetryAfter(0) },
		func() { srv.Wrap(nil); srv.WrapIdentity(nil) },
		func() { srv.Reset() },
		func() { srv.AddToken("other", otherProject); srv.ExpireToken("another") },
		func() { srv.SetTokenLifetime(time.Hour) },
		func() { srv.AddAccessKey("other", "secret", otherProject) },
		func() { send(srv, request(t, http.MethodDelete, target(ref), srv.Token)) },
		func() { send(srv, signed.Clone(t.Context())) },
		func() { login(t, srv, asks) },
	}
	var wg sync.WaitGroup
	for first := range uses {
		wg.Go(func() {
			for i := range 20 * len(uses) {
				uses[(first+i)%len(uses)]()
			}
		})
	}
	wg.Wait()
}
