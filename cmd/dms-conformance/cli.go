package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/report"
)

// options is the command line. Its tags are those of package kong, which makes the help from them.
//
//nolint:lll // a tag cannot be broken
type options struct {
	Endpoint  string       `group:"Target:" env:"DMS_ENDPOINT" placeholder:"URL" help:"Server to check. Default: the embedded server."`
	IDs       kong.Plugins `group:"Target:" embed:""` // see idFlags
	Cloud     string       `group:"Target:" env:"OS_CLOUD" placeholder:"NAME" help:"Cloud in clouds.yaml with endpoint, project and credentials (password, token or AK/SK). $$${env} is ignored if there is an endpoint."`
	Token     string       `env:"DMS_TOKEN" hidden:""` // the flag is refused
	TokenFile []byte       `group:"Target:" type:"filecontent" placeholder:"FILE" help:"File with the IAM token of the project. Default: the token in $$DMS_TOKEN, or the credentials of the cloud. A token cannot be an argument, because other users can read arguments."`
	CACert    roots        `group:"Target:" name:"cacert" xor:"certificates" placeholder:"FILE" help:"Also trust the CA certificates in this PEM file."`
	Insecure  bool         `group:"Target:" xor:"certificates" help:"Trust any certificate. For tests only: an attacker can get the credentials."`
	HTTP2     bool         `group:"Target:" name:"http2" help:"Use HTTP/2. Default: HTTP/1.1, and HTTP/2 only if the server refuses HTTP/1.1."`

	Rule     []string      `group:"Check:" sep:"none" placeholder:"ID" help:"Check only this rule. Repeatable."`
	Skip     []string      `group:"Check:" sep:"none" placeholder:"ID" help:"Do not check this rule. Repeatable."`
	Strict   bool          `group:"Check:" help:"Count a violated SHOULD like a violated MUST."`
	Contract []byte        `group:"Check:" type:"filecontent" placeholder:"FILE" help:"Check against another contract: OpenAPI 3.0 or 3.1, with one operation or with DeleteBackgroundTask."`
	Timeout  time.Duration `group:"Check:" default:"1m" placeholder:"TIME" help:"Time limit of the run, such as 30s or 2m; 0 for none. Default: ${default}. Each response gets a sixth of it, at least 2s and at most 10s."`

	Format  report.Format `group:"Report:" enum:"text, json, junit, html, markdown" default:"text" placeholder:"FORMAT" help:"Format of the report: ${enum}. Default: ${default}."`
	Output  string        `group:"Report:" default:"-" placeholder:"FILE" help:"Write the report to this file. Default: -, which is standard output."`
	Report  []output      `group:"Report:" sep:"none" placeholder:"FORMAT=FILE" help:"Also write a report in this format to a file. Repeatable."`
	Verbose bool          `group:"Report:" short:"v" help:"Print the requests and responses of all rules, and the sources. Text only."`
	Color   string        `group:"Report:" enum:"auto, always, never" default:"auto" placeholder:"WHEN" help:"Use colors: ${enum}. Default: ${default}, which means on a terminal unless NO_COLOR is set. Text only."`

	List    bool `group:"Other:" xor:"print" help:"Print the rules. With --format=markdown, print all details."`
	Schema  bool `group:"Other:" xor:"print" help:"Print the JSON Schema of JSON reports."`
	Version bool `group:"Other:" xor:"print" help:"Print the version."`
	Help    bool `group:"Other:" short:"h" help:"Print this help."`

	ids      map[string]string // the values of IDs, by the names of the embedded contract
	contract *conformance.Contract
}

//go:embed help.txt
var description string

// parse reads the command line and the environment, and prints the help if that is asked for.
func parse(args []string, stdout io.Writer) (*options, error) {
	if slices.ContainsFunc(args, func(arg string) bool { return arg == "--token" || strings.HasPrefix(arg, "--token=") }) {
		return nil, errors.New("a token cannot be an argument, which others can read: set DMS_TOKEN or use --token-file")
	}
	contract, _ := conformance.DefaultContract() // it is a part of the module, and valid
	ids := idFlags(contract)
	o := &options{IDs: kong.Plugins{ids.Addr().Interface()}, ids: make(map[string]string), contract: contract}
	line, err := kong.Must(o, kong.Name("dms-conformance"), kong.Description(strings.TrimSpace(description)),
		kong.ConfigureHelp(kong.HelpOptions{NoAppDescFormat: true, WrapUpperBound: 100}), kong.NoDefaultHelp(),
		kong.Writers(stdout, io.Discard)).Parse(args)
	switch {
	case err != nil:
		return nil, explain(err)
	case o.Help:
		return o, line.PrintUsage(false)
	case o.Version || o.Schema:
		return o, nil
	}
	for i, p := range contract.Parameters() {
		if value := ids.Field(i).String(); value != "" {
			o.ids[p.Name] = value
		}
	}
	if err := o.refuse(line); err != nil || o.Contract == nil {
		return o, err
	}
	o.contract, err = conformance.LoadContract(o.Contract, conformance.DeleteBackgroundTask.ID)
	return o, err
}

