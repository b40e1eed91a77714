package otcauth

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/opentelekomcloud/gophertelekomcloud/openstack/identity/v3/tokens"
)

// serviceType is how the catalog calls the service of which this module has one operation.
const serviceType = "dmsv2"

type catalog []tokens.CatalogEntry

// endpoint returns the public URL of DMS in a region. Without a region there must be just one to choose.
func (c catalog) endpoint(region string) (endpoint, in string, err error) {
	found := map[string]string{} // URL by region
	var regions []string
	for _, entry := range c {
		for _, e := range entry.Endpoints {
			if entry.Type == serviceType && e.Interface == "public" && found[e.Region] == "" {
				found[e.Region] = e.URL
				regions = append(regions, e.Region)
			}
		}
	}
	slices.Sort(regions)
	listed := strings.Join(regions, ", ")
	switch {
	case len(regions) == 0:
		return "", "", fmt.Errorf("the catalog has no service %s; is the login for a project?", serviceType)
	case region == "" && len(regions) > 1:
		return "", "", fmt.Errorf("the region is not known; set region_name or OS_REGION_NAME to one of %s", listed)
	case region == "":
		region = regions[0]
	case found[region] == "":
		return "", "", fmt.Errorf("the catalog has no service %s in region %q, but in %s", serviceType, region, listed)
	}
	endpoint, err = base(found[region])
	return endpoint, region, err
}

// base takes version and project off the URL of the catalog, …/v2/{project_id}: the path of the contract has them.
func base(endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", fmt.Errorf("the catalog has an endpoint that is no URL: %w", err)
	}
	segments := strings.Split(u.Path, "/")
	for i, segment := range segments {
		if segment == "v2" || strings.HasPrefix(segment, "v2.") {
			segments = segments[:i]
			break
		}
	}
	u.Path, u.RawPath = strings.TrimSuffix(strings.Join(segments, "/"), "/"), ""
	return u.String(), nil
}
