package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/client/otcauth"
	"github.com/dmstask/dmstask/conformance"
)

// The exit statuses.
const (
	conforms    = 0
	conformsNot = 1
	unchecked   = 2
)

// run is the command without the process: what main does with the world comes in as arguments.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	o, err := parseOptions(args, getenv, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(stdout, help)
		return conforms
	case err != nil:
		fmt.Fprintf(stderr, "dms-conformance: %v\nTry dms-conformance --help.\n", err)
		return unchecked
	case o.version:
		fmt.Fprintln(stdout, "dms-conformance", client.Version)
		return conforms
	case o.list:
		list(stdout)
		return conforms
	}
	status, err := check(ctx, o, stdout, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "dms-conformance: could not be checked: %v\n", err)
		return unchecked
	}
	return status
}

func check(ctx context.Context, o *options, stdout, stderr io.Writer) (status int, err error) {
	if o.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.timeout, fmt.Errorf("--timeout %v is over", o.timeout))
		defer cancel()
	}
	out := stdout
	if o.output != "" {
		file, finish, err := createOutput(o.output)
		if err != nil {
			return unchecked, err
		}
		defer func() { err = errors.Join(err, finish()) }()
		out = file
	}
	switch {
	case o.cloud != "":
		if err := o.login(ctx); err != nil {
			return unchecked, err
		}
	case o.target.Endpoint == "":
		server := clienttest.NewServer()
		defer server.Close()
		o.target = embedded(server)
		fmt.Fprintln(stderr, "dms-conformance: no --endpoint, so the embedded server is checked")
	}
	warnPlainHTTP(o.target, stderr)

	var writeErr error
	runOptions := []conformance.Option{conformance.Only(o.only...), conformance.Skip(o.skip...)}
	if o.timeout > 0 {
		// One stalling answer must leave time for the others.
		runOptions = append(runOptions, conformance.AnswerTimeout(min(o.timeout/6+1, conformance.DefaultAnswerTimeout)))
	}
	if o.format == formatText {
		runOptions = append(runOptions, conformance.OnResult(func(r conformance.Result) {
			writeErr = errors.Join(writeErr, r.WriteText(out))
		}))
	}
	report, err := conformance.Run(ctx, o.target, runOptions...)
	if report == nil {
		return unchecked, err
	}
	if o.format == formatJSON {
		writeErr = report.WriteJSON(out)
	} else if err == nil {
		writeErr = errors.Join(writeErr, report.WriteSummary(out, o.strict))
	}
	switch {
	case err != nil:
		return unchecked, err
	case writeErr != nil:
		return unchecked, fmt.Errorf("writing the report: %w", writeErr)
	case !report.Conforms(o.strict):
		return conformsNot, nil
	}
	return conforms, nil
}

// login completes the target with what a cloud of clouds.yaml says; flags come first.
func (o *options) login(ctx context.Context) error {
	cloud, err := otcauth.New(ctx, otcauth.WithCloud(o.cloud))
	if err != nil {
		return err
	}
	o.target.Endpoint = cmp.Or(o.target.Endpoint, cloud.Endpoint)
	o.target.ProjectID = cmp.Or(o.target.ProjectID, string(cloud.ProjectID))
	o.target.Authorize = cloud.Authorize
	return nil
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
	if u, err := url.Parse(t.Endpoint); err == nil && u.Scheme == "http" && client.Exposed(u) {
		fmt.Fprintf(stderr, "dms-conformance: warning: credentials go to %s over plain http, readable on the way\n", u.Host)
	}
}

func list(w io.Writer) {
	for _, r := range conformance.Rules() {
		level := string(r.Level)
		if r.Deletes {
			level += ", deletes"
		}
		fmt.Fprintf(w, "%s (%s)\n    %s\n", r.ID, level, r.Demands)
		for _, s := range r.Sources {
			fmt.Fprintf(w, "    source: %s\n", s.Text)
			if s.URL != "" {
				fmt.Fprintf(w, "            %s\n", s.URL)
			}
		}
	}
}
