package client

import (
	"fmt"

	"github.com/dmstask/dmstask/internal/printable"
)

// An InvalidError says that an argument is not what the contract or this package allows. Nothing was sent.
// It is [ErrInvalid].
type InvalidError struct {
	Parameter string // name of the argument, for a path parameter as the contract names it
	Value     string // the value that was refused; never a credential
	Expected  string // what would have been accepted, in words

	hidden bool // Value is a credential and was left out
}

func (e *InvalidError) Error() string {
	value := " " + quote(e.Value)
	if e.hidden {
		value = ""
	}
	return fmt.Sprintf("%s%s is not allowed: expected %s; nothing was sent", e.Parameter, value, e.Expected)
}

// Is reports whether target is [ErrInvalid].
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }

// longestField is how much is shown of one value.
const longestField = 256

// quote makes foreign text fit for a line of an error or a log: no control characters, and of a long text the start.
func quote(s string) string {
	if len(s) <= longestField {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%q… (%d bytes)", printable.Start(s, longestField), len(s))
}
