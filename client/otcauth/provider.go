package otcauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	golangsdk "github.com/opentelekomcloud/gophertelekomcloud"
	"github.com/opentelekomcloud/gophertelekomcloud/openstack/identity/v3/tokens"

	"github.com/dmstask/dmstask/client"
)

// accessOf takes the credentials of a provider that is logged in.
func accessOf(provider *golangsdk.ProviderClient, region string) (*access, error) {
	if provider == nil {
		return nil, errors.New("the provider is nil")
	}
	a := &access{
		secrets: ofProvider(provider), project: provider.ProjectID, region: cmp.Or(region, provider.RegionID),
	}
	if a.region == "" {
		return nil, errors.New("the provider has no region; use WithRegion")
	}
	if provider.EndpointLocator == nil {
		return nil, errors.New("the provider is not logged in")
	}
	endpoint, err := provider.EndpointLocator(golangsdk.EndpointOpts{
		Type: serviceType, Availability: golangsdk.AvailabilityPublic, Region: a.region,
	})
	if err != nil {
		return nil, show(fmt.Errorf("the provider has no %s in region %s: %w", serviceType, a.region, err), a.secrets)
	}
	a.catalog = catalog{{Type: serviceType, Endpoints: []tokens.Endpoint{
		{Region: a.region, Interface: string(golangsdk.AvailabilityPublic), URL: endpoint},
	}}}
	if signing := provider.AKSKAuthOptions; signing.AccessKey != "" {
		a.project = cmp.Or(a.project, signing.ProjectId)
		return a.bySignature(accessKey{signing.AccessKey, signing.SecretKey, signing.SecurityToken, a.project}), nil
	}
	return a.byToken(func(context.Context) (string, error) { return provider.Token(), nil }), nil
}

// bySignature completes what a login gave with an access key.
func (a *access) bySignature(key accessKey) *access {
	a.option, a.authorize = client.WithSigner(key.sign), key.sign
	return a
}
