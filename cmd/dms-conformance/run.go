package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/report"
)

// The exit status is the place in this list.
var statuses = []conformance.Verdict{conformance.Conforms, conformance.DoesNotConform, conformance.NotChecked}

// leastTimeout is how long a response may always take: a server that is only slow does not violate anything.
const leastTimeout = 2 * time.Second

// notChecked is also the status if the command line is wrong.
const notChecked = 2

// run is the command without the process.
func run(ctx context.Context, args []string, stdout, stderr *os.File) (status int) {
	o, err := parse(args, stdout)
	switch {
	case err != nil:
		err = fmt.Errorf("%w\nrun dms-conformance --help for usage", err)
	case o.Help:
	case o.Version:
		_, err = fmt.Fprintln(stdout, "dms-conformance", client.Version)
	case o.Schema:
		err = o.print(stdout, report.Schema(), nil)
	case o.List:
		err = o.list(stdout)
	default:
		status, err = o.check(ctx, stdout, stderr)
	}
	if err != nil && !quiet(err) {
		say(stderr, "%v", err)
		return cmp.Or(status, notChecked)
	}
	return status
}

// list prints the rules, or with --format=markdown all about them.
func (o *options) list(stdout *os.File) (err error) {
	var b bytes.Buffer
	if rules := conformance.DeleteBackgroundTask.Rules(o.contract); o.Format == report.Markdown {
		err = report.WriteRules(&b, rules, o.contract)
	} else {
		err = report.WriteRuleList(&b, rules, o.contract, widthOf(stdout))
	}
	return o.print(stdout, b.Bytes(), err)
}

// check checks a server. The status says what is known about the server, even if there is an error.
func (o *options) check(ctx context.Context, stdout, stderr *os.File) (int, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, cmp.Or(o.Timeout, 1<<62), fmt.Errorf("--timeout %v expired", o.Timeout))
	defer cancel()
	files, out := o.Report, newScreen(o, stdout, stderr)
	if o.Output != "-" {
		files, out.stdout = append(files, output{"--output", o.Format, o.Output}), io.Discard
	}
	for i, file := range files {
		if slices.ContainsFunc(files[:i], func(other output) bool {
			return filepath.Clean(other.path) == filepath.Clean(file.path)
		}) {
			return notChecked, fmt.Errorf("two reports go to %s; one would replace the other", file.path)
		}
		if err := file.save(nil, nil); err != nil { // a mistake in a name must not cost a deleted task
			return notChecked, err
		}
	}
	target, err := o.target(ctx, stderr)
	if err != nil {
		return notChecked, err
	}
	r, err := conformance.Run(ctx, target, conformance.Options{
		Contract: o.contract, Only: o.Rule, Skip: o.Skip, Strict: o.Strict, HTTP2: o.HTTP2,
		//nolint:gosec // G402: --insecure is the user's choice
		TLS:      &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: o.Insecure, RootCAs: o.CACert.CertPool},
		OnResult: out.result, OnRequest: out.request,
		// A server that stalls must leave time for the other requests. The number is round because messages contain it.
		AnswerTimeout: min(conformance.DefaultAnswerTimeout,
			max((o.Timeout/6).Round(time.Millisecond), min(o.Timeout, leastTimeout))),
	})
	if r == nil {
		return notChecked, advise(err)
	}
	if target.Handler != nil {
		r.Endpoint = "the embedded server"
	}
	err = errors.Join(err, out.end(r))
	out.style.Color, out.style.Width = o.Color == "always", usualWidth // a file is no terminal
	for _, file := range files {
		err = errors.Join(err, file.save(render(r, file.format, out.style)))
	}
	return slices.Index(statuses, r.Verdict()), err
}

// advise adds to an error what to do on the command line.
func advise(err error) error {
	var unknown *conformance.UnknownRuleError
	switch {
	case !errors.As(err, &unknown):
		return err
	case len(unknown.ID) > 31: // it may be a token
		return errors.New("there is no such rule; --list prints all rules")
	}
	return fmt.Errorf("%w (--list prints all rules)", err)
}
