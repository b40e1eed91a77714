package clienttest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client/clienttest"
)

// What asks for a token; fill knows what is in braces.
const (
	ofUser    = `"domain":{"name":"{domain}"},"name":"{user}"`
	ofProject = `"domain":{"name":"{domain}"},"name":"{project}"`
	asks      = `{"auth":{"identity":{"methods":["password"],"password":{"user":{` + ofUser +
		`,"password":"{password}"}}},"scope":{"project":{` + ofProject + `}}}}`
)

func fill(srv *clienttest.Server, text string) string {
	return strings.NewReplacer(
		"{user}", srv.User.Name, "{user id}", srv.User.ID(), "{password}", srv.User.Password,
		"{domain}", srv.User.Domain, "{domain id}", srv.User.DomainID(), "{token}", srv.Token,
		"{project}", srv.ProjectName, "{project id}", string(srv.ProjectID), "{url}", srv.URL,
	).Replace(text)
}

// login asks for a token.
func login(t *testing.T, srv *clienttest.Server, asks string) (status int, token string, about object) {
	t.Helper()
	r := request(t, http.MethodPost, "/v3/auth/tokens", "")
	r.Body = io.NopCloser(strings.NewReader(fill(srv, asks)))
	got := send(srv, r)
	if got.Code != http.StatusCreated {
		requireKeystoneError(t, got, got.Code)
		return got.Code, "", nil
	}
	return got.Code, got.Header().Get("X-Subject-Token"), requireJSON(t, got, got.Code)["token"].(object)
}

func requireKeystoneError(t *testing.T, got *httptest.ResponseRecorder, status int) {
	t.Helper()
	reason := requireJSON(t, got, status)["error"].(object)
	require.InEpsilon(t, status, reason["code"], 0)
	require.Equal(t, http.StatusText(status), reason["title"])
	require.NotEmpty(t, reason["message"])
}

func TestLogin(t *testing.T) {
	t.Parallel()
	srv := clienttest.New(t)
	for name, tt := range map[string]struct {
		old, change string // of a request that is fine
		status      int
	}{
		"names":             {"x", "x", 201},
		"domain IDs":        {`"name":"{domain}"`, `"id":"{domain id}","name":"x"`, 201},
		"user ID":           {ofUser, `"id":"{user id}","name":"x"`, 201},
		"project ID":        {ofProject, `"id":"{project id}","name":"x"`, 201},
		"two methods":       {`["password"]`, `["password","totp"]`, 201},
		"wrong password":    {"{password}", "x", 401},
		"wrong user":        {"{user}", "x", 401},
		"wrong user ID":     {ofUser, `"id":"x",` + ofUser, 401},
		"user elsewhere":    {ofUser, `"domain":{"name":"x"},"name":"{user}"`, 401},
		"wrong domain ID":   {ofUser, `"domain":{"id":"x","name":"{domain}"},"name":"{user}"`, 401},
		"wrong project":     {"{project}", "x", 401},
		"wrong project ID":  {ofProject, `"id":"x",` + ofProject, 401},
		"project elsewhere": {ofProject, `"domain":{"name":"x"},"name":"{project}"`, 401},
		"no JSON":           {`{"auth"`, `x`, 400},
	} {
		status, token, _ := login(t, srv, strings.ReplaceAll(asks, tt.old, tt.change))
		require.Equal(t, tt.status, status, name)
		if status == http.StatusCreated {
			requireDelete(t, srv, srv.NewTask(), token, 204, "")
		}
	}
	_, token, about := login(t, srv, strings.Replace(asks, `{`+ofProject+`}`, "null", 1)) // for the domain
	requireDelete(t, srv, srv.NewTask(), token, 401, "DMS.10240104")
	assert.NotContains(t, about, "project")
	assert.Equal(t, about["user"].(object)["domain"], about["domain"])
	assert.Len(t, about["catalog"], 1)
	assert.Len(t, requireJSON(t, send(srv, request(t, http.MethodGet, "/v3/auth/catalog", token)), 200)["catalog"], 1)
}

