package otcauth

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dmstask/dmstask/internal/plainhttp"
)

// A cloud is an entry of clouds.yaml and secure.yaml, and variables: OS_ and a name that is tagged env. Fields of a
// group belong together: if a file has one, variables of the group may be for another cloud, and are ignored.
type cloud struct {
	AuthType string `yaml:"auth_type" env:"AUTH_TYPE"`
	Profile  string `yaml:"profile"`
	Region   string `yaml:"region_name" env:"REGION_NAME REGION_ID"`
	Verify   *bool  `yaml:"verify"`
	CACert   string `yaml:"cacert" env:"CA_CERT CA_CERT_FILE CACERT"`
	Cert     string `yaml:"cert" env:"CLIENT_CERT CLIENT_CERT_FILE CERT" group:"cert"`
	Key      string `yaml:"key" env:"CLIENT_KEY CLIENT_KEY_FILE KEY" group:"cert"`
	Auth     struct {
		URL               string `yaml:"auth_url" env:"AUTH_URL"`
		UserID            string `yaml:"user_id" env:"USERID USER_ID" group:"user"`
		Username          string `yaml:"username" env:"USERNAME" group:"user"`
		Password          string `yaml:"password" env:"PASSWORD"`
		Passcode          string `yaml:"passcode" env:"PASSCODE"`
		UserDomainID      string `yaml:"user_domain_id" env:"USER_DOMAIN_ID" group:"domain"`
		UserDomainName    string `yaml:"user_domain_name" env:"USER_DOMAIN_NAME" group:"domain"`
		ProjectDomainID   string `yaml:"project_domain_id" env:"PROJECT_DOMAIN_ID" group:"domain"`
		ProjectDomainName string `yaml:"project_domain_name" env:"PROJECT_DOMAIN_NAME" group:"domain"`
		DomainID          string `yaml:"domain_id" env:"DOMAIN_ID" group:"domain"`
		DomainName        string `yaml:"domain_name" env:"DOMAIN_NAME" group:"domain"`
		DefaultDomain     string `yaml:"default_domain" env:"DEFAULT_DOMAIN" group:"domain"` // an ID
		ProjectID         string `yaml:"project_id" env:"PROJECT_ID TENANT_ID" group:"project"`
		ProjectName       string `yaml:"project_name" env:"PROJECT_NAME TENANT_NAME" group:"project"`
		Token             string `yaml:"token" env:"TOKEN TOKEN_ID"`
		AccessKey         string `yaml:"ak" env:"ACCESS_KEY ACCESS_KEY_ID AK"`
		SecretKey         string `yaml:"sk" env:"SECRET_KEY ACCESS_KEY_SECRET SK" group:"secret"`
		SecurityToken     string `yaml:"security_token" env:"SECURITY_TOKEN AKSK_SECURITY_TOKEN ST" group:"secret"`
		CredentialID      string `yaml:"application_credential_id" env:"APPLICATION_CREDENTIAL_ID"`
		CredentialName    string `yaml:"application_credential_name" env:"APPLICATION_CREDENTIAL_NAME"`
		Agency            string `yaml:"target_agency_name" env:"AGENCY_NAME TARGET_AGENCY_NAME"`
	} `yaml:"auth"`

	kind string       // of credentials
	http *http.Client // for the login
}

// version is how the path of an auth_url may end.
var version = regexp.MustCompile(`(/+v[0-9.]+)?/*$`)

// loadCloud returns a cloud of clouds.yaml, or one of OS_* variables alone if there is no name.
func loadCloud(name, region string) (*cloud, error) {
	c := &cloud{}
	if name = cmp.Or(name, os.Getenv("OS_CLOUD")); name != "" {
		if err := c.read(name); err != nil {
			return nil, err
		}
	}
	auth := &c.Auth
	if c.Profile == "otc" && auth.URL == "" {
		auth.URL = "https://iam.{region_name}.otc.t-systems.com/v3"
	}
	c.kind = c.credentials()
	addVariables(reflect.ValueOf(c).Elem())
	addVariables(reflect.ValueOf(auth).Elem())
	c.kind = cmp.Or(c.kind, c.credentials())
	if insecure, _ := strconv.ParseBool(os.Getenv("OS_INSECURE")); insecure && c.Verify == nil {
		c.Verify = new(bool)
	}
	c.Region = cmp.Or(region, c.Region)
	region = cmp.Or(c.Region, regionOf(auth.ProjectName))
	u, err := url.Parse(strings.ReplaceAll(auth.URL, "{region_name}", region))
	switch {
	case auth.URL == "":
		return nil, errors.New("there is no auth_url: name a cloud of clouds.yaml (OS_CLOUD), or set OS_AUTH_URL")
	case err != nil || u.Hostname() == "" || u.User != nil:
		return nil, errors.New("the auth_url is not a URL such as https://iam.eu-de.otc.t-systems.com/v3")
	case region == "" && strings.Contains(auth.URL, "{region_name}"):
		return nil, errors.New("the auth_url depends on the region, which is not known; set region_name or OS_REGION_NAME")
	case plainhttp.Exposed(u):
		return nil, errors.New("the auth_url uses plain http: credentials would be readable in transit")
	}
	auth.URL = (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: version.ReplaceAllString(u.Path, "") + "/v3"}).String()
	return c, nil
}

