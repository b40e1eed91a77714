package otcauth

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	golangsdk "github.com/opentelekomcloud/gophertelekomcloud"
	"github.com/opentelekomcloud/gophertelekomcloud/openstack/identity/v3/tokens"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/internal/printable"
	"github.com/dmstask/dmstask/internal/secret"
)

// This file is about gophertelekomcloud, the SDK of this cloud, and keeps its ways from the others. The SDK sends the
// requests of a login, signs, and has providers that are logged in already. More of it is not used:
//
//   - Its reader of clouds.yaml panics at a file that it cannot read, and takes a cloud that is not there for an empty
//     one. It takes AWS_* for credentials of this cloud, mixes into each what variables say for another, and forgets
//     passcode, cacert, cert, key and verify.
//   - Its login looks for the project in the domain of the user, and takes the ID of a domain for that of a project.
//     It sends a passcode without the domain of the user, and forgets the error if nobody answers.
//   - It asks a service whose URL has no version which ones there are, and goes wherever the answer points.

const (
	loginTimeout = 30 * time.Second // for all requests of a login together
	maxLogin     = 8 << 20          // bytes of an answer that are read; a catalog has some hundred kilobytes
	longestRead  = 64 << 10         // bytes of an error that are searched for credentials, in many times as much memory
	longestError = 500              // bytes of it that are shown
)

// A session is one login at the identity service (IAM, Keystone v3).
type session struct {
	*cloud

	ctx     context.Context //nolint:containedctx // the SDK has no other way for it to come along
	sdk     golangsdk.ProviderClient
	secrets []string // those of the cloud, and what passes
	status  int      // of the last answer, or 0
}

// session begins a login. It ends with the context, and after loginTimeout or what the caller's HTTP client has.
func (c *cloud) session(ctx context.Context) (*session, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.http.Timeout, loginTimeout))
	s, auth := &session{cloud: c, ctx: ctx}, c.Auth
	s.secrets = []string{auth.Password, auth.Passcode, auth.Token, auth.SecretKey, auth.SecurityToken}
	if key := &s.sdk.AKSKAuthOptions; c.kind == "aksk" {
		// Without a domain, which the SDK would name instead of the project.
		key.AccessKey, key.SecretKey = auth.AccessKey, auth.SecretKey
		key.SecurityToken, key.ProjectId = auth.SecurityToken, auth.ProjectID
	}
	// The SDK follows a redirect, which would take a password along.
	follow := func(*http.Request, []*http.Request) error {
		return errors.New("the identity service redirects, and redirects are not followed; check the auth_url")
	}
	s.sdk.HTTPClient = http.Client{Transport: s, Jar: c.http.Jar, CheckRedirect: follow}
	s.sdk.MaxBackoffRetries = new(int) // at 429 the SDK sleeps for a minute, 20 times
	return s, cancel
}

// ask sends a request to the identity service, decodes the answer, and returns its header. Errors are fit to be shown.
func (s *session) ask(method, path string, request, answer any, header map[string]string) (http.Header, error) {
	//nolint:bodyclose // the SDK closes what it decodes
	resp, err := s.sdk.Request(method, s.Auth.URL+"/"+path, &golangsdk.RequestOpts{
		JSONBody: request, JSONResponse: answer, MoreHeaders: header, OkCodes: []int{http.StatusOK, http.StatusCreated},
		RetryCount: new(int), // at 502 and 504 the SDK sleeps, and asks again
	})
	if err == nil {
		return resp.Header, nil
	}
	if refused := (golangsdk.ErrDefault401{}); errors.As(err, &refused) {
		var said struct {
			Error   struct{ Message string }
			Message string     `json:"error_msg"`             // of the gateway in front of it
			Methods [][]string `json:"required_auth_methods"` // sets to choose from, without a message
		}
		_ = json.Unmarshal(refused.Body, &said)
		if len(said.Methods) > 0 {
			said.Message = fmt.Sprintf("it requires the methods %v", said.Methods[0])
		}
		reason := shown(cmp.Or(said.Error.Message, said.Message, "no reason given"), s.secrets)
		text := fmt.Sprintf("the identity service %s refuses the credentials: %s", s.Auth.URL, reason)
		return nil, printable.Error(text, err, client.ErrUnauthorized)
	}
	return nil, printable.Error("login at "+s.Auth.URL+": "+shown(err.Error(), s.secrets), err, s.meaning(err))
}

