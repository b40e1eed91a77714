// Package caught takes a panic from one goroutine to another.
package caught

import (
	"fmt"
	"runtime/debug"
)

// A PanicError is what a goroutine panicked with, and where. It is to be raised again in another goroutine.
type PanicError struct {
	Value any
	Stack []byte
}

func (p *PanicError) Error() string { return fmt.Sprintf("%v\n\n%s", p.Value, p.Stack) }

// Unwrap returns the value if it is an error.
func (p *PanicError) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// Guard does work, and hands a panic in it to caught. The same goes for the end of the goroutine in the middle of it,
// as FailNow of package testing ends one.
func Guard(work func(), caught func(*PanicError)) {
	returned := false
	defer func() {
		value := recover()
		if value == nil && !returned {
			value = "a function of the caller called runtime.Goexit, as FailNow of package testing does"
		}
		if value != nil {
			caught(&PanicError{value, debug.Stack()})
		}
	}()
	work()
	returned = true
}
