package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/report"
)

// An output is a file for a report.
type output struct {
	flag   string // that names it
	format report.Format
	path   string
}

// UnmarshalText reads a value of --report.
func (o *output) UnmarshalText(value []byte) (err error) {
	format, path, _ := strings.Cut(string(value), "=")
	o.flag, o.path = "--report", path
	if o.format, err = report.ParseFormat(format); err != nil || path == "" || path == "-" {
		return errors.New("expected FORMAT=FILE, such as junit=report.xml; see --format")
	}
	return nil
}

// save writes content, unless it could not be made. No content only tries whether the file can be written. A regular
// file is replaced once the new one is complete, under a temporary name: whatever goes wrong, the old report is kept.
func (o output) save(content []byte, err error) error {
	info, statErr := os.Lstat(o.path)
	direct := statErr == nil && !info.Mode().IsRegular() && !info.IsDir() // a device, a pipe, or a link, which is kept
	if err != nil || direct && content == nil {
		return err // opening a pipe is an event for its reader
	}
	name, flag, mode := fmt.Sprintf("%s.%d.tmp", o.path, os.Getpid()), os.O_EXCL, fs.FileMode(0o644)
	if direct {
		name, flag = o.path, os.O_TRUNC
	} else if statErr == nil {
		mode = info.Mode().Perm()
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|flag, mode) //nolint:gosec // G304: the user's choice
	if err == nil {
		_, err = file.Write(content)
		err = errors.Join(err, file.Close())
	}
	if !direct {
		if err == nil && content != nil {
			err = os.Rename(name, o.path)
		}
		_ = os.Remove(name) // it is gone if all went well
	}
	var pathErr *fs.PathError
	switch {
	case statErr == nil && info.IsDir():
		err = errors.New("is a directory")
	case errors.Is(err, fs.ErrNotExist):
		err = errors.New("no such directory")
	case errors.As(err, &pathErr):
		err = pathErr.Err // the path may be that of the temporary file
	case err == nil:
		return nil
	}
	return fmt.Errorf("%s %s: %w", o.flag, o.path, err)
}

// print writes to standard output, or to the file of --output.
func (o *options) print(stdout io.Writer, content []byte, err error) error {
	if err == nil && o.Output == "-" {
		_, err = stdout.Write(content)
		return err
	}
	return output{flag: "--output", path: o.Output}.save(content, err)
}

// render returns a report in a format.
func render(r *conformance.Report, format report.Format, style report.Style) (content []byte, err error) {
	var b bytes.Buffer
	if format == report.Text {
		err = style.Write(&b, r)
	} else {
		err = report.Write(&b, r, format)
	}
	return b.Bytes(), err
}
