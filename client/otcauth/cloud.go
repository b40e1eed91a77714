package otcauth

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/opentelekomcloud/gophertelekomcloud/openstack"
	"go.yaml.in/yaml/v3"

	"github.com/dmstask/dmstask/internal/plainhttp"
)

// loadCloud returns a cloud of clouds.yaml with what secure.yaml and OS_* add, or what OS_* say alone if there is no
// name.
func loadCloud(name string) (*openstack.Cloud, error) {
	name = cmp.Or(name, os.Getenv("OS_CLOUD"))
	entry, err := findEntry(name)
	if err != nil {
		return nil, err
	}
	cloud, err := merge(name)
	if err != nil {
		return nil, err
	}
	auth := &cloud.AuthInfo
	withoutAWS(auth)
	if insecure := os.Getenv("OS_INSECURE"); insecure == "1" || insecure == "true" {
		cloud.Verify = new(bool) // the SDK loses it on the way
	}
	decideKind(cloud, entry)
	if auth.AuthURL == "" {
		return nil, errors.New("there is no auth_url: name a cloud of clouds.yaml (OS_CLOUD), or set OS_AUTH_URL")
	}
	u, err := url.Parse(auth.AuthURL)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return nil, errors.New("the auth_url is no URL such as https://iam.eu-de.otc.t-systems.com/v3")
	}
	if plainhttp.Exposed(u) {
		return nil, errors.New("the auth_url is plain http, where credentials would be readable on the way")
	}
	return cloud, nil
}

// merge has the SDK put together what files and variables say. It panics at values of a wrong type.
func merge(name string) (cloud *openstack.Cloud, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("clouds.yaml, secure.yaml or clouds-public.yaml has a value of the wrong type")
		}
	}()
	return openstack.NewEnv("OS_").Cloud(name)
}

// entry is what clouds.yaml and secure.yaml themselves say of a cloud.
type entry struct {
	AuthType string `yaml:"auth_type"`
	Auth     struct {
		Username string `yaml:"username"`
		UserID   string `yaml:"user_id"`
		Token    string `yaml:"token"`
		AK       string `yaml:"ak"`
	} `yaml:"auth"`
}

// findEntry reads clouds.yaml before the SDK does, which panics at a file that it cannot read, and takes a cloud that
// is not there for an empty one.
func findEntry(name string) (entry, error) {
	path := configFile("clouds", "OS_CLIENT_CONFIG_FILE")
	if path == "" {
		if name != "" {
			return entry{}, fmt.Errorf("there is no clouds.yaml to find cloud %q in; set OS_CLIENT_CONFIG_FILE", name)
		}
		return entry{}, nil
	}
	public, err := readFile(path)
	if err != nil {
		return entry{}, err
	}
	found, ok := public[name]
	if name != "" && !ok {
		return entry{}, fmt.Errorf("there is no cloud %q in %s", name, path)
	}
	path = configFile("secure", "OS_CLIENT_SECURE_FILE")
	if path == "" {
		return found, nil
	}
	secure, err := readFile(path)
	more := secure[name].Auth
	auth := &found.Auth
	auth.Username, auth.UserID = cmp.Or(auth.Username, more.Username), cmp.Or(auth.UserID, more.UserID)
	auth.Token, auth.AK = cmp.Or(auth.Token, more.Token), cmp.Or(auth.AK, more.AK)
	return found, err
}

func readFile(path string) (map[string]entry, error) {
	content, err := os.ReadFile(path) //nolint:gosec // G304: where the user keeps it
	if err != nil {
		return nil, err
	}
	var config struct {
		Clouds map[string]entry `yaml:"clouds"`
	}
	if err := yaml.Unmarshal(content, &config); err != nil {
		return nil, fmt.Errorf("%s is not as clouds.yaml should be: %s", path, withoutValues(err))
	}
	return config.Clouds, nil
}

// withoutValues leaves the lines of an error of package yaml, and takes out what it quotes: that may be a password.
func withoutValues(err error) string {
	lines := []string{}
	for part := range strings.FieldsFuncSeq(err.Error(), func(r rune) bool { return r == ':' || r == '\n' }) {
		if part = strings.TrimSpace(part); strings.HasPrefix(part, "line ") {
			lines = append(lines, part)
		}
	}
	return "see " + cmp.Or(strings.Join(lines, ", "), "its syntax")
}

// configFile returns the file that the SDK reads, clouds.yaml or secure.yaml, or "".
func configFile(name, variable string) string {
	paths := make([]string, 0, 10)
	paths = append(paths, os.Getenv(variable))
	home, _ := os.UserHomeDir()
	for _, dir := range []string{".", filepath.Join(home, ".config/openstack"), "/etc/openstack"} {
		for _, suffix := range []string{".yaml", ".yml", ".json"} {
			paths = append(paths, filepath.Join(dir, name+suffix))
		}
	}
	for _, path := range paths {
		if _, err := os.Stat(path); err == nil { //nolint:gosec // G703: where the user keeps it
			return path
		}
	}
	return ""
}

// withoutAWS undoes that the SDK takes AWS_* for credentials of this cloud, before its own variables.
func withoutAWS(auth *openstack.AuthInfo) {
	env := openstack.NewEnv("OS_")
	for _, value := range []struct {
		aws string
		own []string
		of  *string
	}{
		{"AWS_ACCESS_KEY_ID", []string{"ACCESS_KEY", "ACCESS_KEY_ID", "AK"}, &auth.AccessKey},
		{"AWS_ACCESS_SECRET_KEY", []string{"SECRET_KEY", "ACCESS_KEY_SECRET", "SK"}, &auth.SecretKey},
		{"AWS_SECURITY_TOKEN", []string{"SECURITY_TOKEN", "AKSK_SECURITY_TOKEN", "ST"}, &auth.SecurityToken},
	} {
		if aws := os.Getenv(value.aws); aws != "" && *value.of == aws {
			*value.of = env.GetEnv(value.own...)
		}
	}
}

// decideKind leaves one kind of credentials: that of auth_type, else that of the cloud in clouds.yaml. Variables that
// are there for another cloud do not change how this one is logged in to.
func decideKind(cloud *openstack.Cloud, own entry) {
	kind := own.AuthType
	switch {
	case kind != "":
	case own.Auth.AK != "":
		kind = "aksk"
	case own.Auth.Token != "":
		kind = "token"
	case own.Auth.Username != "" || own.Auth.UserID != "":
		kind = "password"
	default:
		kind = string(cloud.AuthType)
	}
	auth := &cloud.AuthInfo
	if strings.Contains(kind, "token") || strings.Contains(kind, "password") {
		auth.AccessKey, auth.SecretKey = "", ""
	}
	if strings.Contains(kind, "password") || strings.Contains(kind, "aksk") {
		auth.Token = ""
	}
}