// idFlags returns a struct for kong: in the order of the path, a flag for each parameter of the contract.
func idFlags(contract *conformance.Contract) reflect.Value {
	fields := make([]reflect.StructField, len(contract.Parameters()))
	for i, p := range contract.Parameters() {
		name := strings.ReplaceAll(p.Name, "_", "-")
		help := "ID of the " + strings.TrimSuffix(name, "-id") + "."
		if p.Last {
			help += " ITS RECORD IS DELETED! Without this ID, nothing is deleted."
		}
		tag := fmt.Sprintf(`name:%q env:"DMS_%s" placeholder:"ID" help:%q`, name, strings.ToUpper(p.Name), help)
		fields[i] = reflect.StructField{Name: "ID" + p.Name, Type: reflect.TypeFor[string](), Tag: reflect.StructTag(tag)}
	}
	return reflect.New(reflect.StructOf(fields)).Elem()
}

// refuse refuses what is probably a mistake: empty values, and a cloud together with variables that may belong to
// another one.
func (o *options) refuse(line *kong.Context) error {
	given := make(map[string]bool)    // on the command line
	for _, p := range line.Path[1:] { // the first one is the command
		given[p.Flag.Name] = true
		list, _ := p.Flag.Target.Interface().([]string)
		if file, ok := p.Flag.Target.Interface().([]byte); ok && len(file) == 0 {
			return fmt.Errorf("--%s: the file is empty", p.Flag.Name)
		}
		if text := fmt.Sprint(p.Flag.Target); text == "" || text == "[]" || slices.Contains(list, "") {
			return fmt.Errorf("--%s is empty; was a variable not set?", p.Flag.Name)
		}
	}
	for _, f := range line.Flags() {
		for _, name := range f.Envs {
			value, set := os.LookupEnv(name)
			switch {
			case set && value == "" && name != "OS_CLOUD":
				return fmt.Errorf("%s is set but empty; give it a value or unset it", name)
			case set && given["cloud"] && !given[f.Name] && (f.Name == "endpoint" || f.Name == "project-id"):
				return fmt.Errorf("%s may belong to a cloud other than --cloud: unset it, or use --%s as well", name, f.Name)
			}
		}
	}
	if o.Timeout < 0 {
		return fmt.Errorf("--timeout %v is negative; 0 means no limit", o.Timeout)
	}
	if o.Endpoint != "" && !given["cloud"] {
		o.Cloud = "" // an endpoint gets the credentials of a cloud only if that is named on the command line
	}
	return nil
}

// harmless is how flags are named, and how no token looks.
var harmless = regexp.MustCompile(`^--[a-z-]{1,20}$`)

// explain puts an error of kong into words that repeat no value: any argument may be a token in the wrong place.
func explain(err error) error {
	var wrong *kong.ParseError
	var file *fs.PathError
	_ = errors.As(err, &wrong) // kong returns no other error
	path := wrong.Context.Path
	position := len(wrong.Context.Args) - len(path[len(path)-1].Remainder()) + 1 // of what could not be parsed
	text, _, _ := strings.Cut(err.Error(), " but got ")
	text = strings.Replace(text, "expected string value", "expected a value", 1)
	flag, _, isTime := strings.Cut(text, ": expected duration")
	name, _, _ := strings.Cut(strings.TrimPrefix(text, "unknown flag "), ",")
	switch {
	case errors.As(err, &file):
		flag, _, _ := strings.Cut(text, ": ")
		return fmt.Errorf("%s: %w", flag, file.Err)
	case isTime:
		return fmt.Errorf("%s: expected a time such as 30s or 2m", flag)
	case harmless.MatchString(name):
		return errors.New(text)
	case strings.HasPrefix(text, "unknown "), strings.HasPrefix(text, "unexpected "):
		return fmt.Errorf("argument %d is not a flag of this command; flags are written --flag or --flag=value", position)
	}
	return errors.New(text)
}
