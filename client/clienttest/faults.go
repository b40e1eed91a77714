package clienttest

import "net/http"

// AnswerNext makes the server give answer to the next n requests, whatever they are, after those of earlier calls.
func (s *Server) AnswerNext(n int, answer Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		s.answers = append(s.answers, answer)
	}
}

// LimitRequests makes the server serve n more requests and throttle every later one, with 429 and Retry-After, until
// LimitRequests is called again. A negative n lifts the limit.
func (s *Server) LimitRequests(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = &n
	if n < 0 {
		s.limit = nil
	}
}

// Wrap puts a handler around the server's own, which is handed to wrap, in place of an earlier one; nil takes it away.
// It is for faults that no [Answer] can express: one that hangs up, stalls, or looks at the request first.
func (s *Server) Wrap(wrap func(own http.Handler) http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrap = wrap
}

// WrapIdentity is [Server.Wrap] for the identity service, which nothing else here makes fail.
func (s *Server) WrapIdentity(wrap func(own http.Handler) http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrapIdentity = wrap
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

func (s *Server) answerNext(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		var answer *Answer
		if len(s.answers) > 0 {
			answer, s.answers = &s.answers[0], s.answers[1:]
		}
		s.mu.Unlock()
		if answer != nil {
			answer.write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) throttle(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		over := s.limit != nil && *s.limit <= 0
		if s.limit != nil {
			*s.limit--
		}
		s.mu.Unlock()
		if over {
			throttled.write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}
