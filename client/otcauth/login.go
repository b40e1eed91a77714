package otcauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/dmstask/dmstask/client"
)

// login gets access by the credentials of the cloud, of whatever kind.
func (c *cloud) login(ctx context.Context) (*access, error) {
	const instead = "use user and password, a token, or an access key and its secret (AK/SK)"
	switch c.kind {
	case "password", "multifactor":
		return c.byPassword(ctx)
	case "token":
		return c.byToken(ctx)
	case "aksk":
		return c.byAccessKey(ctx)
	case "agency":
		return nil, errors.New("agencies are not supported; log in with gophertelekomcloud and use WithProvider")
	case "":
		return nil, errors.New("there are no credentials; " + instead)
	}
	return nil, fmt.Errorf("login by %s is not supported; %s", c.kind, instead)
}

type object = map[string]any

// A member of a domain is named by its ID, or by its name and that of the domain.
type member struct {
	ID       string  `json:"id,omitempty"`
	Name     string  `json:"name,omitempty"`
	Domain   *member `json:"domain,omitempty"`
	Password string  `json:"password,omitempty"`
	Passcode string  `json:"passcode,omitempty"`
}

func named(id, name string, domain member) member {
	if id != "" || name == "" {
		return member{ID: id}
	}
	return member{Name: name, Domain: &domain}
}

// request is what asks for a token by user and password, and by the passcode of a second factor if there is one.
func (c *cloud) request() (object, error) {
	auth, none := c.Auth, member{}
	ofUser := member{ID: auth.UserDomainID, Name: auth.UserDomainName}
	ofProject := member{ID: auth.ProjectDomainID, Name: auth.ProjectDomainName}
	ofBoth := cmp.Or(member{ID: auth.DomainID, Name: auth.DomainName}, member{ID: auth.DefaultDomain})
	user := named(auth.UserID, auth.Username, cmp.Or(ofUser, ofBoth, ofProject))
	project := named(auth.ProjectID, auth.ProjectName, cmp.Or(ofProject, ofBoth, ofUser))
	switch {
	case user == none || auth.Password == "":
		return nil, errors.New("the user or password is missing; set username and password, or OS_USERNAME and OS_PASSWORD")
	case cmp.Or(ofUser, ofProject, ofBoth) == none && (user.Domain != nil || project.Domain != nil):
		return nil, errors.New("the domain of user and project is not known; set user_domain_name or OS_USER_DOMAIN_NAME")
	}
	user.Password = auth.Password
	identity := object{"methods": []string{"password"}, "password": object{"user": user}}
	if auth.Passcode != "" {
		user.Password, user.Passcode = "", auth.Passcode
		identity["methods"], identity["totp"] = []string{"password", "totp"}, object{"user": user}
	}
	request := object{"identity": identity}
	if project != none {
		request["scope"] = object{"project": project}
	}
	return object{"auth": request}, nil
}

// byPassword logs in with user and password, now and whenever the token runs out.
func (c *cloud) byPassword(ctx context.Context) (*access, error) {
	request, err := c.request()
	if err != nil {
		return nil, err
	}
	got, token, err := c.token(ctx, http.MethodPost, request, "")
	if err != nil {
		return nil, err
	}
	renew := client.TokenSourceFunc(func(ctx context.Context) (client.Token, error) {
		if c.Auth.Passcode != "" { // one that was used before counts as wrong, and wrong ones lock the user
			return client.Token{}, fmt.Errorf("%w: the token has expired, and passcodes work only once", client.ErrUnauthorized)
		}
		_, token, err := c.token(ctx, http.MethodPost, request, "")
		return token, err
	})
	return got.withTokens(client.CachedTokenSource(token, renew)), nil
}

// byToken takes a token that somebody else got. It cannot be renewed.
func (c *cloud) byToken(ctx context.Context) (*access, error) {
	value := c.Auth.Token
	if value == "" {
		return nil, errors.New("there is no token; set token or OS_TOKEN")
	}
	got, _, err := c.token(ctx, http.MethodGet, nil, value)
	if err != nil {
		return nil, err
	}
	return got.withTokens(held(func() string { return value })), nil
}

// token has the identity service issue a token (POST), or say what the caller's own is for (GET).
func (c *cloud) token(ctx context.Context, method string, request any, own string) (*access, client.Token, error) {
	s, cancel := c.session(ctx)
	defer cancel()
	var answer struct {
		Token struct {
			Expires time.Time `json:"expires_at"`
			Project member
			Catalog catalog
		}
	}
	header := map[string]string{"X-Auth-Token": own, "X-Subject-Token": own} // which are not sent if there is none
	got, err := s.ask(method, "auth/tokens", request, &answer, header)
	if err != nil {
		return nil, client.Token{}, err
	}
	return &access{secrets: s.secrets, project: answer.Token.Project, region: c.Region, catalog: answer.Token.Catalog},
		client.Token{Value: got.Get("X-Subject-Token"), Expires: answer.Token.Expires}, nil
}

// byAccessKey needs no login: every request is signed. The project and the catalog are asked for, once.
func (c *cloud) byAccessKey(ctx context.Context) (*access, error) {
	auth := c.Auth
	switch {
	case auth.AccessKey == "" || auth.SecretKey == "":
		return nil, errors.New("the access key or its secret is missing; set ak and sk, or OS_ACCESS_KEY and OS_SECRET_KEY")
	case auth.ProjectID == "" && auth.ProjectName == "":
		return nil, errors.New("an access key needs a project: set project_id or project_name, or OS_PROJECT_ID")
	}
	s, cancel := c.session(ctx)
	defer cancel()
	key := &s.sdk.AKSKAuthOptions
	var answer struct {
		Projects []member
		Catalog  catalog
	}
	if key.ProjectId == "" {
		path := "projects?" + url.Values{"name": {auth.ProjectName}}.Encode()
		if _, err := s.ask(http.MethodGet, path, nil, &answer, nil); err != nil {
			return nil, err
		}
		i := slices.IndexFunc(answer.Projects, func(p member) bool { return p.Name == auth.ProjectName })
		if i < 0 {
			return nil, fmt.Errorf("there is no project %q that the access key has access to", auth.ProjectName)
		}
		key.ProjectId = answer.Projects[i].ID
	}
	if _, err := s.ask(http.MethodGet, "auth/catalog", nil, &answer, nil); err != nil {
		return nil, err
	}
	project := member{ID: key.ProjectId, Name: auth.ProjectName}
	return (&access{secrets: s.secrets, project: project, region: c.Region, catalog: answer.Catalog}).withSigner(*key), nil
}
