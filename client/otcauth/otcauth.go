// Package otcauth makes a client of package client from credentials as users of Open Telekom Cloud keep them: a cloud
// in clouds.yaml and secure.yaml, or OS_* variables, with a password, a token, or an access key and its secret (AK/SK).
// Endpoint and project come from the service catalog.
//
//	c, err := otcauth.New(ctx, otcauth.WithCloud("prod")) // or OS_CLOUD
//	err = c.DeleteTask(ctx, client.TaskRef{ProjectID: c.ProjectID, InstanceID: i, TaskID: t})
//
// Tokens are kept and renewed before they expire; requests by AK/SK are signed anew for every attempt. A passcode of a
// second factor (OS_PASSCODE) goes along with the password. It is good for one login, and so its token is not renewed.
//
// It is built on gophertelekomcloud, the SDK of this cloud, and keeps out of the way what that does unasked: no login
// outlives its context, a redirect is not followed with a password, variables of AWS_* are not taken for credentials of
// this cloud, a cloud that does not exist is an error, and a region must be known rather than be the first one listed.
package otcauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	golangsdk "github.com/opentelekomcloud/gophertelekomcloud"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/internal/printable"
)

// A Client is a ready client, and what the login said.
type Client struct {
	*client.Client

	Endpoint  string           // URL of DMS in the region
	ProjectID client.ProjectID // the project that the credentials are for
	Region    string           // for example "eu-de"

	authorize func(*http.Request) error
}

// Authorize puts the credentials on a request that is ready to be sent to Endpoint: a token, or a signature of all
// header fields that are set by then. It is for programs that send requests of their own.
func (c *Client) Authorize(req *http.Request) error { return c.authorize(req) }

// An Option says where credentials come from, or how the client is to be.
type Option func(*settings)

type settings struct {
	cloud    string
	region   string
	provider **golangsdk.ProviderClient // of WithProvider, which may be given nil
	options  []client.Option
	http     *http.Client
}

// WithCloud names the cloud of clouds.yaml. The default is OS_CLOUD; without either, OS_* variables say who logs in.
// With a cloud they only add what the files leave open, for example a password: the rest may be for another cloud.
func WithCloud(name string) Option { return func(s *settings) { s.cloud = name } }

// WithRegion sets the region. The default is region_name of the cloud or OS_REGION_NAME, else the name of the project
// up to the first underscore, as this cloud names its projects.
func WithRegion(name string) Option { return func(s *settings) { s.region = name } }

// WithProvider takes the credentials of a provider that is logged in already, by token or AK/SK. Its token is asked for
// at every attempt; to renew it remains the affair of the provider and its owner.
func WithProvider(provider *golangsdk.ProviderClient) Option {
	return func(s *settings) { s.provider = &provider }
}

// WithHTTPClient sets the HTTP client for the login and for DMS. The default heeds cacert, cert, key and verify of the
// cloud. Redirects are followed by neither.
func WithHTTPClient(hc *http.Client) Option { return func(s *settings) { s.http = hc } }

// WithClientOptions hands options on to [client.New].
func WithClientOptions(options ...client.Option) Option {
	return func(s *settings) { s.options = append(s.options, options...) }
}

// New logs in and returns a client that is ready to delete tasks. Errors do not show credentials. A login that fails,
// now or when a token is to be renewed, is [client.ErrUnauthorized] if the identity service refuses the credentials,
// with the reason that it gives; [client.ErrThrottled] if it answers 429; and [client.ErrUnavailable] if it answers
// 5xx, cannot be reached, breaks off or takes too long.
func New(ctx context.Context, options ...Option) (*Client, error) {
	if ctx == nil {
		return nil, errors.New("otcauth: the context is nil")
	}
	var s settings
	for _, option := range options {
		if option != nil {
			option(&s)
		}
	}
	got, err := s.access(ctx)
	if err != nil {
		return nil, fmt.Errorf("otcauth: %w", err)
	}
	c, err := s.client(got)
	if err != nil { // what the catalog says is the service's word
		return nil, printable.Error("otcauth: "+shown(err.Error(), got.secrets), err)
	}
	return c, nil
}

// access is what a login gives: credentials for requests, as an option of the client and by themselves.
type access struct {
	secrets   []string // not to be shown
	project   member
	region    string // or "": that of the project
	catalog   catalog
	option    client.Option
	authorize func(*http.Request) error
}

// withTokens completes what a login gave with a source of tokens.
func (a *access) withTokens(source client.TokenSource) *access {
	a.option = client.WithTokenSource(source)
	a.authorize = func(req *http.Request) error {
		token, err := source.Token(req.Context())
		if err == nil {
			req.Header.Set("X-Auth-Token", token.Value)
		}
		return err
	}
	return a
}

// held is the source of a token that another renews, if anybody does.
type held func() string

func (h held) Token(context.Context) (client.Token, error) { return client.Token{Value: h()}, nil }

func (s *settings) access(ctx context.Context) (*access, error) {
	if s.provider != nil {
		return accessOf(*s.provider, s.region)
	}
	c, err := loadCloud(s.cloud, s.region)
	if err != nil {
		return nil, err
	}
	if s.http == nil {
		if s.http, err = c.newHTTPClient(); err != nil {
			return nil, err
		}
	}
	c.http = s.http
	return c.login(ctx)
}

// client makes the client that a login is for.
func (s *settings) client(got *access) (c *Client, err error) {
	c = &Client{authorize: got.authorize}
	if c.ProjectID, err = client.ParseProjectID(got.project.ID); err != nil {
		return nil, fmt.Errorf("the login is not for a project, name one with project_id or OS_PROJECT_ID: %w", err)
	}
	region := cmp.Or(got.region, regionOf(got.project.Name))
	if c.Endpoint, c.Region, err = got.catalog.endpoint(region); err != nil {
		return nil, err
	}
	all := []client.Option{got.option}
	if s.http != nil {
		all = append(all, client.WithHTTPClient(s.http))
	}
	c.Client, err = client.New(c.Endpoint, append(all, s.options...)...)
	return c, err
}
