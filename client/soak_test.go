package client_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
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
	soakTasks   = 500 // in each test
	soakSenders = 200
)

// A fault is what a server makes of a request. Its own handler would delete the task.
type fault func(own http.Handler, w http.ResponseWriter, r *http.Request)

// faults by name. Those that are called deleted have the task gone although its client is told otherwise.
var faults = map[string]fault{
	"503":                 answersWith(http.StatusServiceUnavailable, "DMS.111501025"),
	"429":                 answersWith(http.StatusTooManyRequests, "APIG.0308"),
	"404 of flow control": answersWith(http.StatusNotFound, "DMS.10240407"),
	"502 of a proxy": func(_ http.Handler, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html><h1>502 Bad Gateway</h1></html>"))
	},
	"hung up": func(_ http.Handler, w http.ResponseWriter, _ *http.Request) {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
		}
	},
	"deleted, hung up": func(own http.Handler, _ http.ResponseWriter, r *http.Request) {
		own.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	},
	"deleted, 503": func(own http.Handler, w http.ResponseWriter, r *http.Request) {
		own.ServeHTTP(httptest.NewRecorder(), r)
		w.WriteHeader(http.StatusServiceUnavailable)
	},
}

func answersWith(status int, code string) fault {
	return func(_ http.Handler, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(apiError(code)))
	}
}

// A soak is a server with tasks, each of which has its own run of bad luck before all is well. It depends on nothing
// but the seed, and not on which goroutine comes first.
type soak struct {
	*clienttest.Server

	tasks []client.TaskRef

	mu   sync.Mutex
	luck map[string][]string // by path: the faults to come
	met  map[string]bool     // the faults that were met
}

func newSoak(t *testing.T) *soak {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // G404: no secret
	s := &soak{Server: newServer(t), luck: map[string][]string{}, met: map[string]bool{}}
	names := make([]string, 0, len(faults))
	for name := range faults {
		names = append(names, name)
	}
	slices.Sort(names)
	for i := range soakTasks {
		ref := client.TaskRef{
			ProjectID: s.ProjectID, InstanceID: s.InstanceID, TaskID: client.TaskID(fmt.Sprintf("task-%d", i)),
		}
		s.AddTask(ref)
		s.tasks = append(s.tasks, ref)
		for range random.IntN(6) {
			s.luck[pathOf(ref)] = append(s.luck[pathOf(ref)], names[random.IntN(len(names))])
		}
	}
	s.Wrap(func(own http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if name, ok := s.next(r.URL.Path); ok {
				faults[name](own, w, r)
				return
			}
			own.ServeHTTP(w, r)
		})
	})
	return s
}

func pathOf(ref client.TaskRef) string {
	return fmt.Sprintf("/v2/%s/instances/%s/tasks/%s", ref.ProjectID, ref.InstanceID, ref.TaskID)
}

func (s *soak) next(path string) (name string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	luck := s.luck[path]
	if len(luck) == 0 {
		return "", false
	}
	s.luck[path] = luck[1:]
	s.met[luck[0]] = true
	return luck[0], true
}

func (s *soak) client(t *testing.T) *client.Client {
	t.Helper()
	return newClient(t, s.URL, client.WithToken(s.Token),
		client.WithRetry(client.RetryPolicy{BaseDelay: time.Millisecond}))
}

// require demands that what the client said of the tasks is true. Errors are by task, each of which was deleted once.
func (s *soak) require(t *testing.T, errs map[client.TaskRef]error) {
	t.Helper()
	require.Len(t, errs, soakTasks)
	failed, kept := 0, 0
	for _, ref := range s.tasks {
		err, ok := errs[ref]
		require.True(t, ok, "%v has no result", ref)
		there := s.HasTask(ref)
		if err == nil {
			assert.False(t, there, "%v is said to be gone", ref)
			continue
		}
		failed++
		if there {
			kept++
		}
		// The task was there: if it is missing, an earlier attempt of the same call has deleted it.
		require.NotErrorIs(t, err, client.ErrNotFound)
		require.ErrorContains(t, err, "after 4 attempts")
	}
	assert.True(t, s.HasInstance(s.ProjectID, s.InstanceID))
	for _, req := range s.Requests() {
		require.Equal(t, http.MethodDelete, req.Method)
		require.True(t, strings.HasPrefix(req.Target, pathOf(client.TaskRef{
			ProjectID: s.ProjectID, InstanceID: s.InstanceID, TaskID: "task-",
		})), req.Target)
	}
	// All this would say nothing had there been no bad luck.
	s.mu.Lock() // a connection that is closed orders nothing
	met := len(s.met)
	s.mu.Unlock()
	assert.Equal(t, len(faults), met, "kinds of faults")
	assert.NotZero(t, kept)
	assert.Greater(t, failed, kept, "some failures are of tasks that are gone")
	assert.Greater(t, soakTasks, failed*2, "most calls succeed")
}

// TestSoak: one client, many goroutines, and a server with all kinds of faults. What is said to be gone is gone.
func TestSoak(t *testing.T) {
	t.Parallel()
	s := newSoak(t)
	c := s.client(t)
	results := make([]error, soakTasks)
	var senders sync.WaitGroup
	for first := range soakSenders {
		senders.Go(func() {
			for i := first; i < soakTasks; i += soakSenders {
				results[i] = c.DeleteTask(t.Context(), s.tasks[i])
			}
		})
	}
	senders.Wait()
	errs := map[client.TaskRef]error{}
	for i, ref := range s.tasks {
		errs[ref] = results[i]
	}
	s.require(t, errs)
}

// TestSoakTasks is the same by DeleteTasks.
func TestSoakTasks(t *testing.T) {
	t.Parallel()
	s := newSoak(t)
	errs := map[client.TaskRef]error{}
	for ref, err := range s.client(t).DeleteTasks(t.Context(), slices.Values(s.tasks),
		client.WithConcurrency(soakSenders)) {
		require.NotContains(t, errs, ref, "two results of one task")
		errs[ref] = err
	}
	s.require(t, errs)
}
