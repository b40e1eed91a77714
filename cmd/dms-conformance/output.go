package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/report"
)

// An output is a report in a file.
type output struct {
	format  report.Format
	path    string
	file    *os.File
	info    os.FileInfo
	created string // the file, while there was none before and there is no report in it
}

// open opens all files before anything is sent. What is in them stays until there is a report to take its place: a
// mistake in the flags must not cost the one of yesterday.
func (o *options) open(ctx context.Context) error {
	for i := range o.reports {
		out := &o.reports[i]
		err := out.open(ctx)
		if err == nil {
			err = o.refuseShared(out, o.reports[:i])
		}
		if err != nil {
			return errors.Join(err, closeAll(o.reports))
		}
	}
	return nil
}

func (o *output) open(ctx context.Context) (err error) {
	_, statErr := os.Stat(o.path)
	o.file, err = await(ctx, func() (*os.File, error) {
		return os.OpenFile(o.path, os.O_WRONLY|os.O_CREATE, 0o644) //nolint:gosec // where and for whom: the user's choice
	})
	switch {
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("opening %s: %w", o.path, err)
	case err != nil:
		return err
	}
	if errors.Is(statErr, os.ErrNotExist) {
		// Not the path itself, which may be a symbolic link of the user. If that cannot be told, the file stays.
		o.created, _ = filepath.EvalSymlinks(o.path)
	}
	o.info, err = o.file.Stat()
	return err
}

// refuseShared refuses a file that is something else too, perhaps by another name, and would be lost or garbled.
func (o *options) refuseShared(out *output, others []output) error {
	same := func(info os.FileInfo) bool { return out.info.Mode().IsRegular() && os.SameFile(out.info, info) }
	for _, other := range others {
		if same(other.info) {
			return fmt.Errorf("two reports go to one file, %s and %s: give each its own", other.path, out.path)
		}
	}
	for _, in := range o.inputs {
		if same(in.info) {
			return fmt.Errorf("a report to %s would overwrite the file of --%s: name another file", out.path, in.flag)
		}
	}
	for _, s := range o.streams {
		if same(s.info) {
			return fmt.Errorf("a report to %s would overwrite %s, which goes there too: name another file, or - for "+
				"standard output", out.path, s.name)
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
		if o.created != "" {
			err = errors.Join(err, os.Remove(o.created))
		}
	}
	return err
}

// write puts a report in place of what is in the file.
func (o *output) write(interrupted context.Context, r *conformance.Report, style report.Style) error {
	var content bytes.Buffer
	if err := render(&content, r, o.format, style); err != nil {
		return fmt.Errorf("%s: %w", o.path, err)
	}
	var w io.Writer = o.file
	if o.info.Mode().IsRegular() {
		if err := o.file.Truncate(0); err != nil {
			return err
		}
	} else {
		w = outlet{interrupted, o.file}
	}
	o.created = ""
	_, err := content.WriteTo(w)
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
