package main

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// createOutput opens a file for a report. What was in it stays until there is a report to take its place: a mistake in
// the flags must not cost the one of yesterday.
func createOutput(path string) (_ io.Writer, finish func() error, _ error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644) //nolint:gosec // where and for whom: the user's choice
	if err != nil {
		return nil, nil, err
	}
	var report bytes.Buffer
	return &report, func() error {
		if report.Len() == 0 {
			return file.Close()
		}
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			err = file.Truncate(0)
			if err != nil {
				return errors.Join(err, file.Close())
			}
		}
		_, err := report.WriteTo(file)
		return errors.Join(err, file.Close())
	}, nil
}
