package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// isTerminal reports whether somebody reads along, and may be shown colours and what is going on.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// colored decides about colours: never if they are unwanted (no-color.org), or the terminal cannot show them.
func colored(choice string, w io.Writer, env environment) bool {
	switch choice {
	case colorAlways:
		return true
	case colorNever:
		return false
	}
	return env.get("NO_COLOR") == "" && env.get("TERM") != "dumb" && isTerminal(w) && enableColors(w)
}
