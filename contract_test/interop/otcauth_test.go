package interop

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // G505: the default of RFC 6238
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"text/template"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/otcauth"
)

// Variables that say who logs in. What is in braces are fields of a login.
const (
	byName = "OS_USERNAME={{.User}} OS_USER_DOMAIN_NAME={{.UserDomain}} OS_PASSWORD={{.Password}} " +
		"OS_PROJECT_NAME={{.Project}} OS_PROJECT_DOMAIN_NAME={{.ProjectDomain}} "
	byDomainID = "OS_USERNAME={{.User}} OS_USER_DOMAIN_ID={{.UserDomainID}} OS_PASSWORD={{.Password}} " +
		"OS_PROJECT_NAME={{.Project}} OS_PROJECT_DOMAIN_ID={{.ProjectDomainID}} "
	byID    = "OS_USER_ID={{.UserID}} OS_PASSWORD={{.Password}} OS_PROJECT_ID={{.ProjectID}} "
	byToken = "OS_TOKEN={{.Token}} " //nolint:gosec // G101: a template
	byTwo   = byName + "OS_PASSCODE={{.Passcode}} "
)

// What happens to a login.
type steps []func(*testing.T, *login)

// A loginCase is who logs in by what; what happens before; and what happens after it, so that the token has to be
// renewed. The error is that of the login, or of the deletion that renews the token.
type loginCase struct {
	variables     string
	options       object // of the user
	before, after steps
	says          string
	is            error
}

const (
	refused = "refuses the credentials: "
	expired = refused + "The password is expired and needs to be changed"
	denied  = "login by application credential is not supported"
)

var (
	wrong, gone = client.ErrUnauthorized, client.ErrUnavailable

	old        = object{"ignore_password_expiry": false}
	twoFactors = object{"multi_factor_auth_enabled": true, "multi_factor_auth_rules": [][]string{{"password", "totp"}}}
)

var loginCases = map[string]loginCase{
	"password, by names":      {variables: byName},
	"password, by domain IDs": {variables: byDomainID},
	"password, by IDs":        {variables: byID},
	"clouds.yaml":             {variables: "OS_CLOUD=x OS_USERNAME=x OS_PASSWORD=x", before: steps{writeClouds}},
	"token":                   {variables: byToken, before: steps{getToken}},
	"passcode":                {variables: byTwo, options: twoFactors, before: steps{getPasscode}},

	"wrong password":         {variables: byID + "OS_PASSWORD=x", says: refused, is: wrong},
	"expired password":       {variables: byID, options: old, says: expired, is: wrong},
	"locked user":            {variables: byID, before: steps{lock}, says: refused, is: wrong},
	"domain of the user":     {variables: byName + "OS_PROJECT_DOMAIN_NAME=", says: refused, is: wrong},
	"wrong token":            {variables: "OS_TOKEN=x", says: refused, is: wrong},
	"revoked token":          {variables: byToken, before: steps{getToken, revoke}, says: refused, is: wrong},
	"no passcode":            {variables: byName, options: twoFactors, says: "it requires the methods ", is: wrong},
	"wrong passcode":         {variables: byTwo + "OS_PASSCODE=x", options: twoFactors, says: refused, is: wrong},
	"application credential": {variables: "OS_APPLICATION_CREDENTIAL_ID=x", says: denied},
	"service down":           {variables: byID, before: steps{goDown}, says: "connection refused", is: gone},
	"service slow":           {variables: byID, before: steps{stall}, says: "deadline exceeded", is: gone},

	"expiry, renewal":          {variables: byID, after: steps{expire}},
	"revocation, renewal":      {variables: byName, after: steps{revoke}},
	"revocation, reset":        {variables: byID, after: steps{revoke, reset}},
	"revocation, locked user":  {variables: byID, after: steps{revoke, lock}, says: refused, is: wrong},
	"revocation, service down": {variables: byID, after: steps{revoke, goDown}, says: "no credentials", is: gone},
	"revocation, service slow": {variables: byID, after: steps{revoke, stall}, says: "no credentials", is: gone},
	"revocation, just a token": {
		variables: byToken, before: steps{getToken},
		after: steps{revoke}, says: "the service refuses the token, and the source has no other", is: wrong,
	},
	"revocation, passcode": {
		variables: byTwo, options: twoFactors, before: steps{getPasscode},
		after: steps{revoke}, says: "the token has expired, and passcodes work only once", is: wrong,
	},
}

// TestOTCAuth: package otcauth gets tokens from a real Keystone in every way that it knows, renews them, and says what
// failed otherwise. It sets variables, and so is not parallel.
func TestOTCAuth(t *testing.T) {
	wanted(t, "python3")
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "OS_") {
			t.Setenv(name, "")
		}
	}
	k := startKeystone(t)
	for name, tc := range loginCases {
		t.Run(name, func(t *testing.T) {
			l := newLogin(t, k, tc.options)
			err := l.run(t, tc)
			if tc.says == "" && tc.is == nil {
				require.NoError(t, err)
				return
			}
			t.Log(err)
			require.ErrorContains(t, err, tc.says)
			assert.NotContains(t, err.Error(), k.Password)
			if tc.is != nil {
				require.ErrorIs(t, err, tc.is)
			}
			if tc.is != client.ErrUnavailable { //nolint:errorlint // a sentinel itself
				require.NotErrorIs(t, err, client.ErrUnavailable)
			}
		})
	}
}

