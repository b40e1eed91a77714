package clienttest

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"

	"github.com/dmstask/dmstask/client"
)

// faults is what the server was told to do otherwise.
type faults struct {
	answers            map[client.TaskRef][]Answer // by canonical task; those for any request have none
	limit              int                         // how many requests are still served; negative for no limit
	retryAfter         time.Duration
	wrap, wrapIdentity func(http.Handler) http.Handler
}

// Reset makes the server forget what arrived and what it was told to do about it: recorded requests, answers of
// AnswerNext and AnswerTask that were not given yet, the limit and its Retry-After, and handlers of Wrap. It keeps
// instances, tasks, tokens and their lifetime, and keys, locked ones too.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = faults{answers: make(map[client.TaskRef][]Answer), limit: -1, retryAfter: time.Second}
	s.requests, s.identityRequests = nil, nil
}

// AnswerNext makes the server give answer to the next n requests, whatever they are, after those of earlier calls.
func (s *Server) AnswerNext(n int, answer Answer) { s.AnswerTask(client.TaskRef{}, n, answer) }

// AnswerTask makes the server give answer to the next n requests for a task, whatever their method, after those of
// earlier calls. Requests that get an answer of [Server.AnswerNext] are not counted. The server need not have the task.
func (s *Server) AnswerTask(task client.TaskRef, n int, answer Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := canonical(task.ProjectID, task.InstanceID, task.TaskID)
	for range n {
		s.faults.answers[key] = append(s.faults.answers[key], answer)
	}
}

// LimitRequests makes the server serve n more requests and throttle every later one, with 429 and Retry-After, until
// LimitRequests is called again. A negative n lifts the limit.
func (s *Server) LimitRequests(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.limit = n
}

// SetRetryAfter sets how long a throttled client is told to wait, in whole seconds (RFC 9110 section 10.2.3): a part of
// one counts as one. It is 1 s at first. With 0 the field is left out.
func (s *Server) SetRetryAfter(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.retryAfter = d
}

// Wrap puts a handler around the server's own, which is handed to wrap, in place of an earlier one; nil takes it away.
// It is for faults that no [Answer] can express, for example one that depends on the request. Requests that get an
// answer of [Server.AnswerNext] or [Server.AnswerTask] do not reach it, unless the answer has them served.
func (s *Server) Wrap(wrap func(own http.Handler) http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.wrap = wrap
}

// WrapIdentity is [Server.Wrap] for the identity service, which nothing else here makes fail.
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
