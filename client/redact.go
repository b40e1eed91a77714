package client

import (
	"github.com/dmstask/dmstask/internal/printable"
	"github.com/dmstask/dmstask/internal/secret"
)

const (
	longestError = 1000 // bytes of the text of an error: the reason is at its end, behind a URL
	longestField = 256  // bytes of one value
)

// show returns err, with a text that is one line, not too long, and without credentials.
func show(err error, secrets *secret.Set) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if shown := printable.Brief(secrets.Clean(text), longestError); shown != text {
		return printable.Error(shown, err)
	}
	return err
}

// quote makes foreign text fit for a line of an error.
func quote(s string) string { return printable.Quote(s, longestField) }

// brief is quote without the quotes, which a handler of a logger adds where it needs them.
func brief(field string) string { return printable.Brief(field, longestField) }
