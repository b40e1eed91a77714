package contract_test

import (
	"net/http"
	"regexp"
	"strings"
)

// A match selects requests.
type match func(c *call) bool

func (m match) and(other match) match { return func(c *call) bool { return m(c) && other(c) } }
func (m match) but(other match) match { return func(c *call) bool { return m(c) && !other(c) } }

// first selects the first of the requests that m selects.
func (m match) first() match { return func(c *call) bool { return m(c) && c.s.seen.Add(1) == 1 } }

// nth selects every nth request.
func nth(n int64) match { return func(c *call) bool { return c.s.seen.Add(1)%n == 0 } }

func method(name string) match { return func(c *call) bool { return c.Method == name } }

// signed selects requests with an Authorization field that begins like this.
func signed(prefix string) match {
	return func(c *call) bool { return strings.HasPrefix(c.authorization(), prefix) }
}

func (c *call) token() string         { return c.Header.Get("X-Auth-Token") }
func (c *call) authorization() string { return c.Header.Get("Authorization") }
func (c *call) safe() bool            { return c.Method == http.MethodGet || c.Method == http.MethodHead }

// deletes reports whether a request is a DELETE with the valid token.
func (c *call) deletes() bool { return c.Method == http.MethodDelete && c.token() == c.s.Token }

// segments are the positions of the path parameters.
var segments = map[string]int{"project_id": 2, "instance_id": 4, "task_id": 6}

func (c *call) id(parameter string) string {
	return strings.Split(c.URL.Path, "/")[segments[parameter]]
}

// owns reports whether those IDs of a request that matter are the target's own.
func (c *call) owns(matters func(parameter string) bool) bool {
	for parameter, own := range c.s.target.IDs {
		if matters(parameter) && !isOwn(parameter, own, c.id(parameter)) {
			return false
		}
	}
	return true
}

// isOwn ignores the case of a UUID, as the service does.
func isOwn(parameter, own, id string) bool {
	return id == own || parameter == "instance_id" && strings.EqualFold(id, own)
}

var (
	everything match = func(*call) bool { return true }
	named      match = func(c *call) bool { return c.owns(func(string) bool { return true }) }
	ownTask          = match((*call).deletes).and(named)
	taskGone         = ownTask.and(func(c *call) bool { return !c.s.HasTask(c.s.task) })

	// deleted selects the request that deletes the task, and deletes it before anything else happens.
	deleted = ownTask.but(taskGone).and(func(c *call) bool { c.record(); return true })

	// longestTask selects a single request of the check, whose response is compared with no other.
	longestTask     = taskLike(`^.{64}$`)
	unknownTask     = unknown("task_id")
	unknownInstance = unknown("instance_id")
	foreignProject  = unknown("project_id")

	authenticated match = func(c *call) bool { return c.token() == c.s.Token }
	stranger            = everything.but(authenticated)
	noCredentials match = func(c *call) bool { return c.token() == "" && c.authorization() == "" }
	tokenField    match = func(c *call) bool { return c.Header["X-Auth-Token"] != nil }
	emptyToken          = noCredentials.and(tokenField)
	wrongToken          = stranger.and(func(c *call) bool { return c.token() != "" })
	anySignature  match = func(c *call) bool { return c.authorization() != "" }

	safeMethod        = authenticated.and((*call).safe)
	otherMethod       = authenticated.but((*call).safe).but((*call).deletes)
	overridden        = otherMethod.and(func(c *call) bool { return c.Header.Get("X-HTTP-Method-Override") != "" })
	browser     match = func(c *call) bool { return strings.Contains(c.Header.Get("Accept"), "text/html") }
)

// A comparison decides whether a server takes an ID or a token for its own.
type comparison = func(own, value string) bool

// matching ignores the server's own value: it looks for a pattern.
func matching(pattern string) comparison {
	compiled := regexp.MustCompile("(?s)" + pattern)
	return func(_, value string) bool { return compiled.MatchString(value) }
}

// withID selects deletions with an ID for which is returns true. The IDs before it in the path are the target's own.
func withID(parameter string, is comparison) match {
	before := func(other string) bool { return segments[other] < segments[parameter] }
	return func(c *call) bool {
		return c.deletes() && c.owns(before) && is(c.s.target.IDs[parameter], c.id(parameter))
	}
}

// taskLike selects deletions with a task ID that matches a pattern.
func taskLike(pattern string) match { return withID("task_id", matching(pattern)) }

// with is withID for a parameter that is given later.
func with(is comparison) func(parameter string) match {
	return func(parameter string) match { return withID(parameter, is) }
}

// unknown selects deletions with an ID that is valid, but not the target's own.
func unknown(parameter string) match {
	return withID(parameter, func(own, id string) bool {
		return !isOwn(parameter, own, id) && contract.CheckID(parameter, id) == nil
	})
}

// malformed selects deletions with an ID that the contract does not allow.
func malformed(parameter string) match {
	return withID(parameter, func(_, id string) bool { return contract.CheckID(parameter, id) != nil })
}

// mistakenID selects deletions with one wrong ID, which a server that compares like this takes for its own.
func mistakenID(parameter string, compare comparison) match {
	return withID(parameter, compare).but(named).and(func(c *call) bool {
		return c.owns(func(other string) bool { return other != parameter })
	})
}

// mistakenToken selects requests with a wrong token, which a server that compares like this takes for the valid one.
func mistakenToken(compare comparison) match {
	return wrongToken.and(func(c *call) bool { return compare(c.s.Token, c.token()) })
}
