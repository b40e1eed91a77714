// Package otcauth makes a client of package client from the credentials that users of Open Telekom Cloud have: a cloud
// in clouds.yaml and secure.yaml, or OS_* variables, with a password, a token, or an access key and its secret (AK/SK).
// Endpoint and project come from the service catalog.
//
//	c, err := otcauth.New(ctx, otcauth.WithCloud("prod")) // or OS_CLOUD
//	err = c.DeleteTask(ctx, client.TaskRef{ProjectID: c.ProjectID, InstanceID: i, TaskID: t})
//
// Tokens are cached and renewed before they expire; with AK/SK, every attempt is signed. A passcode of a second factor
// (OS_PASSCODE) is sent with the password. It works for one login, so its token is not renewed.
//
// It is built on gophertelekomcloud, the SDK of this cloud, and avoids some of its behavior: no login outlives its
// context, redirects are not followed with a password, AWS_* variables are not used as credentials, a cloud that does
// not exist is an error, and the region must be known instead of being the first one listed.
package otcauth

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	golangsdk "github.com/opentelekomcloud/gophertelekomcloud"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/internal/printable"
)

// A Client is a logged-in client, with what the login returned.
type Client struct {
	*client.Client

	Endpoint  string           // URL of DMS in the region
	ProjectID client.ProjectID // the project that the credentials are for
	Region    string           // for example "eu-de"

	authorize func(*http.Request) error
}

// Authorize adds the credentials to a request that is ready to be sent to Endpoint: a token, or a signature of all
// header fields that are set by then. It is for programs that send their own requests.
func (c *Client) Authorize(req *http.Request) error { return c.authorize(req) }

// An Option sets where credentials come from, or configures the client.
type Option func(*settings)

type settings struct {
	cloud    string
	region   string
	provider **golangsdk.ProviderClient // of WithProvider, which may be given nil
	options  []client.Option
	http     *http.Client
}

// WithCloud names a cloud of clouds.yaml. The default is OS_CLOUD; without either, the credentials come from OS_*
// variables. With a cloud, variables only add what the files leave out, for example a password, because they may be for
// another cloud.
func WithCloud(name string) Option { return func(s *settings) { s.cloud = name } }

// WithRegion sets the region. The default is region_name of the cloud or OS_REGION_NAME, else the name of the project
// up to the first underscore, as this cloud names its projects.
func WithRegion(name string) Option { return func(s *settings) { s.region = name } }

// WithProvider takes the credentials of a provider that is logged in already, by token or AK/SK. Every attempt uses its
// current token; renewing it is up to the provider and its owner.
func WithProvider(provider *golangsdk.ProviderClient) Option {
	return func(s *settings) { s.provider = &provider }
}

// WithHTTPClient sets the HTTP client for the login and for DMS. The default uses cacert, cert, key and verify of the
// cloud. Neither follows redirects.
func WithHTTPClient(hc *http.Client) Option { return func(s *settings) { s.http = hc } }

// WithClientOptions passes options to [client.New].
func WithClientOptions(options ...client.Option) Option {
	return func(s *settings) { s.options = append(s.options, options...) }
}

// New logs in and returns a client that is ready to delete tasks. Errors do not show credentials. The error of a failed
// login, now or when a token is renewed, is [client.ErrUnauthorized], with the reason, if the identity service refuses
// the credentials; [client.ErrThrottled] if it answers 429; and [client.ErrUnavailable] if it answers 5xx, cannot be
// reached, closes the connection or takes too long.
func New(ctx context.Context, options ...Option) (*Client, error) {
	var s settings
	for _, option := range options {
		option(&s)
	}
	got, err := s.access(ctx)
	if err != nil {
		return nil, fmt.Errorf("otcauth: %w", err)
	}
	c, err := s.client(got)
	if err != nil { // it may quote the catalog, which the service sent
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
		return nil, fmt.Errorf("the login is not for a project; set project_id or OS_PROJECT_ID: %w", err)
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
