package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/report"
)

const (
	colorAuto   = "auto"
	colorAlways = "always"
	colorNever  = "never"
)

// standardOutput is how --output calls it, as other commands do.
const standardOutput = "-"

// environment looks up a variable, as os.LookupEnv does.
type environment func(name string) (value string, set bool)

func (env environment) get(name string) string {
	value, _ := env(name)
	return value
}

// options is the command line and the environment.
type options struct {
	target      conformance.Target
	tokenFile   string
	cloud       string
	caCert      string
	insecure    bool
	http2       bool
	contract    string
	strict      bool
	only        []string
	skip        []string
	examples    int
	seed        *uint32 // nil: random
	format      report.Format
	output      string
	reports     []output
	verbose     bool
	colorChoice string
	color       bool
	progress    bool
	timeout     time.Duration
	list        bool
	schema      bool
	version     bool

	inputs   []input  // what was read
	streams  []stream // standard output and standard error
	terminal bool     // standard output is one
}

// printed reports whether there is a report on standard output.
func (o *options) printed() bool { return o.output == "" }

func parseOptions(args []string, env environment, stderr io.Writer) (*options, error) {
	o := &options{format: report.Text, examples: conformance.DefaultExamples, timeout: time.Minute}
	flags := o.flags(env)
	if err := flags.Parse(args); err != nil {
		return nil, usageError(err)
	}
	var empty []string
	flags.Visit(func(f *flag.Flag) {
		if getter, ok := f.Value.(flag.Getter); ok && getter.Get() == "" {
			empty = append(empty, "--"+f.Name)
		}
	})
	if o.output == standardOutput {
		o.output = ""
	}
	switch {
	case len(empty) > 0:
		return nil, fmt.Errorf("%s: the value is empty; was a variable not set?", strings.Join(empty, ", "))
	case flags.NArg() > 0:
		return nil, fmt.Errorf("argument %d is no flag; a value goes with its flag, as in --flag=value",
			len(args)-flags.NArg()+1) // without the value, which may be a token
	case o.timeout < 0:
		return nil, fmt.Errorf("--timeout %v is negative; 0 sets no limit", o.timeout)
	case o.examples < 0:
		return nil, fmt.Errorf("--examples %d is negative; 0 sends the fixed cases only", o.examples)
	case !slices.Contains([]string{colorAuto, colorAlways, colorNever}, o.colorChoice):
		return nil, fmt.Errorf("--color %q is not known; it is auto, always or never", o.colorChoice)
	case o.list || o.version || o.schema:
		return o, o.refuseBeside(flags)
	}
	if o.output != "" {
		o.reports = append(o.reports, output{format: o.format, path: o.output})
	}
	return o, o.complete(flags, env, stderr)
}

func (o *options) flags(env environment) *flag.FlagSet {
	flags := flag.NewFlagSet("dms-conformance", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors and help are ours to print
	flags.StringVar(&o.target.Endpoint, "endpoint", env.get("DMS_ENDPOINT"), "")
	flags.StringVar(&o.target.ProjectID, "project-id", env.get("DMS_PROJECT_ID"), "")
	flags.StringVar(&o.target.InstanceID, "instance-id", env.get("DMS_INSTANCE_ID"), "")
	flags.StringVar(&o.target.TaskID, "task-id", env.get("DMS_TASK_ID"), "")
	flags.StringVar(&o.tokenFile, "token-file", "", "")
	flags.StringVar(&o.cloud, "cloud", "", "")
	flags.StringVar(&o.caCert, "cacert", "", "")
	flags.BoolVar(&o.insecure, "insecure", false, "")
	flags.BoolVar(&o.http2, "http2", false, "")
	flags.StringVar(&o.contract, "contract", "", "")
	flags.BoolVar(&o.strict, "strict", false, "")
	flags.StringVar(&o.output, "output", "", "")
	flags.BoolVar(&o.verbose, "verbose", false, "")
	flags.BoolVar(&o.verbose, "v", false, "")
	flags.StringVar(&o.colorChoice, "color", colorAuto, "")
	flags.BoolVar(&o.list, "list", false, "")
	flags.BoolVar(&o.schema, "schema", false, "")
	flags.BoolVar(&o.version, "version", false, "")
	flags.Func("rule", "", func(id string) error { o.only = append(o.only, id); return nil })
	flags.Func("skip", "", func(id string) error { o.skip = append(o.skip, id); return nil })
	flags.Func("token", "", func(string) error { return errTokenArgument })
	flags.Func("format", "", func(s string) (err error) { o.format, err = report.ParseFormat(s); return err })
	flags.Func("report", "", o.addReport)
	flags.Func("examples", "", func(s string) (err error) {
		if o.examples, err = strconv.Atoi(s); err != nil {
			return errors.New("expected a number, such as 20")
		}
		return nil
	})
	flags.Func("timeout", "", func(s string) (err error) {
		if o.timeout, err = time.ParseDuration(s); err != nil {
			return errors.New("a duration has a unit, such as 30s or 2m")
		}
		return nil
	})
	flags.Func("seed", "", func(s string) error {
		seed, err := strconv.ParseUint(s, 10, 32)
		if err != nil {
			return errors.New("a seed is a number from 0 to 4294967295")
		}
		o.seed = new(uint32)
		*o.seed = uint32(seed)
		return nil
	})
	return flags
}

// addReport takes a value of --report, FORMAT=FILE.
func (o *options) addReport(value string) error {
	name, path, ok := strings.Cut(value, "=")
	if !ok || path == "" {
		return errors.New("a report is FORMAT=FILE, such as junit=report.xml")
	}
	if path == standardOutput {
		return errors.New("a report beside that on standard output goes to a file; --format says what is printed")
	}
	format, err := report.ParseFormat(name)
	if err != nil {
		return err
	}
	o.reports = append(o.reports, output{format: format, path: path})
	return nil
}

// complete takes from the environment what flags do not say, and refuses flags that would have no effect.
func (o *options) complete(flags *flag.FlagSet, env environment, stderr io.Writer) error {
	if err := o.refuseForTLS(); err != nil {
		return err
	}
	if o.cloud == "" && o.target.Endpoint == "" {
		// With an endpoint, the credentials of a cloud go there only if the cloud is named along with it.
		o.cloud = env.get("OS_CLOUD")
	}
	if o.cloud != "" {
		if o.tokenFile != "" {
			return errors.New("--token-file and a cloud are two kinds of credentials; use one")
		}
		return o.refuseOtherServer(flags, env)
	}
	if o.target.Endpoint == "" {
		if _, set := env("DMS_ENDPOINT"); set {
			return errors.New("DMS_ENDPOINT is set and empty: name a server, or unset it to check the embedded one")
		}
		return refuseForServer(flags, env, stderr)
	}
	o.target.Token = env.get("DMS_TOKEN")
	return nil
}