// What the identity service tells about a token, and to whom.
func TestValidateToken(t *testing.T) {
	t.Parallel()
	srv := clienttest.New(t)
	srv.AddToken("unnamed", otherProject)
	srv.AddToken("expired", srv.ProjectID)
	srv.ExpireToken("expired")
	validate := func(token, subject string) *httptest.ResponseRecorder {
		r := request(t, http.MethodGet, "/v3/auth/tokens", token)
		r.Header.Set("X-Subject-Token", subject)
		return send(srv, r)
	}
	got := validate(srv.Token, "unnamed")
	assert.Equal(t, "unnamed", got.Header().Get("X-Subject-Token"))
	about := requireJSON(t, got, 200)["token"].(object)
	assert.Equal(t, srv.Region+"_"+otherProject, about["project"].(object)["name"])
	requireKeystoneError(t, validate(srv.Token, "unknown"), 404)
	requireKeystoneError(t, validate(srv.Token, "expired"), 404)
	requireKeystoneError(t, validate("expired", srv.Token), 401)
}

func TestTokenLifetime(t *testing.T) {
	t.Parallel()
	srv := clienttest.New(t)
	_, day, about := login(t, srv, asks)
	at := func(field string) time.Time {
		at, err := time.Parse(time.RFC3339, about[field].(string))
		require.NoError(t, err)
		return at
	}
	assert.WithinDuration(t, time.Now(), at("issued_at"), time.Minute)
	assert.Equal(t, 24*time.Hour, at("expires_at").Sub(at("issued_at")))
	srv.SetTokenLifetime(time.Nanosecond)
	_, moment, _ := login(t, srv, asks)
	srv.AddToken("added", srv.ProjectID)
	for token, status := range map[string]int{day: 204, moment: 401, "added": 401} {
		requireDelete(t, srv, srv.NewTask(), token, status, "DMS.10240102")
	}
}

// Who is logged in, by token or by signature, may read.
func TestIdentityReads(t *testing.T) {
	t.Parallel()
	const (
		links  = `"links": {"next": null, "previous": null}}`
		domain = `{"id": "{domain id}", "name": "{domain}", "enabled": true}`
		own    = `{"id": "{project id}", "name": "{project}", "enabled": true,
			"domain": ` + domain + `, "domain_id": "{domain id}"}`
		public  = `{"interface": "public", "region": "eu-`
		german  = public + `de", "region_id": "eu-de", "url": "{url}/`
		dutch   = public + `nl", "region_id": "eu-nl", "url": "{url}/eu-nl/`
		v1, v2  = `v1.0/{project id}"}`, `v2/{project id}"}`
		catalog = `"catalog": [{"type": "identity", "name": "keystone", "endpoints": [` + german + `v3"}]},
			{"type": "dmsv1", "name": "dmsv1", "endpoints": [` + dutch + v1 + `, ` + german + v1 + `]},
			{"type": "dmsv2", "name": "dmsv2", "endpoints": [` + dutch + v2 + `, ` + german + v2 + `]}]`
	)
	srv := clienttest.New(t)
	times := regexp.MustCompile(`"[a-z]+_at":"[^"]+",`)
	for target, want := range map[string]string{
		"/v3/projects":                `{"projects": [` + own + `], ` + links,
		"/v3/projects?name={project}": `{"projects": [` + own + `], ` + links,
		"/v3/projects?name=unknown":   `{"projects": [], ` + links,
		"/v3/auth/catalog":            `{` + catalog + `, ` + links,
		"/v3/auth/tokens": `{"token": {"methods": ["password"], "roles": [{"id": "0", "name": "te_admin"}],
			"project": ` + own + `, "user": {"id": "{user id}", "name": "{user}", "domain": ` + domain + `}, ` + catalog + `}}`,
	} {
		callers := shapes(srv)
		callers["token"] = signer{}
		for shape, s := range callers {
			r := request(t, http.MethodGet, fill(srv, target), map[string]string{"token": srv.Token}[shape])
			r.Header.Set("X-Subject-Token", srv.Token)
			s.sign(r, "")
			assert.JSONEq(t, fill(srv, want), times.ReplaceAllString(send(srv, r).Body.String(), ""), target)
		}
	}
	requireKeystoneError(t, send(srv, request(t, http.MethodPut, "/v3/auth/catalog", srv.Token)), 404)
	requireKeystoneError(t, send(srv, request(t, http.MethodPut, "/v3/auth/catalog", "")), 401)
}
