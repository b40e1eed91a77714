package otcauth_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	golangsdk "github.com/opentelekomcloud/gophertelekomcloud"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/otcauth"
)

// TestRefused: what is wrong is said, with no secret and nothing sent that need not be.
func TestRefused(t *testing.T) {
	const secret, refused = "s3cret-value", "refuses the credentials: "
	const unsupported = "login by application credential is not supported; use user and password"
	for name, tc := range map[string]struct{ variables, says string }{
		"nothing at all":      {"", "there is no auth_url"},
		"no credentials":      {"OS_AUTH_URL=$URL", "there are no credentials; use user and password"},
		"plain http":          {byPassword + "OS_AUTH_URL=http://iam.example.com/v3", "plain http"},
		"unreadable file":     {"OS_CLOUD=x OS_CLIENT_CONFIG_FILE=/", "read /: is a directory"},
		"cacert":              {byPassword + "OS_CA_CERT=/nonexistent", "cacert: open /nonexistent"},
		"cacert of nobody":    {byPassword + "OS_CA_CERT=/dev/null", "cacert: there is no certificate in /dev/null"},
		"cert":                {byPassword + "OS_CLIENT_CERT=/nonexistent", "cert and key: "},
		"nobody there":        {byPassword + "OS_AUTH_URL=http://127.0.0.1:1/v3", "connection refused"},
		"wrong password":      {byPassword + "OS_PASSWORD=" + secret, refused + "The username or password is wrong."},
		"unknown project":     {byPassword + "OS_PROJECT_NAME=x", refused + "The user has no role in the project or domain."},
		"wrong token":         {"OS_AUTH_URL=$URL OS_TOKEN=" + secret, refused + "The X-Auth-Token is invalid!"},
		"wrong secret key":    {byKey + "OS_SECRET_KEY=" + secret, refused},
		"no password":         {byPassword + "OS_PASSWORD=", "the user or password is missing"},
		"no domain":           {byPassword + "OS_USER_DOMAIN_NAME=", "set user_domain_name or OS_USER_DOMAIN_NAME"},
		"no token":            {byPassword + "OS_AUTH_TYPE=v3token", "there is no token"},
		"no access key":       {byKey + "OS_ACCESS_KEY=", "the access key or its secret is missing"},
		"key, no project":     {byKey + "OS_PROJECT_NAME=", "an access key needs a project"},
		"project of nobody":   {byKey + "OS_PROJECT_NAME=eu-de_x", `no project "eu-de_x"`},
		"not for a project":   {byPassword + "OS_PROJECT_NAME=", "not for a project"},
		"region is not known": {byKey + "OS_PROJECT_NAME= OS_PROJECT_ID=$PROJECT_ID", "set region_name or OS_"},
		"unknown region":      {byKey + "OS_REGION_ID=eu-xx", `no service dmsv2 in region "eu-xx", only in eu-de, eu-nl`},
		"agency":              {byPassword + "OS_AUTH_TYPE=password OS_AGENCY_NAME=x", "agencies are not supported"},
		"credential by ID":    {byPassword + "OS_APPLICATION_CREDENTIAL_ID=x", unsupported},
		"credential by type":  {byPassword + "OS_AUTH_TYPE=v3applicationcredential", unsupported},
		"unknown type":        {byPassword + "OS_AUTH_TYPE=v3kerberos", "login by v3kerberos is not supported; use"},
	} {
		t.Run(name, func(t *testing.T) {
			s := setup(t, tc.variables)
			_, err := otcauth.New(t.Context())
			require.ErrorContains(t, err, tc.says)
			assert.Equal(t, strings.HasPrefix(tc.says, refused), errors.Is(err, client.ErrUnauthorized))
			assert.Equal(t, name == "not for a project", errors.Is(err, client.ErrInvalid))
			assert.Equal(t, strings.HasPrefix(name, "nobody"), errors.Is(err, client.ErrUnavailable))
			for _, value := range []string{secret, s.User.Password, s.SecretKey} {
				assert.NotContains(t, err.Error(), value)
			}
			assert.LessOrEqual(t, len(s.IdentityRequests()), 2, "wrong credentials are not tried again and again")
		})
	}
}

// steers is what a terminal obeys, in three ways, and what turns the direction of writing.
const (
	steers      = "\x1b[2J\x1b]0;title\a\u009b2J\u202e"
	inJSON      = `\u001b[2J\u001b]0;title\u0007\u009b2J\u202e`
	shownSteers = `\x1b[2J\x1b]0;title\a\u009b2J\u202e`
)

func requireShown(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	require.Less(t, len(err.Error()), 700)
	require.NotRegexp(t, `[^\pL\pM\pN\pP\pS ]`, err.Error())
}

