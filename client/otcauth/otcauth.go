package otcauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	golangsdk "github.com/opentelekomcloud/gophertelekomcloud"

	"github.com/dmstask/dmstask/client"
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
	provider *golangsdk.ProviderClient
	provided bool // WithProvider was used
	options  []client.ClientOption
	http     *http.Client
}

// WithCloud names the cloud of clouds.yaml. The default is OS_CLOUD; without either, OS_* variables say who logs in.
func WithCloud(name string) Option { return func(s *settings) { s.cloud = name } }

// WithRegion sets the region. The default is region_name of the cloud or OS_REGION_NAME, else the name of the project
// up to the first underscore, as this cloud names its projects.
func WithRegion(name string) Option { return func(s *settings) { s.region = name } }

// WithProvider takes the credentials of a provider that is logged in already, by token or AK/SK. Its token is asked for
// at every attempt; to renew it remains the affair of the provider and its owner.
func WithProvider(provider *golangsdk.ProviderClient) Option {
	return func(s *settings) { s.provider, s.provided = provider, true }
}

// WithHTTPClient sets the HTTP client for the login and for DMS. The default heeds cacert, cert, key and verify of the
// cloud. Redirects are followed by neither.
func WithHTTPClient(hc *http.Client) Option { return func(s *settings) { s.http = hc } }

// WithClientOptions hands options on to [client.New].
func WithClientOptions(options ...client.ClientOption) Option {
	return func(s *settings) { s.options = append(s.options, options...) }
}

// New logs in and returns a client that is ready to delete tasks. Errors do not show credentials; that the identity
// service refuses them is [client.ErrUnauthorized].
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
	c, err := s.login(ctx)
	if err != nil {
		return nil, fmt.Errorf("otcauth: %w", err)
	}
	return c, nil
}

// access is what a login gives: credentials for requests, as an option of the client and by themselves.
type access struct {
	secrets   []string // not to be shown
	project   string
	region    string
	catalog   catalog
	option    client.ClientOption
	authorize func(*http.Request) error
}

func (s settings) login(ctx context.Context) (*Client, error) {
	got, err := s.access(ctx)
	if err != nil {
		return nil, err
	}
	c, err := s.client(got)
	if err != nil {
		return nil, show(err, got.secrets) // what the catalog says is the service's word
	}
	return c, nil
}

// client makes the client that a login is for.
func (s settings) client(got *access) (c *Client, err error) {
	c = &Client{authorize: got.authorize}
	if c.ProjectID, err = client.ParseProjectID(got.project); err != nil {
		return nil, fmt.Errorf("the login is not for a project, name one with project_id or OS_PROJECT_ID: %w", err)
	}
	if c.Endpoint, c.Region, err = got.catalog.endpoint(got.region); err != nil {
		return nil, err
	}
	all := []client.ClientOption{got.option}
	if s.http != nil {
		all = append(all, client.WithHTTPClient(s.http))
	}
	c.Client, err = client.New(c.Endpoint, append(all, s.options...)...)
	return c, err
}

func (s *settings) access(ctx context.Context) (*access, error) {
	if s.provided {
		return accessOf(s.provider, s.region)
	}
	cloud, err := loadCloud(s.cloud)
	if err != nil {
		return nil, err
	}
	if s.region != "" {
		cloud.RegionName = s.region
	}
	if s.http == nil {
		if s.http, err = newHTTPClient(cloud); err != nil {
			return nil, err
		}
	}
	in := identity{cloud: cloud, http: s.http}
	switch {
	case cloud.AuthInfo.AgencyName != "":
		return nil, errors.New("agencies are not supported; log in with gophertelekomcloud and use WithProvider")
	case cloud.AuthInfo.AccessKey != "":
		return in.accessKey(ctx)
	case cloud.AuthInfo.Token != "":
		return in.token(ctx)
	}
	return in.password(ctx)
}
