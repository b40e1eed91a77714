package clienttest

import (
	"time"

	"github.com/dmstask/dmstask/client"
)

// tokenLifetime is how long a token of the cloud is valid.
const tokenLifetime = 24 * time.Hour

// token is what the server knows of a token.
type token struct {
	user            User
	project         client.ProjectID // none if the token is for the domain of its user
	issued, expires time.Time
}

// SetTokenLifetime sets how long a token is valid that is issued or added from now on, which is 24 hours at first.
func (s *Server) SetTokenLifetime(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lifetime = d
}

// AddToken makes the server accept a token for a project. To the identity service it is one of [Server.User].
func (s *Server) AddToken(value string, project client.ProjectID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[value] = s.newToken(s.User, project)
}

// newToken makes a token that is valid from now on. Its times are as precise as those that the cloud writes.
func (s *Server) newToken(user User, project client.ProjectID) token {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return token{user: user, project: project, issued: now, expires: now.Add(s.lifetime)}
}

// ExpireToken makes the server say of a token that it has expired.
func (s *Server) ExpireToken(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.tokens[value]
	known.expires = time.Time{}
	s.tokens[value] = known
}

func (t token) expired() bool { return !time.Now().Before(t.expires) }
