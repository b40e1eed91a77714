package otcauth

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	golangsdk "github.com/opentelekomcloud/gophertelekomcloud"
	"github.com/opentelekomcloud/gophertelekomcloud/openstack"
	"github.com/opentelekomcloud/gophertelekomcloud/openstack/identity/v3/tokens"
	"github.com/opentelekomcloud/gophertelekomcloud/openstack/utils"

	"github.com/dmstask/dmstask/client"
)

// loginTimeout bounds a login, all its requests together.
const loginTimeout = 30 * time.Second

// identity is the identity service (IAM, Keystone v3) of a cloud.
type identity struct {
	cloud *openstack.Cloud
	http  *http.Client
}

// dial returns the SDK's client of the service. It is for one login: it holds ctx, and adds the credentials that pass
// to seen.
func (i identity) dial(ctx context.Context, seen *[]string) (*golangsdk.ServiceClient, error) {
	provider, err := openstack.NewClient(i.cloud.AuthInfo.AuthURL)
	if err != nil {
		return nil, err
	}
	origin, err := url.Parse(i.cloud.AuthInfo.AuthURL)
	if err != nil {
		return nil, err
	}
	provider.HTTPClient = forLogin(ctx, i.http, origin, seen)
	provider.MaxBackoffRetries = new(int) // not 20 times a minute of sleep
	_, endpoint, err := utils.ChooseVersion(provider, []*utils.Version{{ID: "v3", Priority: 30, Suffix: "/v3/"}})
	if err != nil {
		return nil, err
	}
	return &golangsdk.ServiceClient{ProviderClient: provider, Endpoint: endpoint, Type: "identity"}, nil
}

// do has f talk to the service, in bounded time and with errors that are fit to be shown.
func (i identity) do(ctx context.Context, f func(*golangsdk.ServiceClient) error) error {
	ctx, cancel := context.WithTimeout(ctx, loginTimeout)
	defer cancel()
	var seen []string
	service, err := i.dial(ctx, &seen)
	if err == nil {
		err = f(service)
	}
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = errors.Join(ctx.Err(), err)
	}
	return i.explain(err, seen)
}

// scoped is the answer to a login by password or token, of which the SDK has two types.
type scoped interface {
	ExtractToken() (*tokens.Token, error)
	ExtractProject() (*tokens.Project, error)
	ExtractServiceCatalog() (*tokens.ServiceCatalog, error)
}

// password logs in with user and password, now and whenever the token runs out.
func (i identity) password(ctx context.Context) (*access, error) {
	auth := i.cloud.AuthInfo
	if auth.Username == "" && auth.UserID == "" || auth.Password == "" {
		return nil, errors.New("there are no credentials: neither user and password, nor a token, nor an access key")
	}
	// Not AuthOptionsFromInfo of the SDK, which takes the ID of a domain for that of the project.
	options := golangsdk.AuthOptions{
		Username: auth.Username, UserID: auth.UserID, Password: auth.Password, Passcode: auth.Passcode,
		TenantID: auth.ProjectID, TenantName: auth.ProjectName,
	}
	if auth.UserID == "" || auth.ProjectID == "" {
		options.DomainID = cmp.Or(auth.UserDomainID, auth.DomainID, auth.ProjectDomainID)
		if options.DomainID == "" {
			options.DomainName = cmp.Or(auth.UserDomainName, auth.DomainName, auth.ProjectDomainName, auth.DefaultDomain)
		}
	}
	if options.TenantID != "" {
		options.TenantName = ""
	}
	login := func(ctx context.Context) (got *access, token client.Token, err error) {
		err = i.do(ctx, func(service *golangsdk.ServiceClient) error {
			got, token, err = i.scope(tokens.Create(service, &options))
			return err
		})
		return got, token, err
	}
	got, token, err := login(ctx)
	if err != nil {
		return nil, err
	}
	return got.byToken(client.CachedTokenSource(token, func(ctx context.Context) (client.Token, error) {
		_, token, err := login(ctx)
		return token, err
	})), nil
}

// token takes a token that somebody else got. It cannot be renewed.
func (i identity) token(ctx context.Context) (*access, error) {
	value := i.cloud.AuthInfo.Token
	var got *access
	err := i.do(ctx, func(service *golangsdk.ServiceClient) error {
		service.TokenID = value
		result := tokens.Get(service, value)
		if result.Body == nil && result.Err == nil {
			return errors.New("no answer") // the SDK forgets the error then
		}
		var err error
		got, _, err = i.scope(result)
		return err
	})
	if err != nil {
		return nil, err
	}
	return got.byToken(func(context.Context) (string, error) { return value, nil }), nil
}

// scope reads what a token is for.
func (i identity) scope(result scoped) (*access, client.Token, error) {
	token, err := result.ExtractToken()
	if err != nil {
		return nil, client.Token{}, err
	}
	project, err := result.ExtractProject()
	if err != nil {
		return nil, client.Token{}, err
	}
	services, err := result.ExtractServiceCatalog()
	if err != nil {
		return nil, client.Token{}, err
	}
	a := &access{
		secrets: append(ofCloud(i.cloud), token.ID), region: i.cloud.RegionName, catalog: catalog(services.Entries),
	}
	if project != nil {
		a.project = project.ID
		a.region = cmp.Or(a.region, regionOf(project.Name))
	}
	return a, client.Token{Value: token.ID, Expires: token.ExpiresAt}, nil
}

// byToken completes what a login gave with a source of tokens.
func (a *access) byToken(source client.TokenSource) *access {
	a.option = client.WithTokenSource(source)
	a.authorize = func(req *http.Request) error {
		token, err := source(req.Context())
		if err == nil {
			req.Header.Set("X-Auth-Token", token)
		}
		return err
	}
	return a
}

// regionOf returns the region of a project by its name, such as "eu-de" of "eu-de_project".
func regionOf(project string) string {
	region, _, _ := strings.Cut(project, "_")
	return region
}
