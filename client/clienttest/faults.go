package clienttest

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"

	"github.com/dmstask/dmstask/client"
)

// faults is what the server was told to do differently.
type faults struct {
	answers            map[client.TaskRef][]Answer // by canonical task; those for any request have none
	limit              int                         // how many requests are still served; negative for no limit
	retryAfter         time.Duration
	wrap, wrapIdentity func(http.Handler) http.Handler
}

// Reset clears recorded requests, pending answers of AnswerNext and AnswerTask, the limit and its Retry-After, and
// handlers of Wrap. It keeps instances, tasks, tokens and their lifetime, and keys, including locked ones.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = faults{answers: make(map[client.TaskRef][]Answer), limit: -1, retryAfter: time.Second}
	s.requests, s.identityRequests = nil, nil
}

// AnswerNext makes the server give this answer to the next n requests of any kind, after the answers of earlier calls.
func (s *Server) AnswerNext(n int, answer Answer) { s.AnswerTask(client.TaskRef{}, n, answer) }

// AnswerTask makes the server give this answer to the next n requests for a task, with any method, after the answers of
// earlier calls. Requests that get an answer of [Server.AnswerNext] are not counted. The server need not have the task.
func (s *Server) AnswerTask(task client.TaskRef, n int, answer Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := canonical(task.ProjectID, task.InstanceID, task.TaskID)
	for range n {
		s.faults.answers[key] = append(s.faults.answers[key], answer)
	}
}

// LimitRequests makes the server serve n more requests and throttle all later ones, with 429 and Retry-After, until
// LimitRequests is called again. A negative n lifts the limit.
func (s *Server) LimitRequests(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.limit = n
}

// SetRetryAfter sets how long a throttled client is told to wait, rounded up to whole seconds (RFC 9110 section
// 10.2.3). The default is 1 s. With 0, there is no Retry-After field.
func (s *Server) SetRetryAfter(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.retryAfter = d
}

// Wrap puts a handler around the server's own, which is passed to wrap. It replaces an earlier one; nil removes it. It
// is for faults that no [Answer] can express, for example one that depends on the request. Requests that get an answer
// of [Server.AnswerNext] or [Server.AnswerTask] do not reach it, unless the answer is Served.
func (s *Server) Wrap(wrap func(own http.Handler) http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.wrap = wrap
}

// WrapIdentity is [Server.Wrap] for the identity service. It is the only way to make that fail.
func (s *Server) WrapIdentity(wrap func(own http.Handler) http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.wrapIdentity = wrap
}

func (s *Server) wrapped(by *func(http.Handler) http.Handler, own http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		wrap := *by
		s.mu.Unlock()
		if wrap == nil {
			own.ServeHTTP(w, r)
			return
		}
		wrap(own).ServeHTTP(w, r)
	})
}

// answer gives the answers of AnswerNext and AnswerTask.
func (s *Server) answer(routes *router, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, ok := s.nextAnswer(routes, r)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		if answer.Served {
			next.ServeHTTP(httptest.NewRecorder(), r)
		}
		answer.ServeHTTP(w, r)
	})
}

func (s *Server) nextAnswer(routes *router, r *http.Request) (Answer, bool) {
	routes.match(r)
	task := canonical(client.ProjectID(r.PathValue("project_id")), client.InstanceID(r.PathValue("instance_id")),
		client.TaskID(r.PathValue("task_id")))
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range []client.TaskRef{{}, task} {
		if list := s.faults.answers[key]; len(list) > 0 {
			s.faults.answers[key] = list[1:]
			return list[0], true
		}
	}
	return Answer{}, false
}

func (s *Server) throttle(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		over, retryAfter := s.faults.limit == 0, s.faults.retryAfter
		if s.faults.limit > 0 {
			s.faults.limit--
		}
		s.mu.Unlock()
		if !over {
			next.ServeHTTP(w, r)
			return
		}
		throttled := gatewayError(http.StatusTooManyRequests, "APIG.0308", "Too many requests.")
		if retryAfter > 0 {
			seconds := (retryAfter + time.Second - 1) / time.Second
			throttled.Header.Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
		}
		throttled.write(w)
	})
}
