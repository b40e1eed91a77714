package clienttest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client/clienttest"
)

func TestAnswerNext(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	ref := srv.NewTask()
	srv.AnswerNext(2, clienttest.Error(http.StatusServiceUnavailable, "first", "m", nil))
	srv.AnswerNext(0, clienttest.Error(http.StatusTeapot, "never", "m", nil))
	srv.AnswerNext(-1, clienttest.Error(http.StatusTeapot, "never", "m", nil))
	srv.AnswerNext(1, clienttest.Error(http.StatusBadGateway, "second", "m", nil))
	srv.LimitRequests(1)

	requireAnswer(t, send(t, srv, http.MethodDelete, target(ref), srv.Token), 503, "first")
	requireAnswer(t, send(t, srv, http.MethodPut, "/anything", ""), 503, "first")
	srv.AnswerNext(1, clienttest.Error(http.StatusGatewayTimeout, "third", "m", nil))
	requireAnswer(t, send(t, srv, http.MethodDelete, target(ref), "wrong"), 502, "second")
	requireAnswer(t, send(t, srv, http.MethodDelete, target(ref), srv.Token), 504, "third")
	assert.True(t, srv.HasTask(ref))

	requireAnswer(t, send(t, srv, http.MethodDelete, target(ref), srv.Token), 204, "")
	assert.Len(t, srv.Requests(), 5)
}

func TestLimitRequests(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.LimitRequests(2)
	for range 2 {
		requireAnswer(t, send(t, srv, http.MethodDelete, target(srv.NewTask()), srv.Token), 204, "")
	}
	ref := srv.NewTask()
	for range 3 {
		got := send(t, srv, http.MethodDelete, target(ref), srv.Token)
		requireAnswer(t, got, 429, "APIG.0308")
		assert.Equal(t, []string{"1"}, got.header["Retry-After"])
	}
	// A gateway throttles before it looks at credentials.
	requireAnswer(t, send(t, srv, http.MethodDelete, target(ref), ""), 429, "APIG.0308")
	assert.True(t, srv.HasTask(ref))

	srv.LimitRequests(1)
	requireAnswer(t, send(t, srv, http.MethodDelete, target(ref), srv.Token), 204, "")
	requireAnswer(t, send(t, srv, http.MethodDelete, target(ref), srv.Token), 429, "APIG.0308")

	srv.LimitRequests(-1)
	for range 3 {
		requireAnswer(t, send(t, srv, http.MethodDelete, target(srv.NewTask()), srv.Token), 204, "")
	}
	assert.Len(t, srv.Requests(), 11)
}

func TestWrap(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	named := func(name string) func(http.Handler) http.Handler {
		return func(own http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Add("X-Wrapped", name)
				own.ServeHTTP(w, r)
			})
		}
	}
	del := func() answer { return send(t, srv, http.MethodDelete, target(srv.NewTask()), srv.Token) }

	srv.Wrap(named("first"))
	got := del()
	requireAnswer(t, got, 204, "")
	assert.Equal(t, []string{"first"}, got.header["X-Wrapped"])

	srv.Wrap(named("second"))
	assert.Equal(t, []string{"second"}, del().header["X-Wrapped"], "in place of the first")

	srv.AnswerNext(1, clienttest.Error(http.StatusTeapot, "next", "m", nil))
	got = del()
	requireAnswer(t, got, 418, "next")
	assert.Empty(t, got.header["X-Wrapped"])

	srv.Wrap(nil)
	got = del()
	requireAnswer(t, got, 204, "")
	assert.Empty(t, got.header["X-Wrapped"])
	require.Len(t, srv.Requests(), 4)
}

// A handler that never calls the server's own: the request is recorded all the same, and nothing is deleted.
func TestWrapInPlaceOfServer(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	ref := srv.NewTask()
	srv.Wrap(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	})
	requireAnswer(t, send(t, srv, http.MethodDelete, target(ref), ""), 204, "")
	assert.True(t, srv.HasTask(ref))
	assert.Len(t, srv.Requests(), 1)
}
