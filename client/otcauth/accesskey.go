package otcauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	golangsdk "github.com/opentelekomcloud/gophertelekomcloud"
	services "github.com/opentelekomcloud/gophertelekomcloud/openstack/identity/v3/catalog"
	"github.com/opentelekomcloud/gophertelekomcloud/openstack/identity/v3/projects"
	"github.com/opentelekomcloud/gophertelekomcloud/pagination"
)

// accessKey needs no login: every request is signed. The project and the catalog are asked for, once.
func (i identity) accessKey(ctx context.Context) (*access, error) {
	auth := i.cloud.AuthInfo
	if auth.SecretKey == "" {
		return nil, errors.New("there is an access key and no secret key; set sk or OS_SECRET_KEY")
	}
	key := accessKey{id: auth.AccessKey, secret: auth.SecretKey, security: auth.SecurityToken, project: auth.ProjectID}
	a := &access{secrets: ofCloud(i.cloud), region: cmp.Or(i.cloud.RegionName, regionOf(auth.ProjectName))}
	err := i.do(ctx, func(service *golangsdk.ServiceClient) error {
		// Without a domain: the SDK would send that in place of the project.
		service.AKSKAuthOptions = golangsdk.AKSKAuthOptions{
			AccessKey: key.id, SecretKey: key.secret, SecurityToken: key.security, ProjectId: key.project,
		}
		if key.project == "" {
			id, err := projectID(service, auth.ProjectName)
			if err != nil {
				return err
			}
			key.project, service.AKSKAuthOptions.ProjectId = id, id
		}
		return services.List(service).EachPage(func(page pagination.Page) (bool, error) {
			entries, err := services.ExtractServiceCatalog(page)
			a.catalog = append(a.catalog, entries...)
			return err == nil, err
		})
	})
	if err != nil {
		return nil, err
	}
	a.project = key.project
	return a.bySignature(key), nil
}

func projectID(service *golangsdk.ServiceClient, name string) (string, error) {
	if name == "" {
		return "", errors.New("an access key needs a project: set project_id or project_name, or OS_PROJECT_ID")
	}
	pages, err := projects.List(service, projects.ListOpts{Name: name}).AllPages()
	if err != nil {
		return "", err
	}
	found, err := projects.ExtractProjects(pages)
	if err != nil {
		return "", err
	}
	for _, project := range found {
		if project.Name == name {
			return project.ID, nil
		}
	}
	return "", fmt.Errorf("there is no project %q that the access key has access to", name)
}

type accessKey struct{ id, secret, security, project string }

// sign signs a request that has no signature yet: the SDK breaks one that has.
func (k accessKey) sign(req *http.Request) error {
	req.Header.Set("X-Project-Id", k.project)
	if k.security != "" {
		req.Header.Set("X-Security-Token", k.security)
	}
	golangsdk.Sign(req, golangsdk.SignOptions{AccessKey: k.id, SecretKey: k.secret})
	return nil
}
