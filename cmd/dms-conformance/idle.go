package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/dmstask/dmstask/conformance/report"
)

// refuseBeside refuses flags that have no effect beside --version, --schema or --list, which check nothing.
func (o *options) refuseBeside(flags *flag.FlagSet) error {
	name, heeded := "list", []string{"list", "format", "output"}
	switch {
	case o.version:
		name, heeded = "version", []string{"version"}
	case o.schema:
		name, heeded = "schema", []string{"schema", "output"}
	}
	var idle []string
	flags.Visit(func(f *flag.Flag) {
		if !slices.Contains(heeded, f.Name) {
			idle = append(idle, "--"+f.Name)
		}
	})
	switch {
	case len(idle) > 0:
		return fmt.Errorf("%s: no effect beside --%s, which checks nothing; leave one of them out",
			strings.Join(idle, ", "), name)
	case o.list && o.format != report.Text && o.format != report.Markdown:
		return fmt.Errorf("--format %s: --list prints text or markdown", o.format)
	}
	return nil
}

// refuseForTLS refuses flags about certificates where none is looked at.
func (o *options) refuseForTLS() error {
	var idle []string
	if o.caCert != "" {
		idle = append(idle, "--cacert")
	}
	if o.insecure {
		idle = append(idle, "--insecure")
	}
	if len(idle) == 2 {
		return errors.New("--cacert has no effect beside --insecure, which takes any certificate; use one")
	}
	if u, err := url.Parse(o.target.Endpoint); err == nil && u.Scheme == "http" && len(idle) > 0 {
		return fmt.Errorf("%s has no effect on http://%s, where there is no certificate; is https:// meant?", idle[0], u.Host)
	}
	return nil
}

// refuseForServer refuses flags for a server that is not named, and says which variables have no effect.
func refuseForServer(flags *flag.FlagSet, env environment, stderr io.Writer) error {
	var idle []string
	flags.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "project-id", "instance-id", "task-id", "token-file", "cacert", "insecure", "http2":
			idle = append(idle, "--"+f.Name)
		}
	})
	if len(idle) > 0 {
		return fmt.Errorf("%s without --endpoint (DMS_ENDPOINT) or --cloud (OS_CLOUD): which server is meant?",
			strings.Join(idle, ", "))
	}
	for _, name := range []string{"DMS_PROJECT_ID", "DMS_INSTANCE_ID", "DMS_TASK_ID", "DMS_TOKEN"} {
		if env.get(name) != "" {
			say(stderr, "%s has no effect without --endpoint (DMS_ENDPOINT) or --cloud (OS_CLOUD)", name)
		}
	}
	return nil
}
