package client

import (
	"net/url"
	"strings"

	"github.com/dmstask/dmstask/internal/endpoint"
)

// The regions and their endpoints, as in the servers of openapi.yaml.
var endpoints = map[string]string{
	"eu-de":  "https://dms.eu-de.otc.t-systems.com",
	"eu-nl":  "https://dms.eu-nl.otc.t-systems.com",
	"eu-ch2": "https://dms.eu-ch2.sc.otc.t-systems.com",
}

const regions = "eu-ch2, eu-de, eu-nl"

// Endpoint returns the URL of DMS in a region of Open Telekom Cloud, for example of "eu-de", or an [*InvalidError] for
// a region that this package does not know. Source: the vendor's page "Regions and Endpoints".
func Endpoint(region string) (string, error) {
	if endpoint, ok := endpoints[region]; ok {
		return endpoint, nil
	}
	return "", &InvalidError{Parameter: "region", Value: region, Expected: "one of " + regions}
}

// parseEndpoint checks what [New] demands of a URL, and returns it with a path that ends in a slash.
func parseEndpoint(server string) (*url.URL, error) {
	u, expected := endpoint.Parse(server)
	if u != nil {
		return u.JoinPath("/"), nil // and without dot segments
	}
	// A password may stand in a URL in more ways than package url knows to redact.
	invalid := &InvalidError{Parameter: "server", Expected: expected, Hidden: strings.ContainsAny(server, "@?#")}
	if !invalid.Hidden {
		invalid.Value = server
	}
	return nil, invalid
}
