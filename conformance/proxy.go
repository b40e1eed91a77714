package conformance

import (
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpproxy"

	"github.com/dmstask/dmstask/conformance/internal/wire"
	"github.com/dmstask/dmstask/internal/secret"
)

// A proxy is what the environment says about proxies.
type proxy struct {
	of          func(*url.URL) (*url.URL, error)
	credentials []string // for proxies, in the forms that they take
}

// proxyOfEnvironment reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in either case. A value that is not a URL would
// be ignored silently, and credentials would go where they should not.
func proxyOfEnvironment() (proxy, error) {
	config := httpproxy.FromEnvironment()
	p := proxy{of: config.ProxyFunc()}
	for name, value := range map[string]string{"HTTP_PROXY": config.HTTPProxy, "HTTPS_PROXY": config.HTTPSProxy} {
		if value == "" {
			continue
		}
		if !strings.Contains(value, "://") {
			value = "http://" + value
		}
		u, err := url.Parse(value)
		if err != nil || u.Hostname() == "" {
			return p, fmt.Errorf("%s is not a URL; expected one such as http://proxy.example.com:3128", name)
		}
		if password, ok := u.User.Password(); ok {
			p.credentials = append(p.credentials, password, secret.InField(wire.ProxyCredentials(u)))
		}
	}
	return p, nil
}
