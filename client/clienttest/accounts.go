package clienttest

import (
	"context"
	"net/http"
	"time"

	"github.com/dmstask/dmstask/client"
)

// A User can log in to the identity service: [Server.User].
type User struct{ Name, Password, Domain string }

// ID is the ID that the identity service gives the user.
func (u User) ID() string { return idOf(u.Domain + "/" + u.Name) }

// DomainID is the ID that the identity service gives the domain of the user.
func (u User) DomainID() string { return idOf(u.Domain) }

// idOf makes an ID of a name, so that the server need not keep it.
func idOf(name string) string { return hexSum([]byte(name))[:32] }

// token is what the server knows of a token.
type token struct {
	project         client.ProjectID // none if the token is for the domain of the user
	issued, expires time.Time
}

// expired is true of the zero token too, which is that of a value that nobody knows.
func (t token) expired() bool { return !time.Now().Before(t.expires) }

// SetTokenLifetime sets how long tokens that are issued or added from now on are valid. The default is 24 hours, as in
// the cloud.
func (s *Server) SetTokenLifetime(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lifetime = d
}

// AddToken makes the server accept a token for a project. The identity service treats it as a token of [Server.User].
func (s *Server) AddToken(value string, project client.ProjectID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[value] = s.newToken(project)
}

// newToken makes a token that is valid from now on. Its times are as precise as those that the cloud writes.
func (s *Server) newToken(project client.ProjectID) token {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return token{project: project, issued: now, expires: now.Add(s.lifetime)}
}

// ExpireToken makes the server treat a token as expired.
func (s *Server) ExpireToken(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[value] = token{} // nobody asks whose it was
}

// An access key that maxWrong wrong signatures in a row came for is locked for lockTime. According to the vendor, more
// than five lock it; this server does not wait for the sixth.
const (
	maxWrong = 5
	lockTime = 5 * time.Minute
)

type accessKey struct {
	secret  string
	project client.ProjectID
	wrong   int // wrong signatures since the last right one
	locked  time.Time
}

// AddAccessKey makes the server accept signatures by an access key (AK) and its secret (SK), for a project. A key that
// the server already has is replaced and unlocked.
//
// A request need not name the project. It is refused if it names another one in X-Project-Id, or its domain in
// X-Domain-Id and no project. Five wrong signatures in a row lock the key for five minutes, during which correct ones
// are refused too.
func (s *Server) AddAccessKey(key, secret string, project client.ProjectID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accessKeys[key] = &accessKey{secret: secret, project: project}
}

// scope is the project that the key and the request agree on. A domain alone is what gophertelekomcloud names if it was
// given one, and services then miss the project: https://github.com/opentelekomcloud/gophertelekomcloud/issues/597.
func (k *accessKey) scope(header http.Header) client.ProjectID {
	project, domain := header.Get("X-Project-Id"), header.Get("X-Domain-Id")
	if project == string(k.project) || project == "" && domain == "" {
		return k.project
	}
	return ""
}

// projectKey is where the context of a request has the project that its credentials are for.
type projectKey struct{}

func projectOf(ctx context.Context) client.ProjectID {
	project, _ := ctx.Value(projectKey{}).(client.ProjectID)
	return project
}

func withProject(r *http.Request, project client.ProjectID) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), projectKey{}, project))
}

// authenticate finds out for which project the caller's token is, unless a signature has shown it.
func (s *Server) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		value := r.Header.Get("X-Auth-Token")
		s.mu.Lock()
		known, ok := s.tokens[value]
		s.mu.Unlock()
		switch {
		case r.Context().Value(projectKey{}) != nil:
			next.ServeHTTP(w, r)
		case value == "":
			tokenMissing.write(w)
		case !ok:
			tokenInvalid.write(w)
		case known.expired():
			tokenExpired.write(w)
		default:
			next.ServeHTTP(w, withProject(r, known.project))
		}
	})
}
