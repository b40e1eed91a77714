package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"strings"

	"github.com/dmstask/dmstask/client/otcauth"
)

// refuseOtherServer refuses variables that name another server or project than the cloud of the command line: they may
// be left over, and would get the credentials of the cloud. A flag is meant, and goes together with a cloud.
func (o *options) refuseOtherServer(flags *flag.FlagSet, env environment) error {
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if !given["cloud"] {
		return nil
	}
	var variables, instead []string
	for _, of := range []struct{ variable, flag string }{
		{"DMS_ENDPOINT", "endpoint"}, {"DMS_PROJECT_ID", "project-id"},
	} {
		if env.get(of.variable) != "" && !given[of.flag] {
			variables, instead = append(variables, of.variable), append(instead, "--"+of.flag)
		}
	}
	if len(variables) == 0 {
		return nil
	}
	return fmt.Errorf("--cloud=%s has an endpoint and a project, and the environment has others, in %s: "+
		"unset what is left over, or say with %s what you mean",
		o.cloud, strings.Join(variables, " and "), strings.Join(instead, " and "))
}

// login completes the target with what a cloud of clouds.yaml says; flags come first.
func (o *options) login(ctx context.Context) error {
	cloud, err := await(ctx, func() (*otcauth.Client, error) { return otcauth.New(ctx, otcauth.WithCloud(o.cloud)) })
	if err != nil {
		return err
	}
	o.target.Endpoint = cmp.Or(o.target.Endpoint, cloud.Endpoint)
	o.target.ProjectID = cmp.Or(o.target.ProjectID, string(cloud.ProjectID))
	o.target.Authorize = cloud.Authorize
	return o.refuseForTLS()
}