// lineOf finds the lines in an error of package yaml. The rest quotes values, of which one may be a password.
var lineOf = regexp.MustCompile(`line \d+:`)

// read takes the entry of a cloud from clouds.yaml, and overrides it by that of secure.yaml.
func (c *cloud) read(name string) error {
	for _, file := range [][2]string{{"clouds", "OS_CLIENT_CONFIG_FILE"}, {"secure", "OS_CLIENT_SECURE_FILE"}} {
		path, content, err := configFile(file[0], file[1])
		if err != nil {
			return err
		}
		var config struct{ Clouds map[string]yaml.Node }
		err = yaml.Unmarshal(content, &config)
		entry, found := config.Clouds[name] // without it, decoding does nothing
		if err = errors.Join(err, entry.Decode(c)); err != nil {
			lines := strings.TrimSuffix(strings.Join(lineOf.FindAllString(err.Error(), -1), " "), ":")
			return fmt.Errorf("%s is not a valid clouds.yaml: see %s", path, cmp.Or(lines, "its syntax"))
		}
		if !found && file[0] == "clouds" {
			path = cmp.Or(path, "clouds.yaml, which does not exist; set OS_CLIENT_CONFIG_FILE")
			return fmt.Errorf("there is no cloud %q in %s", name, path)
		}
	}
	return nil
}

// configFile reads the first file of the name that there is. If there is none, the path is empty.
func configFile(name, variable string) (path string, content []byte, err error) {
	home, _ := os.UserHomeDir()
	user, system := filepath.Join(home, ".config/openstack", name), filepath.Join("/etc/openstack", name)
	for _, path := range []string{
		os.Getenv(variable), name + ".yaml", name + ".yml", name + ".json",
		user + ".yaml", user + ".yml", user + ".json", system + ".yaml", system + ".yml", system + ".json",
	} {
		if _, err := os.Stat(path); err == nil { //nolint:gosec // G703: where the user keeps it
			content, err = os.ReadFile(path) //nolint:gosec // G304: the same
			return path, content, err
		}
	}
	return "", nil, nil
}

// addVariables sets fields of a struct from OS_* variables, where the files leave them out.
func addVariables(fields reflect.Value) {
	said := map[string]bool{} // by group
	for i := range fields.NumField() {
		group := fields.Type().Field(i).Tag.Get("group")
		said[group] = group != "" && (said[group] || fields.Field(i).String() != "")
	}
	for i := range fields.NumField() {
		tag := fields.Type().Field(i).Tag
		for name := range strings.FieldsSeq(tag.Get("env")) {
			if field := fields.Field(i); field.String() == "" && !said[tag.Get("group")] {
				field.SetString(os.Getenv("OS_" + name)) // of several, the first that is set
			}
		}
	}
}

// credentials returns their kind: by auth_type, else by the fields that are set. "" is none.
func (c *cloud) credentials() string {
	a, kind := c.Auth, c.AuthType
	for _, known := range []struct{ kind, values string }{
		{"agency", a.Agency}, {"application credential", a.CredentialID + a.CredentialName},
		{"aksk", a.AccessKey + a.SecretKey}, {"token", a.Token},
		{"password", a.UserID + a.Username + a.Password}, {"multifactor", ""},
	} {
		// A user who names an agency means to act as that, whatever auth_type says.
		said := strings.Contains(kind, strings.ReplaceAll(known.kind, " ", ""))
		if said || known.values != "" && (kind == "" || known.kind == "agency") {
			return known.kind
		}
	}
	return kind
}

// newHTTPClient applies the TLS settings of the cloud.
func (c *cloud) newHTTPClient() (*http.Client, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	config.InsecureSkipVerify = c.Verify != nil && !*c.Verify // as the user has written
	if c.CACert != "" {
		pem, err := os.ReadFile(c.CACert)
		if err != nil {
			return nil, fmt.Errorf("cacert: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("cacert: there is no certificate in %s", c.CACert)
		}
	}
	if c.Cert != "" {
		pair, err := tls.LoadX509KeyPair(c.Cert, cmp.Or(c.Key, c.Cert))
		if err != nil {
			return nil, fmt.Errorf("cert and key: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, TLSClientConfig: config,
		MaxIdleConnsPerHost: 100, IdleConnTimeout: 90 * time.Second, // one host is all that there is
		MaxResponseHeaderBytes: 64 << 10,
	}}, nil
}
