package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// A stream is standard output or standard error.
type stream struct {
	name string
	info os.FileInfo
}

// look finds out where the output goes.
func (o *options) look(stdout, stderr io.Writer, env environment) {
	o.color, o.progress = colored(o.colorChoice, stdout, env), isScreen(stderr, env)
	o.terminal = isTerminal(stdout)
	for _, s := range []struct {
		name string
		w    io.Writer
	}{{"standard output", stdout}, {"standard error", stderr}} {
		if file, ok := s.w.(*os.File); ok {
			if info, err := file.Stat(); err == nil {
				o.streams = append(o.streams, stream{s.name, info})
			}
		}
	}
}

// isTerminal reports whether somebody reads along.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// isScreen reports whether a terminal can do more than print one line after another, such as take one back.
func isScreen(w io.Writer, env environment) bool { return env.get("TERM") != "dumb" && isTerminal(w) }

// colored decides about colours: never if they are unwanted (no-color.org), or the terminal cannot show them.
func colored(choice string, w io.Writer, env environment) bool {
	switch choice {
	case colorAlways:
		return true
	case colorNever:
		return false
	}
	return env.get("NO_COLOR") == "" && isScreen(w, env) && enableColors(w)
}
