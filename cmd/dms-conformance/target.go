package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/client/otcauth"
	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/internal/endpoint"
	"github.com/dmstask/dmstask/internal/plainhttp"
)

// target returns what is checked: the server of the flags, that of a cloud, or the embedded one.
func (o *options) target(ctx context.Context, stderr io.Writer) (t conformance.Target, err error) {
	t = conformance.Target{Endpoint: o.Endpoint, IDs: o.ids}
	t.Token = cmp.Or(strings.TrimSpace(string(o.TokenFile)), o.Token)
	switch {
	case o.Cloud != "":
		cloud, err := otcauth.New(ctx, otcauth.WithCloud(o.Cloud))
		if err != nil {
			return t, err
		}
		t.Endpoint = cmp.Or(o.Endpoint, cloud.Endpoint)
		t.IDs["project_id"] = cmp.Or(o.ids["project_id"], string(cloud.ProjectID))
		if o.TokenFile == nil {
			t.Token, t.Authorize = "", cloud.Authorize
		}
	case o.Endpoint == "" && (len(o.ids) > 0 || o.TokenFile != nil || o.Insecure || o.CACert.CertPool != nil || o.HTTP2):
		return t, errors.New("IDs or other options for a server are given, but no server: use --endpoint or --cloud")
	case o.Endpoint == "":
		say(stderr, "no --endpoint and no --cloud: checking the embedded server, with its own IDs and token")
		server := clienttest.NewServer()
		server.Close() // its handler is served in memory
		task := server.NewTask()
		return conformance.Target{Handler: server.Config.Handler, Token: server.Token, IDs: map[string]string{
			"project_id": string(task.ProjectID), "instance_id": string(task.InstanceID), "task_id": string(task.TaskID),
		}}, nil
	}
	switch u, expected := endpoint.Parse(t.Endpoint); {
	case u == nil: // it may be a token, and is not repeated
		return t, fmt.Errorf("the endpoint is not allowed: expected %s", expected)
	case o.TokenFile != nil && len(bytes.TrimSpace(o.TokenFile)) == 0:
		return t, errors.New("--token-file: the file is empty")
	case t.Token == "" && t.Authorize == nil && len(o.Rule) == 0: // a rule by itself may need none
		return t, errors.New("no credentials: set DMS_TOKEN, or use --token-file or --cloud")
	case plainhttp.Exposed(u) && (t.Token != "" || t.Authorize != nil):
		say(stderr, "warning: credentials go to %s over plain HTTP; others can read them in transit", u.Host)
	case o.Insecure:
		say(stderr, "warning: --insecure trusts any certificate; an attacker can get the credentials")
	}
	return t, nil
}

// roots are the certificates that are trusted; nil are those of the system.
type roots struct{ *x509.CertPool }

// UnmarshalText adds the certificates in a file to those of the system.
func (r *roots) UnmarshalText(path []byte) error {
	certificates, err := os.ReadFile(string(path))
	if err != nil {
		return err
	}
	if r.CertPool, err = x509.SystemCertPool(); err == nil && !r.AppendCertsFromPEM(certificates) {
		return errors.New("the file has no certificate in PEM format")
	}
	return err
}