// A login is a user of its own, what else there is to log in by, and a proxy before Keystone that may fail.
type login struct {
	*keystone
	User, UserID, Token, Passcode string

	URL    string // of the proxy
	proxy  *httptest.Server
	stalls atomic.Bool
	resets atomic.Bool // the next connection
	logins atomic.Int64

	client *otcauth.Client
}

func newLogin(t *testing.T, k *keystone, options object) *login {
	t.Helper()
	l := &login{keystone: k}
	l.User, l.UserID = k.newUser(t, options)
	to, err := url.Parse(k.url)
	require.NoError(t, err)
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) },
		ModifyResponse: func(r *http.Response) error {
			l.logins.Add(1)
			l.Token = r.Header.Get("X-Subject-Token") // nobody reads it before the login has ended
			return nil
		},
	}
	l.proxy = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l.stalls.Load() {
			_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the client has gone
			<-r.Context().Done()
			return
		}
		if l.resets.CompareAndSwap(true, false) {
			panic(http.ErrAbortHandler)
		}
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(l.proxy.Close)
	l.URL = l.proxy.URL
	return l
}

// run logs in and deletes; if something happens then, it deletes again, with another token.
func (l *login) run(t *testing.T, tc loginCase) (err error) {
	t.Helper()
	for _, step := range tc.before {
		step(t, l)
	}
	for _, variable := range strings.Fields("OS_AUTH_URL={{.URL}} " + tc.variables) {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, l.expand(t, value))
	}
	l.client, err = otcauth.New(t.Context(), otcauth.WithHTTPClient(&http.Client{Timeout: 2 * time.Second}),
		otcauth.WithClientOptions(client.WithRetry(client.RetryPolicy{Attempts: 1})))
	if err != nil {
		return err
	}
	assert.Equal(t, l.dms.URL, l.client.Endpoint)
	assert.Equal(t, l.ProjectID, string(l.client.ProjectID))
	err = l.client.DeleteTask(t.Context(), l.newTask())
	if tc.after == nil {
		return err
	}
	require.NoError(t, err)
	for _, step := range tc.after {
		step(t, l)
	}
	if err = l.client.DeleteTask(t.Context(), l.newTask()); err == nil {
		assert.EqualValues(t, 2, l.logins.Load())
	}
	return err
}

func (l *login) expand(t *testing.T, text string) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, template.Must(template.New("").Parse(text)).Execute(&b, l))
	return b.String()
}

func writeClouds(t *testing.T, l *login) {
	t.Helper()
	for name, content := range map[string]string{
		"OS_CLIENT_CONFIG_FILE": `clouds: {x: {auth: {` +
			`auth_url: "{{.URL}}", username: "{{.User}}", project_name: "{{.Project}}", ` +
			`user_domain_name: "{{.UserDomain}}", project_domain_name: "{{.ProjectDomain}}"}}}`,
		"OS_CLIENT_SECURE_FILE": `clouds: {x: {auth: {password: "{{.Password}}"}}}`,
	} {
		path := filepath.Join(t.TempDir(), "clouds.yaml")
		require.NoError(t, os.WriteFile(path, []byte(l.expand(t, content)), 0o600))
		t.Setenv(name, path)
	}
}

func getToken(t *testing.T, l *login) {
	t.Helper()
	l.Token = l.token(t, l.User, l.UserDomain, l.Password, object{"project": object{"id": l.ProjectID}})
	require.NotEmpty(t, l.Token)
}

// getPasscode gives the user a key, and gets the passcode of now (RFC 6238, section 4).
func getPasscode(t *testing.T, l *login) {
	t.Helper()
	key := []byte(rand.Text()[:20])
	l.create(t, "credentials", object{"type": "totp", "user_id": l.UserID, "blob": base32.StdEncoding.EncodeToString(key)})
	mac := hmac.New(sha1.New, key)
	require.NoError(t, binary.Write(mac, binary.BigEndian, time.Now().Unix()/30))
	sum := mac.Sum(nil)
	l.Passcode = fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1_000_000)
}

// revoke revokes the last token.
func revoke(t *testing.T, l *login) {
	t.Helper()
	status, _, _, err := l.ask(http.MethodDelete, "auth/tokens", l.Token, object{})
	require.NoError(t, err)
	require.Equal(t, http.StatusNoContent, status)
}

// expire deletes until the token has been renewed, which the client does by itself.
func expire(t *testing.T, l *login) {
	t.Helper()
	for begin := time.Now(); l.logins.Load() < 2; time.Sleep(50 * time.Millisecond) {
		require.NoError(t, l.client.DeleteTask(t.Context(), l.newTask()))
		require.Less(t, time.Since(begin), 10*tokenLifetime)
	}
}

// lock has Keystone lock the user.
func lock(t *testing.T, l *login) {
	t.Helper()
	for range 2 {
		require.Empty(t, l.token(t, l.User, l.UserDomain, "wrong", object{"project": object{"id": l.ProjectID}}))
	}
}

func goDown(_ *testing.T, l *login) { l.proxy.Close() }

func reset(_ *testing.T, l *login) { l.resets.Store(true) }

func stall(_ *testing.T, l *login) { l.stalls.Store(true) }
