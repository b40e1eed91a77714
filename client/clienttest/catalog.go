package clienttest

import "github.com/dmstask/dmstask/client"

// otherRegion is a second region of the catalog, in which this server answers for no service.
const otherRegion = "eu-nl"

// object is a JSON object.
type object = map[string]any

// catalog is the service catalog of a project, written as that of the cloud: an endpoint ends in version and project.
// Who is logged in to a domain, and to no project, sees the identity service only.
//
// A client has to choose: another service comes first, and so does another region.
func (s *Server) catalog(project client.ProjectID) []object {
	own := object{"type": "identity", "name": "keystone", "endpoints": []object{
		endpoint(s.Region, s.IdentityURL()),
	}}
	if project == "" {
		return []object{own}
	}
	regional := func(kind, name, version string) object {
		path := "/" + version + "/" + string(project)
		return object{"type": kind, "name": name, "endpoints": []object{
			endpoint(otherRegion, s.URL+"/"+otherRegion+path),
			endpoint(s.Region, s.URL+path),
		}}
	}
	return []object{own, regional("dmsv1", "dmsv1", "v1.0"), regional("dmsv2", "dmsv2", "v2")}
}

func endpoint(region, url string) object {
	return object{"interface": "public", "region": region, "region_id": region, "url": url}
}
