package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/report"
)

// An output is a report in a file.
type output struct {
	format report.Format
	path   string
	file   *os.File
	info   os.FileInfo
	fresh  bool // there was no file before, and there is no report in it
}

// open opens all files before anything is sent. What is in them stays until there is a report to take its place: a
// mistake in the flags must not cost the one of yesterday.
func open(outputs []output) (err error) {
	for i := range outputs {
		o := &outputs[i]
		_, statErr := os.Stat(o.path)
		o.fresh = errors.Is(statErr, os.ErrNotExist)
		//nolint:gosec // where and for whom: the user's choice
		o.file, err = os.OpenFile(o.path, os.O_WRONLY|os.O_CREATE, 0o644)
		if err == nil {
			o.info, err = o.file.Stat()
		}
		if err == nil {
			err = o.beside(outputs[:i])
		}
		if err != nil {
			return errors.Join(err, closeAll(outputs))
		}
	}
	return nil
}

// beside refuses a file that another report goes to, perhaps by another name: the last one would be left of them.
func (o *output) beside(others []output) error {
	for _, other := range others {
		if o.info.Mode().IsRegular() && os.SameFile(o.info, other.info) {
			return fmt.Errorf("two reports go to one file, %s and %s: give each its own", other.path, o.path)
		}
	}
	return nil
}

// closeAll closes all files, and leaves no empty ones behind.
func closeAll(outputs []output) (err error) {
	for _, o := range outputs {
		if o.file == nil {
			continue
		}
		err = errors.Join(err, o.file.Close())
		if o.fresh {
			err = errors.Join(err, os.Remove(o.path))
		}
	}
	return err
}

// write puts a report in place of what is in the file.
func (o *output) write(r *conformance.Report, style report.Style) error {
	var content bytes.Buffer
	if err := render(&content, r, o.format, style); err != nil {
		return fmt.Errorf("%s: %w", o.path, err)
	}
	if o.info.Mode().IsRegular() {
		if err := o.file.Truncate(0); err != nil {
			return err
		}
	}
	o.fresh = false
	_, err := content.WriteTo(o.file)
	return err
}

func render(w io.Writer, r *conformance.Report, format report.Format, style report.Style) error {
	if format == report.Text {
		return style.Write(w, r)
	}
	return report.Write(w, r, format)
}

// A screen is standard output, with the results as they come or a report at the end.
type screen struct {
	w        io.Writer
	format   report.Format
	style    report.Style
	err      error     // the first; nothing is written after it
	progress *progress // nil: nobody reads along
}

func (s *screen) result(r conformance.Result) {
	if s.format == report.Text && s.err == nil {
		s.clear()
		s.err = s.style.WriteResult(s.w, r)
	}
}

func (s *screen) end(r *conformance.Report) error {
	s.clear()
	switch {
	case s.err != nil:
		return s.err
	case s.format == report.Text:
		return s.style.WriteSummary(s.w, r)
	}
	return report.Write(s.w, r, s.format)
}

func (s *screen) clear() {
	if s.progress != nil {
		s.progress.clear()
	}
}
