package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/dmstask/dmstask/conformance"
)

const (
	formatText = "text"
	formatJSON = "json"
)

// options is the command line and the environment.
type options struct {
	target    conformance.Target
	tokenFile string
	cloud     string
	strict    bool
	only      []string
	skip      []string
	format    string
	output    string
	timeout   time.Duration
	list      bool
	version   bool
}

func parseOptions(args []string, getenv func(string) string, stderr io.Writer) (*options, error) {
	o := &options{}
	flags := flag.NewFlagSet("dms-conformance", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors and help are ours to print
	flags.StringVar(&o.target.Endpoint, "endpoint", getenv("DMS_ENDPOINT"), "")
	flags.StringVar(&o.target.ProjectID, "project-id", getenv("DMS_PROJECT_ID"), "")
	flags.StringVar(&o.target.InstanceID, "instance-id", getenv("DMS_INSTANCE_ID"), "")
	flags.StringVar(&o.target.TaskID, "task-id", getenv("DMS_TASK_ID"), "")
	flags.StringVar(&o.tokenFile, "token-file", "", "")
	flags.StringVar(&o.cloud, "cloud", "", "")
	flags.BoolVar(&o.strict, "strict", false, "")
	flags.StringVar(&o.format, "format", formatText, "")
	flags.StringVar(&o.output, "output", "", "")
	flags.DurationVar(&o.timeout, "timeout", time.Minute, "")
	flags.BoolVar(&o.list, "list", false, "")
	flags.BoolVar(&o.version, "version", false, "")
	flags.Func("rule", "", func(id string) error { o.only = append(o.only, id); return nil })
	flags.Func("skip", "", func(id string) error { o.skip = append(o.skip, id); return nil })
	flags.Func("token", "", func(string) error { return errTokenArgument })
	if err := flags.Parse(args); err != nil {
		if strings.Contains(err.Error(), errTokenArgument.Error()) {
			return nil, errTokenArgument // without the value, which package flag repeats
		}
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("there are %d arguments that are no flags; values go with --flag=value", flags.NArg())
	}
	if o.format != formatText && o.format != formatJSON {
		return nil, fmt.Errorf("--format %q is not known; it is text or json", o.format)
	}
	if o.timeout < 0 {
		return nil, fmt.Errorf("--timeout %v is negative; 0 sets no limit", o.timeout)
	}
	if o.list || o.version {
		return o, nil
	}
	return o, o.complete(flags, getenv, stderr)
}

// errTokenArgument: everybody on the machine can read the arguments of a process.
var errTokenArgument = errors.New("no token as an argument, others could read it: set DMS_TOKEN or use --token-file")

// complete reads the token, and refuses flags that would have no effect.
func (o *options) complete(flags *flag.FlagSet, getenv func(string) string, stderr io.Writer) error {
	if o.cloud == "" && o.target.Endpoint == "" {
		// With an endpoint, the credentials of a cloud go there only if the cloud is named along with it.
		o.cloud = getenv("OS_CLOUD")
	}
	if o.cloud != "" {
		if o.tokenFile != "" {
			return errors.New("--token-file and a cloud are two kinds of credentials; use one")
		}
		return nil
	}
	if o.target.Endpoint == "" {
		var idle []string
		flags.Visit(func(f *flag.Flag) {
			switch f.Name {
			case "project-id", "instance-id", "task-id", "token-file":
				idle = append(idle, "--"+f.Name)
			}
		})
		if len(idle) > 0 {
			return fmt.Errorf("%s without --endpoint (DMS_ENDPOINT) or --cloud (OS_CLOUD): which server is meant?",
				strings.Join(idle, ", "))
		}
		for _, name := range []string{"DMS_PROJECT_ID", "DMS_INSTANCE_ID", "DMS_TASK_ID", "DMS_TOKEN"} {
			if getenv(name) != "" {
				fmt.Fprintf(stderr, "dms-conformance: %s has no effect without --endpoint (DMS_ENDPOINT) or --cloud (OS_CLOUD)\n",
					name)
			}
		}
		return nil
	}
	o.target.Token = getenv("DMS_TOKEN")
	if o.tokenFile != "" {
		content, err := os.ReadFile(o.tokenFile)
		if err != nil {
			return fmt.Errorf("--token-file: %w", err)
		}
		o.target.Token = strings.TrimSpace(string(content))
		if o.target.Token == "" {
			return fmt.Errorf("--token-file %s is empty", o.tokenFile)
		}
	}
	return nil
}
