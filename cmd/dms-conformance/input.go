package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// An input is a file that a flag names, as it was read.
type input struct {
	flag    string
	content []byte
	info    os.FileInfo
}

// The most that is read of an input: some files have no end.
const (
	maxToken    = 64 << 10
	maxDocument = 16 << 20
)

// read reads a file that a flag names, and keeps in mind which one it was.
func (o *options) read(ctx context.Context, flag, path string, limit int64) ([]byte, error) {
	in, err := await(ctx, func() (input, error) { return readInput(path, limit) })
	if err != nil {
		if pathErr := (*os.PathError)(nil); errors.As(err, &pathErr) {
			err = pathErr.Err // without the path
		}
		return nil, fmt.Errorf("--%s %s: %w", flag, named(path), err)
	}
	in.flag = flag
	o.inputs = append(o.inputs, in)
	return in.content, nil
}

func readInput(path string, limit int64) (in input, err error) {
	file, err := os.Open(path) //nolint:gosec // G304: the user's choice
	if err != nil {
		return in, err
	}
	defer func() { _ = file.Close() }()
	if in.info, err = file.Stat(); err != nil {
		return in, err
	}
	in.content, err = io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(in.content)) > limit {
		err = fmt.Errorf("there are more than %d KiB in it", limit>>10)
	}
	return in, err
}

// named is how a message names a file: a long name may be a token that was given by mistake.
func named(path string) string {
	if len(path) > 100 {
		return fmt.Sprintf("(a path of %d characters)", utf8.RuneCountInString(path))
	}
	return path
}

// readToken takes the token from the file of --token-file, if there is one.
func (o *options) readToken(ctx context.Context) error {
	if o.tokenFile == "" {
		return nil
	}
	content, err := o.read(ctx, "token-file", o.tokenFile, maxToken)
	switch {
	case ctx.Err() != nil:
		return err
	case err != nil:
		return fmt.Errorf("%w; name a file that has the token in it, or set DMS_TOKEN", err)
	}
	o.target.Token = strings.TrimSpace(string(content))
	if o.target.Token == "" {
		return fmt.Errorf("--token-file %s is empty", named(o.tokenFile))
	}
	return nil
}
