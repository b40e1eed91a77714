package main

import (
	"fmt"
	"io"

	"github.com/dmstask/dmstask/internal/printable"
)

// say tells the user something on standard error. A part of it may come from a server, and steers no terminal.
func say(stderr io.Writer, format string, values ...any) {
	fmt.Fprintf(stderr, "dms-conformance: %s\n", printable.Lines(fmt.Sprintf(format, values...)))
}
