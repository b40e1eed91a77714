package conformance

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Probe is one request that the check can make, on the path of the contract. Its zero value, with a name, is the
// deletion itself: of the target's task for a [Rule] that Deletes, and of one that nobody has for any other.
type Probe struct {
	Name        string // rules that share a probe name it alike
	Method      string // empty: that of the contract
	ProjectID   ID
	InstanceID  ID
	TaskID      ID
	Credentials Credentials
}

// An ID says what stands for a path parameter of a probe.
type ID struct {
	unknown   bool
	malformed string // the value itself
	suffix    string // what follows the target's own
	encoded   bool   // it is the target's own in percent-encoding
}

// OwnID is the target's, or made up where the target has none. The target's task goes along only if the run may delete
// it: with rules that do, every other one that gets a server to delete is then found out.
var OwnID = ID{}

// UnknownID is well-formed and made up of 24 random characters at least, so that nobody has it. [Examples] varies it.
var UnknownID = ID{unknown: true}

// MalformedID is a value that the contract does not allow. [Examples] draws others of the kind.
func MalformedID(value string) ID { return ID{malformed: value} }

// OwnIDPlus is [OwnID] with something after it that the contract does not allow. A server that trims or cuts what it
// gets, or compares beginnings, takes it for the target's.
func OwnIDPlus(suffix string) ID { return ID{suffix: suffix} }

// OwnIDEncoded is [OwnID] with its first character in percent-encoding, before it is encoded for the path. A server
// that decodes twice takes it for the target's, and %252e%252e for a dot segment, which no check may try.
var OwnIDEncoded = ID{encoded: true}

// String returns own, unknown, the malformed value in quotes, or how it is made of the target's own.
func (id ID) String() string {
	switch {
	case id.malformed != "":
		return strconv.Quote(id.malformed)
	case id.suffix != "":
		return "own and " + strconv.Quote(id.suffix)
	case id.encoded:
		return "own, encoded twice"
	case id.unknown:
		return "unknown"
	}
	return "own"
}

// isMalformed reports whether it is meant to be what the contract does not allow.
func (id ID) isMalformed() bool { return id.malformed != "" || id.suffix != "" || id.encoded }

// of returns the value for a target with this one, which is not empty.
func (id ID) of(own string) string {
	switch {
	case id.malformed != "":
		return id.malformed
	case id.encoded:
		return fmt.Sprintf("%%%02X%s", own[0], own[1:])
	}
	return own + id.suffix
}

// Credentials says which credentials a probe has.
type Credentials int

// The credentials of probes.
const (
	OwnCredentials     Credentials = iota // the target's
	NoCredentials                         // none at all
	EmptyCredentials                      // the field for a token, without one
	MadeUpCredentials                     // a token that nobody issued
	MadeUpSignature                       // a signature by an access key that nobody has
	AlteredCredentials                    // the target's token with a few characters changed; not sent without a token
)

// String says which credentials these are.
func (c Credentials) String() string {
	switch c {
	case OwnCredentials:
		return "the target's credentials"
	case NoCredentials:
		return "no credentials"
	case EmptyCredentials:
		return "an empty token"
	case MadeUpCredentials:
		return "a made-up token"
	case MadeUpSignature:
		return "a signature by a made-up access key"
	case AlteredCredentials:
		return "an altered token"
	}
	return "credentials " + strconv.Itoa(int(c))
}

// ids returns what stands for each path parameter.
func (p Probe) ids() map[string]ID {
	return map[string]ID{projectID: p.ProjectID, instanceID: p.InstanceID, taskID: p.TaskID}
}

// valid returns what is wrong with a probe.
func (p Probe) valid() error {
	if p.Name == "" {
		return errors.New("a probe has no name")
	}
	if strings.ContainsFunc(p.Method, func(r rune) bool { return r < 'A' || r > 'Z' }) {
		return fmt.Errorf("probe %s: method %q is not of capital letters", p.Name, p.Method)
	}
	for name, id := range p.ids() {
		if value := id.of("x"); !safeSegment(value) {
			return fmt.Errorf("probe %s: %s %q would leave the path of the contract", p.Name, name, value)
		}
	}
	return nil
}

// deletes reports whether a probe is the deletion of the target's task.
func (p Probe) deletes(c *Contract) bool {
	own := p.ProjectID == OwnID && p.InstanceID == OwnID && p.TaskID == OwnID && p.Credentials == OwnCredentials
	return own && p.withMethod(c) == c.route.Method
}

// varied returns the path parameter that is not the target's own, or "".
func (p Probe) varied() string {
	for _, name := range []string{projectID, instanceID, taskID} {
		if p.ids()[name] != OwnID {
			return name
		}
	}
	return ""
}

// misses returns what a rule needs and the target does not have, or "". A probe without good credentials, or below an
// ID that is not the target's, may as well have IDs that are made up.
func (t Target) misses(r Rule) string {
	for _, p := range r.Probes {
		own := p.Credentials == OwnCredentials
		if own && !t.hasCredentials() {
			return "credentials"
		}
		own = own && p.ProjectID == OwnID
		if own && t.ProjectID == "" {
			return "project ID"
		}
		own = own && p.InstanceID == OwnID
		if own && t.InstanceID == "" {
			return "instance ID"
		}
		if r.Deletes && t.TaskID == "" {
			return "task ID"
		}
	}
	return ""
}

// withMethod returns the method of a probe.
func (p Probe) withMethod(c *Contract) string {
	if p.Method == "" {
		return c.route.Method
	}
	return p.Method
}
