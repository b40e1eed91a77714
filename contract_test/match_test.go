package contract_test

import (
	"net/http"
	"regexp"
	"strings"
)

// A match tells which requests a change is about.
type match func(c *call) bool

// segments are where the parameters stand in the path.
var segments = map[string]int{"project_id": 2, "instance_id": 4, "task_id": 6}

// forms are what the contract allows.
var forms = map[string]*regexp.Regexp{
	"project_id":  regexp.MustCompile(`^[0-9a-f]{32}$`),
	"instance_id": regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`),
	"task_id":     regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`),
}

func (c *call) id(parameter string) string {
	return strings.Split(c.URL.Path, "/")[segments[parameter]]
}
func (c *call) token() string         { return c.Header.Get("X-Auth-Token") }
func (c *call) authorization() string { return c.Header.Get("Authorization") }
func (c *call) safe() bool            { return c.Method == http.MethodGet || c.Method == http.MethodHead }

// deletes reports whether a request is a deletion with the credentials of the target.
func (c *call) deletes() bool { return c.Method == http.MethodDelete && c.token() == c.s.Token }

// is reports whether an ID is the own one. A UUID is the same in capitals.
func is(parameter, own, id string) bool {
	return id == own || parameter == "instance_id" && strings.EqualFold(id, own)
}

// owns reports whether those IDs are the server's own that matter.
func (c *call) owns(matters func(parameter string) bool) bool {
	for parameter, own := range c.s.target.IDs {
		if matters(parameter) && !is(parameter, own, c.id(parameter)) {
			return false
		}
	}
	return true
}

// The requests that the rules are about, told apart as a server sees them.
var (
	everything match = func(*call) bool { return true }
	named      match = func(c *call) bool { return c.owns(func(string) bool { return true }) }
	ownTask          = match((*call).deletes).and(named)
	taskGone         = ownTask.and(func(c *call) bool { return !c.s.HasTask(c.s.task) })

	unknownTask     = unknown("task_id")
	oneTask         = like("task_id", func(_, id string) bool { return len(id) == 64 }) // with which no other is compared
	unknownInstance = unknown("instance_id")
	foreignProject  = unknown("project_id")

	authenticated match = func(c *call) bool { return c.token() == c.s.Token }
	stranger            = everything.but(authenticated)
	noCredentials match = func(c *call) bool { return c.token() == "" && c.authorization() == "" }
	emptyToken          = noCredentials.and(hasField)
	anySignature  match = func(c *call) bool { return c.authorization() != "" }
	wrongToken          = stranger.and(func(c *call) bool { return c.token() != "" })
	hasField      match = func(c *call) bool { return c.Header["X-Auth-Token"] != nil }

	safeMethod        = authenticated.and((*call).safe)
	otherMethod       = authenticated.but((*call).safe).but((*call).deletes)
	overridden        = otherMethod.and(func(c *call) bool { return c.Header.Get("X-HTTP-Method-Override") != "" })
	browser     match = func(c *call) bool { return strings.Contains(c.Header.Get("Accept"), "text/html") }
)

// deleted matches the deletion of the task, after which it is gone: what is answered in its place comes too late.
var deleted = ownTask.but(taskGone).and(func(c *call) bool {
	c.record()
	return true
})

// unknown matches deletions with an ID that the contract allows and that is not the server's own.
func unknown(p string) match {
	return like(p, func(own, id string) bool { return !is(p, own, id) && forms[p].MatchString(id) })
}

// malformed matches deletions with an ID that the contract does not allow.
func malformed(p string) match {
	return like(p, func(_, id string) bool { return !forms[p].MatchString(id) })
}

// alike compares an ID or a token with the server's own.
type alike = func(own, id string) bool

// like matches deletions with such an ID, below IDs that are the server's own.
func like(parameter string, such alike) match {
	above := func(other string) bool { return segments[other] < segments[parameter] }
	return func(c *call) bool {
		return c.deletes() && c.owns(above) && such(c.s.target.IDs[parameter], c.id(parameter))
	}
}

// such is like for those who name the parameter later.
func such(such alike) func(string) match {
	return func(parameter string) match { return like(parameter, such) }
}

// near matches deletions that name the server's own task but for an ID that a server takes for its own which compares
// IDs like this.
func near(parameter string, such alike) match {
	return func(c *call) bool {
		own, id := c.s.target.IDs[parameter], c.id(parameter)
		others := func(other string) bool { return other != parameter }
		return c.deletes() && c.owns(others) && !is(parameter, own, id) && such(own, id)
	}
}

// nearToken matches requests with a token that a server takes for the good one that compares tokens like this.
func nearToken(such alike) match {
	return wrongToken.and(func(c *call) bool { return such(c.s.Token, c.token()) })
}

func method(name string) match { return func(c *call) bool { return c.Method == name } }

func exactly(value string) match { return func(c *call) bool { return c.authorization() == value } }

func scheme(prefix string) match {
	return func(c *call) bool { return strings.HasPrefix(c.authorization(), prefix) }
}

func (m match) and(other match) match { return func(c *call) bool { return m(c) && other(c) } }
func (m match) but(other match) match { return func(c *call) bool { return m(c) && !other(c) } }

// first matches the first of the requests only.
func (m match) first() match { return func(c *call) bool { return m(c) && c.s.seen.Add(1) == 1 } }

// nth matches one request in so many.
func nth(n int64) match { return func(c *call) bool { return c.s.seen.Add(1)%n == 0 } }