// meaning returns what the failure of a request means, other than a 401; nil if it means nothing to this module.
func (s *session) meaning(err error) error {
	lost := s.status == 0 || s.status < 300 && (errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, new(net.Error)))
	unwanted := errors.Is(s.ctx.Err(), context.Canceled) || errors.As(err, new(*tls.CertificateVerificationError))
	switch {
	case s.status == http.StatusTooManyRequests:
		return client.ErrThrottled
	case s.status >= 500, lost && !unwanted:
		return client.ErrUnavailable
	}
	return nil
}

// RoundTrip has a request end with the login, of which the SDK knows nothing, and bounds the answer, which the SDK
// reads to its end. It notes the credentials that pass: errors must not show them.
func (s *session) RoundTrip(req *http.Request) (*http.Response, error) {
	s.secrets = append(s.secrets, secret.InField(req.Header.Get("Authorization")))
	resp, err := cmp.Or(s.http.Transport, http.DefaultTransport).RoundTrip(req.WithContext(s.ctx))
	if err != nil {
		return nil, err
	}
	s.status = resp.StatusCode
	s.secrets = append(s.secrets, resp.Header.Get("X-Subject-Token"))
	resp.Body = http.MaxBytesReader(nil, resp.Body, maxLogin)
	return resp, nil
}

// shown returns a text as one line that is not too long, without credentials.
func shown(text string, secrets []string) string {
	return printable.Brief(secret.Of(secrets...).Clean(printable.Start(text, longestRead)), longestError)
}

// accessOf takes the credentials of a provider that is logged in.
func accessOf(provider *golangsdk.ProviderClient, region string) (*access, error) {
	if provider == nil || provider.EndpointLocator == nil {
		return nil, errors.New("the provider is not logged in")
	}
	if region = cmp.Or(region, provider.RegionID); region == "" {
		return nil, errors.New("the provider has no region; use WithRegion")
	}
	key := provider.AKSKAuthOptions
	secrets := []string{provider.Token(), key.SecretKey, key.SecurityToken}
	public := golangsdk.EndpointOpts{Type: serviceType, Availability: golangsdk.AvailabilityPublic, Region: region}
	endpoint, err := provider.EndpointLocator(public)
	if err != nil {
		text := fmt.Sprintf("the provider has no %s in region %s: %s", serviceType, region, shown(err.Error(), secrets))
		return nil, printable.Error(text, err)
	}
	a := &access{secrets: secrets, project: member{ID: provider.ProjectID}, region: region, catalog: catalog{{
		Type: serviceType, Endpoints: []tokens.Endpoint{{Region: region, Interface: "public", URL: endpoint}},
	}}}
	if key.AccessKey != "" {
		key.ProjectId = cmp.Or(provider.ProjectID, key.ProjectId)
		return a.withSigner(key), nil
	}
	return a.withTokens(held(provider.Token)), nil
}

// withSigner completes what a login gave with an access key.
func (a *access) withSigner(key golangsdk.AKSKAuthOptions) *access {
	// The request must have no signature yet: the SDK adds to that, and breaks it.
	sign := func(req *http.Request) error {
		req.Header.Set("X-Project-Id", key.ProjectId)
		if key.SecurityToken != "" {
			req.Header.Set("X-Security-Token", key.SecurityToken)
		}
		golangsdk.Sign(req, golangsdk.SignOptions{AccessKey: key.AccessKey, SecretKey: key.SecretKey})
		return nil
	}
	a.project.ID, a.option, a.authorize = key.ProjectId, client.WithSigner(sign), sign
	return a
}
