package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/report"
	"github.com/dmstask/dmstask/internal/printable"
)

// say prints a message on standard error. Parts of it may come from a server and must not control the terminal.
func say(stderr io.Writer, format string, values ...any) {
	text := printable.Lines(fmt.Sprintf(format, values...))
	fmt.Fprintln(stderr, "dms-conformance:", strings.ReplaceAll(text, "\n", "\ndms-conformance: "))
}

// quiet reports whether an error only means that the reader of standard output, such as head, has seen enough.
func quiet(err error) bool { return errors.Is(err, errBrokenPipe) }

// usualWidth is how many columns most terminals have.
const usualWidth = 80

// widthOf returns how many columns a terminal has; what is not a terminal gets the usual width.
func widthOf(file *os.File) int {
	if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
		return width
	}
	return usualWidth
}

// hasEscapes reports whether a file is a terminal that understands escape sequences.
func hasEscapes(file *os.File) bool {
	return os.Getenv("TERM") != "dumb" && term.IsTerminal(int(file.Fd())) && enableEscapes(file)
}

// A screen is what people see: on standard output text, with the results as they become known, or another report at the
// end; on standard error, if that is a terminal, which request is being sent.
type screen struct {
	stdout, counter io.Writer
	format          report.Format
	style           report.Style
	text            bytes.Buffer // not printed yet
	requests        int
	columns         int   // of the counter
	err             error // the first one
}

func newScreen(o *options, stdout, stderr *os.File) *screen {
	colors := o.Color == "always" || o.Color == "auto" && os.Getenv("NO_COLOR") == "" && hasEscapes(stdout)
	style := report.Style{Color: colors, Verbose: o.Verbose, Width: widthOf(stdout)}
	s := &screen{stdout: stdout, counter: io.Discard, format: o.Format, style: style}
	if hasEscapes(stderr) {
		s.counter, s.columns = stderr, widthOf(stderr)
	}
	return s
}

func (s *screen) request(probe string) {
	s.requests++
	line := fmt.Sprintf("request %d, %s", s.requests, probe)
	fmt.Fprintf(s.counter, "\r%s\x1b[K", line[:min(len(line), max(0, s.columns-1))]) // a line that wraps would stay
}

// result prints a result. Skipped rules wait for one that is judged: perhaps the run has ended, and the end says why.
func (s *screen) result(r conformance.Result) {
	_ = s.style.WriteResult(&s.text, r) // into memory
	if r.Outcome != conformance.Skipped && s.format == report.Text {
		s.flush()
	}
}

func (s *screen) flush() {
	fmt.Fprint(s.counter, "\r\x1b[K") // the terminal may have written ^C there too
	if _, err := s.text.WriteTo(s.stdout); !quiet(err) {
		s.err = cmp.Or(s.err, err)
	}
}

func (s *screen) end(r *conformance.Report) error {
	if s.format != report.Text || r.Error != "" {
		s.text.Reset() // rules that could not be judged any more; the summary names them
	}
	switch judged := r.Count(conformance.Skipped) < len(r.Results); {
	case s.format != report.Text:
		s.err = report.Write(&s.text, r, s.format)
	case judged || r.Error == "":
		_ = s.style.WriteSummary(&s.text, r) // into memory
	}
	s.flush()
	return s.err
}