// TestReason: a 401 has the reason that the identity service gives.
func TestReason(t *testing.T) {
	const expired = "The password is expired and needs to be changed for user 0123."
	for body, says := range map[string]string{ //nolint:gosec // G101: they are made up
		`{"error": {"code": 401, "message": "` + expired + `", "title": "Unauthorized"}}`: expired,
		`{"error_code": "APIGW.0301", "error_msg": "Incorrect IAM authentication"}`:       "Incorrect IAM authentication",
		`{"error": {"message": "` + inJSON + `"}}`:                                        shownSteers,
		`{"error": {"message": "` + strings.Repeat("3 MB ", 600_000) + `"}}`:              "… (cut)",
		`{"error": {"message": "not made-up-0123456789-password"}}`:                       "not [redacted]",
		`{"error": {"message": "123456"}}`:                                                "[redacted]",
		`{"required_auth_methods": [["a", "b"], ["c"]]}`:                                  "it requires the methods [a b]",
		"<html>" + steers: "no reason given",
	} {
		s := setup(t, byPassword+"OS_PASSWORD=made-up-0123456789-password OS_PASSCODE=123456")
		answerIdentity(s, http.StatusUnauthorized, func(*http.Request) string { return body })
		_, err := otcauth.New(t.Context())
		requireShown(t, err)
		prefix := "otcauth: the identity service " + s.IdentityURL() + " refuses the credentials: "
		assert.True(t, strings.HasPrefix(err.Error(), prefix) && strings.HasSuffix(err.Error(), says), err.Error())
		require.ErrorIs(t, err, client.ErrUnauthorized)
		require.ErrorAs(t, err, new(golangsdk.ErrDefault401))
	}
}

// TestEcho: the identity service may repeat what it got, in whatever encoding, and more.
func TestEcho(t *testing.T) {
	const long, short = `Sup3r"Secret/and+more?`, `p"<w` // a short one is hidden where it is a whole string
	for name, tc := range map[string]struct{ variables, body, says string }{
		"plain":          {byPassword + "OS_PASSWORD=" + long, "not " + long + "!", "not [redacted]!"},
		"JSON":           {byPassword + "OS_PASSWORD=" + long, `not "Sup3r\"Secret\/and+more?"`, `not "[redacted]"`},
		"short":          {byPassword + "OS_PASSWORD=" + short, `not "p\"\u003cw"`, `not "[redacted]"`},
		"short, a word":  {byPassword + "OS_PASSWORD=word", "a word", "a word"},
		"token":          {"OS_AUTH_URL=$URL OS_TOKEN=0123-token-made-up", "not 0123-token-made-up", "not [redacted]"},
		"security token": {byKey + "OS_SECURITY_TOKEN=" + long, "not " + long, "not [redacted]"},
		"signature":      {byKey, "you sent $AUTHORIZATION", ", Signature=[redacted]"},
		"new token":      {byPassword, "the token is " + issued, "the token is [redacted]"},
		"steers":         {byPassword, steers, shownSteers},
		"lines":          {byPassword, "two\r\nlines", "two lines"},
		"long":           {byPassword, strings.Repeat("3 MB ", 600_000), "… (cut)"},
	} {
		t.Run(name, func(t *testing.T) {
			s := setup(t, tc.variables)
			for _, status := range []int{200, 400, 403, 404, 418} {
				answerIdentity(s, status, func(r *http.Request) string {
					return strings.ReplaceAll(tc.body, "$AUTHORIZATION", r.Header.Get("Authorization"))
				})
				_, err := otcauth.New(t.Context())
				requireShown(t, err)
				require.ErrorContains(t, err, "login at "+s.IdentityURL())
				require.ErrorContains(t, err, tc.says)
				require.NotErrorIs(t, err, client.ErrUnauthorized)
			}
		})
	}
}

// TestCatalogIsForeign: what the catalog says is the service's word too.
func TestCatalogIsForeign(t *testing.T) {
	more := inJSON + strings.Repeat("long", 1000)
	for _, tc := range []struct{ variables, replaced, by, says string }{
		{byPassword, `"dmsv2"`, `"x"`, "the catalog has no service dmsv2; is the login for a project?"},
		{byPassword, `"$REGION"`, `"$PASSWORD` + more + `"`, `no service dmsv2 in region "eu-de", only in [redacted]`},
		{byPassword, `$HOST`, `$PASSWORD` + more, `server "[redacted]`},
		{byKey, `$HOST/v2`, `ftp://$SK/v2`, `server "ftp://[redacted]" is not allowed`},
		{byPassword, `"$PROJECT_ID"`, `"$PASSWORD` + more + `"`, `project_id "[redacted]`},
		{byKey, `"name":"$PROJECT"`, `"name":"other"`, `there is no project "eu-de_project" that the access key`},
	} {
		s := setup(t, tc.variables+"OS_REGION_NAME=$REGION")
		by := expand(s, tc.by)
		s.WrapIdentity(func(own http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				record := httptest.NewRecorder()
				own.ServeHTTP(record, r)
				w.WriteHeader(record.Code)
				_, _ = io.WriteString(w, strings.ReplaceAll(record.Body.String(), expand(s, tc.replaced), by))
			})
		})
		_, err := otcauth.New(t.Context())
		requireShown(t, err)
		require.ErrorContains(t, err, tc.says)
	}
}

// TestProviderErrorIsShown: the locator of a provider quotes a catalog, and its tokens are credentials too.
func TestProviderErrorIsShown(t *testing.T) {
	failed := errors.New(steers + issued + strings.Repeat("long ", 1000))
	for _, provider := range []golangsdk.ProviderClient{
		{TokenID: issued},
		{AKSKAuthOptions: golangsdk.AKSKAuthOptions{AccessKey: "a", SecretKey: issued}},
		{AKSKAuthOptions: golangsdk.AKSKAuthOptions{AccessKey: "a", SecurityToken: issued}},
	} {
		provider.EndpointLocator = func(golangsdk.EndpointOpts) (string, error) { return "", failed }
		_, err := otcauth.New(t.Context(), otcauth.WithProvider(&provider), otcauth.WithRegion("eu-de"))
		requireShown(t, err)
		require.ErrorIs(t, err, failed)
		assert.Contains(t, err.Error(), shownSteers+"[redacted]long")
	}
}
