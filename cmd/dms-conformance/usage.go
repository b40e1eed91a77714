package main

import (
	"errors"
	"regexp"
	"strings"
)

// errTokenArgument: everybody on the machine can read the arguments of a process.
var errTokenArgument = errors.New("no token as an argument, others could read it: set DMS_TOKEN or use --token-file")

// beforeFlag is what package flag says before it names a flag, with one dash.
var beforeFlag = regexp.MustCompile(`^(flag [a-z ]+: |invalid (?:boolean )?value "(?:[^"\\]|\\.)*" for (?:flag )?)-`)

// usageError puts an error of package flag as this command spells its flags. What may be a token is not repeated.
func usageError(err error) error {
	message := err.Error()
	switch {
	case strings.Contains(message, errTokenArgument.Error()):
		return errTokenArgument
	case strings.HasPrefix(message, "bad flag syntax: "):
		return errors.New("an argument begins like a flag and is none; flags are --flag or --flag=value")
	}
	if named := beforeFlag.ReplaceAllString(message, "${1}--"); named != message {
		return errors.New(named)
	}
	return err
}
