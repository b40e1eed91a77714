package otcauth_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client/otcauth"
)

// TestClouds: clouds.yaml with secure.yaml says who logs in. Variables add what it leaves open.
func TestClouds(t *testing.T) {
	const public = `
base: &base {auth_url: $URL, project_name: $PROJECT}
clouds:
  password: {auth: {<<: *base, username: $USER, user_domain_id: $DOMAIN_ID, password: $OTHER}}
  user by ID: {region_name: $REGION, auth: {auth_url: $URL, user_id: $USER_ID, project_id: $PROJECT_ID}}
  key: {auth: {<<: *base, ak: $AK}}
  token: {auth: {auth_url: $URL, token: $TOKEN}}
  password beside a key: {auth_type: v3password, auth: {<<: *base, username: $USER, domain_name: $DOMAIN, ak: $AK}}
  key beside a password: {auth: {<<: *base, ak: $AK, username: $USER, password: $OTHER}}
  two factors: {auth_type: v3multifactor, auth: {<<: *base, username: $USER, default_domain: $DOMAIN_ID, passcode: 1}}
  open: {region_name: $REGION, auth: {auth_url: $URL}}
  broken: [1] # but not of interest
`
	const secure = `clouds: {
  password: &password {auth: {password: $PASSWORD}}, user by ID: *password, two factors: *password,
  password beside a key: *password, key: &key {auth: {sk: $SK}}, key beside a password: *key}`
	const other = "OS_AUTH_URL=http://127.0.0.1:1/v3 OS_AUTH_TYPE=token OS_TOKEN=$OTHER OS_ACCESS_KEY=$OTHER " +
		"OS_USERNAME=$OTHER OS_USER_ID=$OTHER OS_PASSWORD=$OTHER OS_USER_DOMAIN_NAME=$OTHER OS_PROJECT_DOMAIN_ID=$OTHER " +
		"OS_PROJECT_ID=$OTHER OS_PROJECT_NAME=$OTHER OS_AGENCY_NAME=x OS_APPLICATION_CREDENTIAL_ID=x " +
		"AWS_ACCESS_KEY_ID=$OTHER OS_SECRET_KEY=$OTHER OS_SECURITY_TOKEN=$OTHER"
	for cloud, variables := range map[string]string{
		"password": other, "user by ID": other, "key": other, "token": other, "two factors": other,
		"password beside a key": other, "key beside a password": other,
		"open": "OS_USERNAME=$USER OS_PASSWORD=$PASSWORD OS_DOMAIN_ID=$DOMAIN_ID OS_TENANT_ID=$PROJECT_ID",
	} {
		t.Run(cloud, func(t *testing.T) {
			s := setup(t, variables)
			files(t, expand(s, public), expand(s, secure))
			c, err := otcauth.New(t.Context(), otcauth.WithCloud(cloud))
			require.NoError(t, err)
			require.NoError(t, c.DeleteTask(t.Context(), s.NewTask()))
			t.Setenv("OS_CLOUD", cloud)
			c, err = otcauth.New(t.Context(), otcauth.WithRegion("eu-nl"))
			require.NoError(t, err)
			assert.Equal(t, s.URL+"/eu-nl", c.Endpoint)
		})
	}
}

// files writes clouds.yaml and secure.yaml, and returns where they are.
func files(t *testing.T, public, secure string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	t.Setenv("OS_CLIENT_CONFIG_FILE", write(t, filepath.Join(dir, "clouds.yaml"), public))
	t.Setenv("OS_CLIENT_SECURE_FILE", write(t, filepath.Join(dir, "secure.yaml"), secure))
	return dir
}

// TestFilesAreSearched: the first one counts, in the order of the SDK.
func TestFilesAreSearched(t *testing.T) {
	clearEnvironment(t)
	named, user := filepath.Join(t.TempDir(), "mine"), filepath.Join(os.Getenv("HOME"), ".config/openstack/clouds")
	t.Setenv("OS_CLIENT_CONFIG_FILE", named)
	paths := []string{named, "clouds.yaml", "clouds.yml", "clouds.json", user + ".yaml", user + ".yml", user + ".json"}
	for _, path := range paths {
		write(t, path, "{\n\t\"clouds\": {}}")
	}
	for _, path := range paths {
		_, err := otcauth.New(t.Context(), otcauth.WithCloud("y"))
		require.EqualError(t, err, `otcauth: there is no cloud "y" in `+path)
		require.NoError(t, os.Remove(path)) //nolint:gosec // G703: of this test
	}
	_, err := otcauth.New(t.Context(), otcauth.WithCloud("y"))
	require.ErrorContains(t, err, `no cloud "y" in clouds.yaml, which does not exist; set OS_CLIENT_CONFIG_FILE`)
}

// TestBrokenFiles: the error names file and line, and quotes nothing.
func TestBrokenFiles(t *testing.T) {
	const sound, broken = "clouds: {x: {auth: {auth_url: s3cret}}}", "clouds.yaml is not a valid clouds.yaml: see "
	for name, tc := range map[string]struct{ public, secure, says string }{
		"syntax":       {"clouds:\n  x: {auth: {password: s3cret", sound, broken + "line "},
		"tab":          {"clouds:\n\tx: s3cret", sound, broken + "line 2"},
		"entry":        {"clouds:\n  x: [s3cret]", sound, broken + "line 2"},
		"two values":   {"clouds:\n x:\n  auth: [s3cret]\n  verify: s3cret", sound, broken + "line 3: line 4"},
		"no line":      {"clouds: *s3cret", sound, broken + "its syntax"},
		"secure":       {sound, "clouds: {x: {auth: s3cret}}", "secure.yaml is not a valid clouds.yaml: see line 1"},
		"only another": {"clouds: {y: {}}", sound, `there is no cloud "x" in `},
	} {
		t.Run(name, func(t *testing.T) {
			clearEnvironment(t)
			dir := files(t, tc.public, tc.secure)
			_, err := otcauth.New(t.Context(), otcauth.WithCloud("x"))
			require.ErrorContains(t, err, tc.says)
			assert.Contains(t, err.Error(), dir)
			assert.NotContains(t, err.Error(), "s3cret")
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// TestIdentityURL: where a login goes.
func TestIdentityURL(t *testing.T) {
	for entry, want := range map[string]string{
		"profile: otc, region_name: eu-nl":                           "https://iam.eu-nl.otc.t-systems.com/v3/auth/tokens",
		"profile: otc, auth: {project_name: eu-de_x}":                "https://iam.eu-de.otc.t-systems.com/v3/auth/tokens",
		"profile: otc, auth: {auth_url: 'https://iam.example:8443'}": "https://iam.example:8443/v3/auth/tokens",
		"auth: {auth_url: 'https://v3.example/iam/v2.0/?a#b'}":       "https://v3.example/iam/v3/auth/tokens",
		"profile: otc": "depends on the region",
		"auth: {auth_url: https://x:s3cret@iam.example}": "not a URL such as",
	} {
		clearEnvironment(t)
		files(t, "clouds: {x: {"+entry+"}}", "clouds: {x: {auth: {token: t}}}")
		to := roundTrip(func(r *http.Request) (*http.Response, error) { return nil, errors.New("to " + r.URL.String()) })
		_, err := otcauth.New(t.Context(), otcauth.WithCloud("x"), otcauth.WithHTTPClient(&http.Client{Transport: to}))
		require.ErrorContains(t, err, want)
	}
}
