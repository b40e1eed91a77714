package clienttest_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

func TestServersAreStrangers(t *testing.T) {
	t.Parallel()
	one, two := newServer(t), newServer(t)
	assert.NotEqual(t, one.ProjectID, two.ProjectID)
	assert.NotEqual(t, one.InstanceID, two.InstanceID)
	assert.NotEqual(t, one.Token, two.Token)

	for range 2 {
		ref := one.NewTask()
		_, err := client.ParseTaskID(string(ref.TaskID))
		require.NoError(t, err)
		assert.True(t, one.HasTask(ref))
		assert.False(t, two.HasTask(ref))
		requireAnswer(t, send(t, two, http.MethodDelete, target(ref), one.Token), 401, "DMS.10240101")
		assert.True(t, one.HasTask(ref))
	}
	first, second := one.NewTask(), one.NewTask()
	assert.NotEqual(t, first, second)
}

func TestMadeUpIDsAreValid(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	_, err := client.ParseProjectID(string(srv.ProjectID))
	require.NoError(t, err)
	_, err = client.ParseInstanceID(string(srv.InstanceID))
	require.NoError(t, err)
	assert.True(t, srv.HasInstance(srv.ProjectID, srv.InstanceID))
}

func TestAddProjectAndInstance(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	ref := client.TaskRef{
		ProjectID:  "00000000000000000000000000000001",
		InstanceID: "00000000-0000-0000-0000-000000000002",
		TaskID:     "three",
	}
	const token = "of-the-second-project"
	srv.AddToken(token, ref.ProjectID)
	assert.False(t, srv.HasInstance(ref.ProjectID, ref.InstanceID))
	requireAnswer(t, send(t, srv, http.MethodDelete, target(ref), token), 404, "DMS.00404022")

	srv.AddInstance(ref.ProjectID, ref.InstanceID)
	assert.True(t, srv.HasInstance(ref.ProjectID, ref.InstanceID))
	assert.False(t, srv.HasInstance(srv.ProjectID, ref.InstanceID))
	requireAnswer(t, send(t, srv, http.MethodDelete, target(ref), token), 404, "DMS.00404001")

	srv.AddTask(ref)
	srv.AddInstance(ref.ProjectID, ref.InstanceID) // a second time: must not lose the task
	assert.True(t, srv.HasTask(ref))
	requireAnswer(t, send(t, srv, http.MethodDelete, target(ref), srv.Token), 401, "DMS.10240104")
	requireAnswer(t, send(t, srv, http.MethodDelete, target(ref), token), 204, "")
	assert.False(t, srv.HasTask(ref))
	assert.True(t, srv.HasInstance(ref.ProjectID, ref.InstanceID))
}

func TestAddTaskAddsInstance(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	ref := srv.NewTask()
	ref.InstanceID = "00000000-0000-0000-0000-000000000002"
	assert.False(t, srv.HasTask(ref))
	srv.AddTask(ref)
	assert.True(t, srv.HasTask(ref))
	assert.True(t, srv.HasInstance(ref.ProjectID, ref.InstanceID))
}

func TestRequests(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	assert.Empty(t, srv.Requests())
	targets := []string{"/v2/../x", "/%2e%2E/a%2Fb?q=%20#no", "//twice//", "/v2/p/instances/i/tasks/t?force"}
	for _, target := range targets {
		send(t, srv, http.MethodPut, target, "a-token")
	}
	srv.AnswerNext(1, clienttest.Answer{StatusCode: http.StatusTeapot})
	send(t, srv, http.MethodGet, "/faulty", "")

	got := srv.Requests()
	require.Len(t, got, 5)
	for i, target := range targets {
		assert.Equal(t, http.MethodPut, got[i].Method)
		assert.Equal(t, target, got[i].Target)
		assert.Equal(t, []string{"a-token"}, got[i].Header["X-Auth-Token"])
	}
	assert.Equal(t, clienttest.Request{
		Method: http.MethodGet, Target: "/faulty", Header: http.Header{"Connection": {"close"}},
	}, got[4])

	got[0] = clienttest.Request{}
	assert.Equal(t, targets[0], srv.Requests()[0].Target, "what a caller does to the slice is its own affair")
}

func TestTLS(t *testing.T) {
	t.Parallel()
	srv := clienttest.NewTLSServer()
	t.Cleanup(srv.Close)
	proto := make(chan string, 1)
	srv.Wrap(func(own http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			proto <- r.Proto
			own.ServeHTTP(w, r)
		})
	})
	ref := srv.NewTask()

	c, err := client.New(srv.URL, client.WithToken(srv.Token), client.WithHTTPClient(srv.Client()))
	require.NoError(t, err)
	require.NoError(t, c.DeleteTask(t.Context(), ref))
	require.Len(t, proto, 1)
	assert.Equal(t, "HTTP/2.0", <-proto)
	assert.False(t, srv.HasTask(ref))
	assert.Equal(t, target(ref), srv.Requests()[0].Target)
}

func TestTLSIsNotTrustedByItself(t *testing.T) {
	t.Parallel()
	srv := clienttest.NewTLSServer()
	t.Cleanup(srv.Close)
	c, err := client.New(srv.URL, client.WithToken(srv.Token))
	require.NoError(t, err)
	ref := srv.NewTask()
	require.ErrorContains(t, c.DeleteTask(t.Context(), ref), "certificate")
	assert.Empty(t, srv.Requests())
	assert.True(t, srv.HasTask(ref))
}

func TestServerOfManyGoroutines(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	c, err := client.New(srv.URL, client.WithToken(srv.Token))
	require.NoError(t, err)
	var running, finished [50]error
	var wg sync.WaitGroup
	for i := range running {
		wg.Go(func() {
			ref := srv.NewTask()
			srv.AddRunningTask(ref)
			running[i] = c.DeleteTask(t.Context(), ref)
			srv.AddTask(ref)
			finished[i] = c.DeleteTask(t.Context(), ref)
			assert.False(t, srv.HasTask(ref))
			srv.AddToken("another", ref.ProjectID)
			srv.ExpireToken("yet another")
			srv.Wrap(nil)
			srv.LimitRequests(-1)
			srv.AnswerNext(0, clienttest.Answer{})
			_ = srv.HasInstance(ref.ProjectID, ref.InstanceID)
			_ = srv.Requests()
		})
	}
	wg.Wait()

	for i := range running {
		require.ErrorIs(t, running[i], client.ErrBusy)
		require.NoError(t, finished[i])
	}
	assert.Len(t, srv.Requests(), 100)
}
