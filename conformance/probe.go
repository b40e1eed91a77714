package conformance

import (
	"errors"
	"fmt"
)

// A Probe is one request that the check can make, on the path of the contract. Its zero value, with a name, is the
// operation itself, for the target's task in a [Rule] that deletes, and for a made-up task in any other.
type Probe struct {
	Name        string            // rules that share a probe use the same name
	Method      string            // the default is that of the contract
	IDs         map[string]ID     // by the contract's parameter names; those left out are the target's own
	Credentials Credentials       // the default is the target's own
	Header      map[string]string // optional: further header fields
}

// An ID is the value of a path parameter in a probe. The zero value is the target's own, or a made-up one if the target
// has none. The target's task ID is used only in a run that may delete it, or for an operation that is safe.
type ID struct {
	name    string
	literal string
	madeUp  bool
	near    *NearMiss
	change  func(string) string
}

// UnknownID is a valid, made-up ID that belongs to nobody.
func UnknownID() ID { return ID{name: "an unknown one", madeUp: true} }

// UnusualID is a made-up ID that is changed to something unusual which the contract still allows. If the contract does
// not allow it, it is not sent.
func UnusualID(name string, change func(madeUp string) string) ID {
	return ID{name: "an unknown one, " + name, madeUp: true, change: change}
}

// MalformedID is a fixed value that the contract does not allow. If a contract allows it, it is not sent, because it
// could belong to somebody.
func MalformedID(value string) ID { return ID{name: fmt.Sprintf("%+q", value), literal: value} }

// NearID is the target's own ID with a change that a careless server does not notice.
func NearID(n NearMiss) ID { return ID{name: "its own, " + n.Name, near: &n, change: n.Change} }

// String describes the ID in a few words.
func (id ID) String() string {
	if id.name == "" {
		return "its own"
	}
	return id.name
}

// Bug describes the bug in a server that mistakes a near miss for the target's own ID, or is "".
func (id ID) Bug() string {
	if id.near == nil {
		return ""
	}
	return id.near.Bug
}

func (id ID) isOwn() bool { return id.name == "" }

// errNotSent is for a probe that makes no sense with this contract or this target.
var errNotSent = errors.New("not sent")

func notSent(format string, args ...any) error {
	return fmt.Errorf("%w: %w", errNotSent, fmt.Errorf(format, args...))
}

// longEnough is the length from which on an ID is unlikely to resemble anybody else's, in characters.
const longEnough = 16

// value returns the ID for a parameter, made from the target's own value or from a made-up one that has this form.
func (id ID) value(c *Contract, p Parameter, own, form string) (string, error) {
	parameter, value := p.Name, own
	switch {
	case id.literal != "":
		value = id.literal
	case id.madeUp || own == "":
		if value = c.madeUpID(p, form); value == "" {
			return "", notSent("the contract does not allow a made-up %s that certainly belongs to nobody", parameter)
		}
	}
	plain := value
	if id.change != nil {
		value = id.change(plain)
	}
	wellFormed := c.CheckID(parameter, value) == nil
	switch {
	case id.madeUp && !wellFormed:
		return "", notSent("the contract does not allow this %s", parameter)
	case id.literal != "" && wellFormed:
		return "", notSent("the contract allows %s %q, which could belong to somebody", parameter, value)
	case id.near != nil && (value == "" || value == plain):
		return "", notSent("this %s cannot be changed in this way", parameter)
	case id.near != nil && len(plain) < longEnough:
		return "", notSent("this %s is so short that %q could match somebody else's", parameter, value)
	case id.near != nil && wellFormed && !id.near.NeverAssigned:
		return "", notSent("the contract allows %s %q, which could belong to somebody", parameter, value)
	}
	return value, nil
}

// method returns the method of a probe.
func (p Probe) method(c *Contract) string {
	if p.Method == "" {
		return c.Method()
	}
	return p.Method
}

// carriesOut reports whether a probe is the operation of the contract for what the target names, with its credentials.
// If the operation is not safe (RFC 9110 section 9.2.1), this is what deletes.
func (p Probe) carriesOut(c *Contract) bool {
	for _, id := range p.IDs {
		if !id.isOwn() {
			return false
		}
	}
	return p.Credentials.isOwn() && p.method(c) == c.Method()
}
