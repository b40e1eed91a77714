package otcauth

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/opentelekomcloud/gophertelekomcloud/openstack/identity/v3/tokens"
)

// serviceType is the catalog's type of the service of which this module has one operation.
const serviceType = "dmsv2"

type catalog []tokens.CatalogEntry

// surplus is version and project at the end of a URL of the catalog, …/v2/{project_id}: the contract's path has them.
var surplus = regexp.MustCompile(`([^/])/+(v2(\.[^/]*)?(/.*)?)?$`)

// endpoint returns the public URL of DMS in a region. Without a region there must be just one to choose.
func (c catalog) endpoint(region string) (endpoint, in string, err error) {
	found := map[string]string{} // URL by region
	for _, entry := range c {
		for _, e := range entry.Endpoints {
			if entry.Type == serviceType && e.Interface == "public" && found[e.Region] == "" {
				found[e.Region] = e.URL
			}
		}
	}
	listed := strings.Join(slices.Sorted(maps.Keys(found)), ", ")
	if len(found) == 1 && region == "" {
		region = listed
	}
	switch {
	case len(found) == 0:
		err = fmt.Errorf("the catalog has no service %s; is the login for a project?", serviceType)
	case region == "":
		err = fmt.Errorf("the region is not known; set region_name or OS_REGION_NAME to one of %s", listed)
	case found[region] == "":
		err = fmt.Errorf("the catalog has no service %s in region %q, only in %s", serviceType, region, listed)
	}
	return surplus.ReplaceAllString(found[region], "$1"), region, err
}

// regionOf returns the region of a project by its name, such as "eu-de" of "eu-de_project".
func regionOf(project string) string { return strings.Split(project, "_")[0] }
