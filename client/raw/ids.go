// Package raw has the client that oapi-codegen generates from the contract, openapi.yaml, and the types of its path
// parameters. It is for programs that need the HTTP response itself, and is best used through the Raw method of the
// client in package client.
//
// By themselves, the functions here validate IDs and nothing else: a client of [NewClient] follows redirects, with the
// token, and a 503 is not an error.
package raw

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/dmstask/dmstask/internal/printable"
)

// The patterns of openapi.yaml, written by hand because every call passes through them. The contract tests check
// that both accept the same strings.

// A ProjectID is the ID of a project: 32 lower-case hexadecimal digits.
type ProjectID string

// An InstanceID is the ID of a Kafka instance: a UUID with hyphens (RFC 9562 section 4), in digits of either case.
type InstanceID string

// A TaskID is the ID of a background task. The vendor leaves its format open; this package accepts 1 to 64 letters,
// digits, underscores and hyphens, so that a task ID is never empty, never a dot segment and never has a slash.
type TaskID string

// ParseProjectID returns s as a [ProjectID], or an [*InvalidError].
func ParseProjectID(s string) (ProjectID, error) { return parse[ProjectID](s) }

// ParseInstanceID returns s as an [InstanceID], or an [*InvalidError].
func ParseInstanceID(s string) (InstanceID, error) { return parse[InstanceID](s) }

// ParseTaskID returns s as a [TaskID], or an [*InvalidError].
func ParseTaskID(s string) (TaskID, error) { return parse[TaskID](s) }

// MarshalText returns the ID, or an [*InvalidError] if the contract refuses it. The generated code calls it to build
// the path, and so sends nothing for an invalid ID.
func (id ProjectID) MarshalText() ([]byte, error) { return marshal(id) }

// MarshalText returns the ID, or an [*InvalidError] if the contract refuses it.
func (id InstanceID) MarshalText() ([]byte, error) { return marshal(id) }

// MarshalText returns the ID, or an [*InvalidError] if the contract refuses it.
func (id TaskID) MarshalText() ([]byte, error) { return marshal(id) }

// UnmarshalText sets the ID to text, or returns an [*InvalidError] and leaves it unchanged.
func (id *ProjectID) UnmarshalText(text []byte) error { return unmarshal(id, text) }

// UnmarshalText sets the ID to text, or returns an [*InvalidError] and leaves it unchanged.
func (id *InstanceID) UnmarshalText(text []byte) error { return unmarshal(id, text) }

// UnmarshalText sets the ID to text, or returns an [*InvalidError] and leaves it unchanged.
func (id *TaskID) UnmarshalText(text []byte) error { return unmarshal(id, text) }

type identifier interface {
	~string
	Validate() error
}

func parse[T identifier](s string) (T, error) {
	if err := T(s).Validate(); err != nil {
		return "", err
	}
	return T(s), nil
}

func marshal[T identifier](id T) ([]byte, error) {
	if err := id.Validate(); err != nil {
		return nil, err
	}
	return []byte(id), nil
}

func unmarshal[T identifier](id *T, text []byte) error {
	parsed, err := parse[T](string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// Validate returns an [*InvalidError] if the contract refuses the ID.
func (id ProjectID) Validate() error {
	if len(id) == 32 && strings.Trim(string(id), lowerHex) == "" {
		return nil
	}
	return &InvalidError{Parameter: "project_id", Value: string(id), Expected: "32 lower-case hexadecimal digits"}
}

// Validate returns an [*InvalidError] if the contract refuses the ID.
func (id InstanceID) Validate() error {
	if len(id) == 36 && uuid.Validate(string(id)) == nil { // other forms of a UUID are shorter or longer
		return nil
	}
	return &InvalidError{Parameter: "instance_id", Value: string(id), Expected: "a UUID with hyphens"}
}

// Validate returns an [*InvalidError] if the contract refuses the ID.
func (id TaskID) Validate() error {
	if 1 <= len(id) && len(id) <= 64 && strings.Trim(string(id), word) == "" {
		return nil
	}
	return &InvalidError{Parameter: "task_id", Value: string(id), Expected: "1 to 64 letters, digits, '_' or '-'"}
}

const (
	lowerHex = "0123456789abcdef"
	word     = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-"
)

// ErrInvalid matches every [*InvalidError], for use with [errors.Is].
var ErrInvalid = errors.New("invalid request")

// An InvalidError is about an argument that the contract, or the package that refuses it, does not allow.
// It is [ErrInvalid].
type InvalidError struct {
	Parameter string // name of the argument; for a path parameter, the name in the contract
	Value     string // the value that was refused; never a credential
	Hidden    bool   // the value may contain a credential, and was left out
	Expected  string // what would have been accepted, in words
}

// longestValue is how many bytes of a value an error shows.
const longestValue = 256

func (e *InvalidError) Error() string {
	value := " " + printable.Quote(e.Value, longestValue)
	if e.Hidden {
		value = ""
	}
	return fmt.Sprintf("%s%s is not allowed: expected %s", e.Parameter, value, e.Expected)
}

// Is reports whether target is [ErrInvalid].
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }
