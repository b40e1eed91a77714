package clienttest

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/dmstask/dmstask/client"
)

// A User may log in to the identity service.
type User struct{ Name, Password, Domain string }

// ID is the ID that the identity service gives the user.
func (u User) ID() string { return idOf(u.Domain + "/" + u.Name) }

// DomainID is the ID that the identity service gives the domain of the user.
func (u User) DomainID() string { return idOf(u.Domain) }

// idOf makes an ID of a name, so that the server need not keep it.
func idOf(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:16])
}

// AddUser makes the server know a user. Users of the domain of [Server.User] may log in to the projects of the server,
// others to their domain only. A user of the same name and domain is replaced: that is how a password changes.
func (s *Server) AddUser(user User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[user.ID()] = user
}

// AddProject makes the server know a project by its name, so that one can log in to it.
func (s *Server) AddProject(name string, id client.ProjectID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.projects[id] = name
}
