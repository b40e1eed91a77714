package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/report"
	"github.com/dmstask/dmstask/internal/plainhttp"
)

// The exit statuses.
const (
	conforms    = 0
	conformsNot = 1
	unchecked   = 2
)

// run is the command without the process: what main does with the world comes in as arguments.
func run(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) int {
	o, err := parseOptions(args, env, stderr)
	if err == nil {
		o.look(stdout, stderr, env)
	}
	stdout, stderr = outlet{ctx, stdout}, outlet{ctx, stderr}
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, err = io.WriteString(stdout, help)
	case err != nil:
		say(stderr, "%v\nTry dms-conformance --help.", err)
		return unchecked
	case o.version:
		_, err = fmt.Fprintln(stdout, "dms-conformance", client.Version)
	case o.schema:
		err = o.print(ctx, stdout, report.Schema())
	case o.list:
		err = o.print(ctx, stdout, o.rules())
	default:
		var status int
		if status, err = check(ctx, o, stdout, stderr); err == nil {
			return status
		}
		err = fmt.Errorf("could not be checked: %w", err)
	}
	if err != nil {
		say(stderr, "%v", err)
		return unchecked
	}
	return conforms
}

// rules returns the list of rules, or all about them.
func (o *options) rules() []byte {
	var b bytes.Buffer
	write := report.WriteRuleList
	if o.format == report.Markdown {
		write = report.WriteRules
	}
	_ = write(&b, conformance.Rules()) // into a buffer
	return b.Bytes()
}

// print writes to the file of --output, or to standard output.
func (o *options) print(ctx context.Context, stdout io.Writer, content []byte) error {
	if o.output == "" {
		_, err := stdout.Write(content)
		return err
	}
	_, err := await(ctx, func() (any, error) {
		return nil, os.WriteFile(o.output, content, 0o644) //nolint:gosec // G306: where and for whom is the user's choice
	})
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("writing %s: %w", o.output, err)
	}
	return err
}

func check(interrupted context.Context, o *options, stdout, stderr io.Writer) (status int, err error) {
	ctx := interrupted
	if o.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.timeout, fmt.Errorf("--timeout %v is over", o.timeout))
		defer cancel()
	}
	settings, err := o.settings(ctx, stderr)
	if err != nil {
		return unchecked, err
	}
	if err := o.open(ctx); err != nil {
		return unchecked, err
	}
	defer func() { err = errors.Join(err, closeAll(o.reports)) }()
	switch {
	case o.cloud != "":
		if err := o.login(ctx); err != nil {
			return unchecked, err
		}
	case o.target.Endpoint == "":
		server := clienttest.NewServer()
		defer server.Close()
		o.target = embedded(server)
		say(stderr, "no --endpoint, so the embedded server is checked")
	}
	warnPlainHTTP(o.target, stderr)

	out := &screen{w: stdout, format: o.format, style: report.Style{Color: o.color, Verbose: o.verbose}}
	if !o.printed() {
		out.w = io.Discard
	}
	if o.progress {
		out.progress = startProgress(stderr)
		defer out.progress.stop()
		defer context.AfterFunc(ctx, out.progress.echoed)()
		settings = append(settings, conformance.OnRequest(out.progress.request))
	}
	r, err := conformance.Run(ctx, o.target, append(settings, conformance.OnResult(out.result))...)
	if r == nil {
		if errors.Is(err, conformance.ErrNoCredentials) {
			err = fmt.Errorf("%w; set DMS_TOKEN, or use --token-file or --cloud", err)
		}
		return unchecked, err
	}
	writeErr := out.end(r)
	inFile := report.Style{Color: o.colorChoice == colorAlways, Verbose: o.verbose}
	for i := range o.reports {
		writeErr = errors.Join(writeErr, o.reports[i].write(interrupted, r, inFile))
	}
	if writeErr != nil {
		say(stderr, "writing the report: %v", writeErr)
	}
	switch {
	case err != nil && o.printed() && o.format == report.Text && o.terminal:
		return unchecked, nil // the reader has just read why
	case err != nil:
		return unchecked, err
	case writeErr != nil:
		return unchecked, nil
	case !r.Conforms():
		return conformsNot, nil
	}
	return conforms, nil
}

// embedded makes a target of the server that comes with the command, where every rule can be judged.
func embedded(server *clienttest.Server) conformance.Target {
	task := server.NewTask()
	return conformance.Target{
		Endpoint:   server.URL,
		ProjectID:  string(task.ProjectID),
		InstanceID: string(task.InstanceID),
		TaskID:     string(task.TaskID),
		Token:      server.Token,
	}
}

func warnPlainHTTP(t conformance.Target, stderr io.Writer) {
	if t.Token == "" && t.Authorize == nil {
		return
	}
	if u, err := url.Parse(t.Endpoint); err == nil && u.Scheme == "http" && plainhttp.Exposed(u) {
		say(stderr, "warning: credentials go to %s over plain http, readable on the way", u.Host)
	}
}
