package clienttest_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client/clienttest"
)

// Who asks for a token, and what for; fill knows what is in braces.
const (
	byName = `{"methods":["password"],"password":{"user":` +
		`{"name":"{user}","password":"{password}","domain":{"name":"{domain}"}}}}`
	byID      = `{"methods":["password"],"password":{"user":{"id":"{user id}","password":"{password}"}}}`
	exchange  = `{"methods":["token"],"token":{"id":"{token}"}}`
	inProject = `{"project":{"name":"{project}","domain":{"name":"{domain}"}}}`
	projectID = `{"project":{"id":"{project id}"}}`
	inDomain  = `{"domain":{"name":"{domain}"}}`
)

func fill(srv *clienttest.Server, text string) string {
	return strings.NewReplacer(
		"{user}", srv.User.Name, "{user id}", srv.User.ID(), "{password}", srv.User.Password,
		"{domain}", srv.User.Domain, "{domain id}", srv.User.DomainID(), "{token}", srv.Token,
		"{project}", srv.ProjectName, "{project id}", string(srv.ProjectID), "{url}", srv.URL,
	).Replace(text)
}

// login asks for a token.
func login(t *testing.T, srv *clienttest.Server, identity, scope string) (status int, token string, about object) {
	t.Helper()
	body := fill(srv, fmt.Sprintf(`{"auth":{"identity":%s,"scope":%s}}`, identity, scope))
	r := request(t, http.MethodPost, "/v3/auth/tokens", "")
	r.Body = io.NopCloser(strings.NewReader(body))
	got := send(srv, r)
	if got.Code != http.StatusCreated {
		requireKeystoneError(t, got, got.Code)
		return got.Code, "", nil
	}
	return got.Code, got.Header().Get("X-Subject-Token"), requireJSON(t, got, got.Code)["token"].(object)
}

func requireKeystoneError(t *testing.T, got *httptest.ResponseRecorder, status int) {
	t.Helper()
	reason, ok := requireJSON(t, got, status)["error"].(object)
	require.True(t, ok, got.Body)
	require.InEpsilon(t, status, reason["code"], 0)
	require.Equal(t, http.StatusText(status), reason["title"])
	require.NotEmpty(t, reason["message"])
}

func TestLogin(t *testing.T) {
	t.Parallel()
	const elsewhere = `{"project":{"name":"{project}","domain":{"name":"elsewhere"}}}`
	for name, tt := range map[string]struct {
		identity, scope string
		old, change     string
		status          int
		project         bool // is the token for the project, or for the domain?
	}{
		"names":                  {byName, inProject, "", "", 201, true},
		"user ID":                {byID, inProject, "", "", 201, true},
		"domain ID":              {byName, inProject, `"name":"{domain}"`, `"id":"{domain id}"`, 201, true},
		"project ID":             {byName, projectID, "", "", 201, true},
		"domain scope":           {byName, inDomain, "", "", 201, false},
		"domain scope by ID":     {byName, `{"domain":{"id":"{domain id}"}}`, "", "", 201, false},
		"no scope":               {byName, `null`, "", "", 201, false},
		"token":                  {exchange, inProject, "", "", 201, true},
		"token, domain":          {exchange, inDomain, "", "", 201, false},
		"two methods":            {byName, inProject, `["password"]`, `["password","totp"]`, 201, true},
		"wrong password":         {byName, inProject, "{password}", "{password}x", 401, false},
		"wrong user":             {byName, inProject, "{user}", "{user}x", 401, false},
		"wrong user ID":          {byID, inProject, `"{user id}"`, `"x","name":"{user}"`, 401, false},
		"wrong domain":           {byName, inProject, "{domain}", "{domain}x", 401, false},
		"wrong project":          {byName, inProject, "{project}", "{project}x", 401, false},
		"project elsewhere":      {byName, elsewhere, "", "", 401, false},
		"wrong domain scope":     {byName, `{"domain":{"name":"another"}}`, "", "", 401, false},
		"wrong token":            {exchange, inProject, "{token}", "{token}x", 401, false},
		"expired token":          {exchange, inProject, "{token}", "expired", 401, false},
		"unknown method":         {exchange, inProject, `["token"]`, `["assume_role"]`, 401, false},
		"no JSON":                {`x`, inProject, "", "", 400, false},
		"stranger in the domain": {byName, inDomain, "{domain}", "elsewhere", 201, false},
		"stranger in a project":  {byName, projectID, "{domain}", "elsewhere", 401, false},
		"old password":           {byID, inProject, "{password}", "old", 401, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := clienttest.New(t)
			changed := srv.User
			changed.Password = "old"
			srv.AddUser(changed)
			srv.AddUser(srv.User)
			srv.AddUser(clienttest.User{Name: srv.User.Name, Password: srv.User.Password, Domain: "elsewhere"})
			srv.SetTokenLifetime(0)
			srv.AddToken("expired", srv.ProjectID)
			srv.SetTokenLifetime(time.Hour)
			change := func(body string) string { return strings.ReplaceAll(body, tt.old, tt.change) }
			if tt.old == "" {
				change = strings.Clone
			}
			status, token, about := login(t, srv, change(tt.identity), change(tt.scope))
			require.Equal(t, tt.status, status)
			if status != http.StatusCreated {
				return
			}
			if tt.project {
				requireDelete(t, srv, srv.NewTask(), token, 204, "")
				return
			}
			requireDelete(t, srv, srv.NewTask(), token, 401, "DMS.10240104")
			assert.NotContains(t, about, "project")
			assert.Equal(t, about["user"].(object)["domain"], about["domain"])
			assert.Len(t, about["catalog"], 1)
			r := request(t, http.MethodGet, "/v3/auth/catalog", token)
			assert.Len(t, requireJSON(t, send(srv, r), 200)["catalog"], 1)
		})
	}
}

// What the identity service tells about a token, and to whom.
func TestValidateToken(t *testing.T) {
	t.Parallel()
	srv := clienttest.New(t)
	_, issued, _ := login(t, srv, byID, inProject)
	srv.AddToken("unnamed", otherProject)
	srv.AddToken("expired", srv.ProjectID)
	srv.ExpireToken("expired")
	for name, tt := range map[string]struct {
		token, subject string
		status         int
		project        string
	}{
		"another":         {srv.Token, issued, 200, srv.ProjectName},
		"unnamed project": {issued, "unnamed", 200, srv.Region + "_" + otherProject},
		"unknown":         {srv.Token, "unknown", 404, ""},
		"expired subject": {srv.Token, "expired", 404, ""},
		"expired":         {"expired", srv.Token, 401, ""},
		"wrong":           {"wrong", srv.Token, 401, ""},
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			r := request(t, method, "/v3/auth/tokens", tt.token)
			r.Header.Set("X-Subject-Token", tt.subject)
			got := send(srv, r)
			if tt.status != http.StatusOK {
				requireKeystoneError(t, got, tt.status)
				continue
			}
			about := requireJSON(t, got, tt.status)["token"].(object)
			assert.Equal(t, tt.subject, got.Header().Get("X-Subject-Token"))
			assert.Equal(t, tt.project, about["project"].(object)["name"], name)
		}
	}
}

func TestTokenLifetime(t *testing.T) {
	t.Parallel()
	srv := clienttest.New(t)
	issue := func(identity string) (token string, times [2]time.Time) {
		_, token, about := login(t, srv, identity, inProject)
		for i, field := range []string{"issued_at", "expires_at"} {
			at, err := time.Parse(time.RFC3339, about[field].(string))
			require.NoError(t, err)
			times[i] = at
		}
		return token, times
	}
	start := time.Now().Truncate(time.Microsecond)
	day, times := issue(byID)
	assert.WithinRange(t, times[0], start, time.Now())
	assert.Equal(t, 24*time.Hour, times[1].Sub(times[0]))

	srv.SetTokenLifetime(time.Minute)
	minute, times := issue(byID)
	assert.Equal(t, time.Minute, times[1].Sub(times[0]))
	srv.SetTokenLifetime(time.Hour)
	// Nobody can live on one token for ever: what it is changed for does not outlive it.
	changed, changedTimes := issue(strings.Replace(exchange, "{token}", minute, 1))
	assert.Equal(t, times, changedTimes)
	assert.NotEqual(t, minute, changed)

	srv.SetTokenLifetime(time.Nanosecond)
	moment, _ := issue(byID)
	srv.AddToken("added", srv.ProjectID)
	for token, status := range map[string]int{day: 204, minute: 204, changed: 204, moment: 401, "added": 401} {
		requireDelete(t, srv, srv.NewTask(), token, status, "DMS.10240102")
	}
}

// Who is logged in, by token or by signature, may read.
func TestIdentityReads(t *testing.T) {
	t.Parallel()
	const (
		links   = `"links": {"next": null, "previous": null}}`
		domain  = `{"id": "{domain id}", "name": "{domain}", "enabled": true}`
		more    = `"enabled": true, "domain": ` + domain + `, "domain_id": "{domain id}"}`
		own     = `{"id": "{project id}", "name": "{project}", ` + more
		both    = `{"projects": [{"id": "` + otherProject + `", "name": "eu-nl_2", ` + more + `, ` + own + `], ` + links
		public  = `{"interface": "public", "region": "eu-`
		german  = public + `de", "region_id": "eu-de", "url": "{url}/`
		dutch   = public + `nl", "region_id": "eu-nl", "url": "{url}/eu-nl/`
		v1, v2  = `v1.0/{project id}"}`, `v2/{project id}"}`
		catalog = `"catalog": [{"type": "identity", "name": "keystone", "endpoints": [` + german + `v3"}]},
			{"type": "dmsv1", "name": "dmsv1", "endpoints": [` + dutch + v1 + `, ` + german + v1 + `]},
			{"type": "dmsv2", "name": "dmsv2", "endpoints": [` + dutch + v2 + `, ` + german + v2 + `]}]`
	)
	srv := clienttest.New(t)
	srv.AddProject("eu-nl_2", otherProject)
	times := regexp.MustCompile(`"[a-z]+_at":"[^"]+",`)
	for target, want := range map[string]string{
		"/v3/projects":                both,
		"/v3/auth/projects":           both,
		"/v3/projects?name={project}": `{"projects": [` + own + `], ` + links,
		"/v3/projects?name=unknown":   `{"projects": [], ` + links,
		"/v3/auth/domains":            `{"domains": [` + domain + `], ` + links,
		"/v3/auth/catalog":            `{` + catalog + `, ` + links,
		"/v3/auth/tokens": `{"token": {"methods": ["password"], "roles": [{"id": "0", "name": "te_admin"}],
			"project": ` + own + `, "user": {"id": "{user id}", "name": "{user}", "domain": ` + domain + `}, ` + catalog + `}}`,
	} {
		for _, s := range append(slices.Collect(maps.Values(shapes(srv))), signer{}) {
			r := request(t, http.MethodGet, fill(srv, target), "")
			r.Header.Set("X-Subject-Token", srv.Token)
			if s.sign(r, ""); s.key == "" {
				r.Header.Set("X-Auth-Token", srv.Token)
			}
			assert.JSONEq(t, fill(srv, want), times.ReplaceAllString(send(srv, r).Body.String(), ""), target)
			r.Header.Del("X-Auth-Token")
			s.key += "0"
			s.sign(r, "")
			requireAnswer(t, send(srv, r), 401, "APIG.0301")
		}
	}
	for _, unknown := range []string{"GET /v3/", "GET /v3/users", "PUT /v3/auth/catalog"} {
		method, target, _ := strings.Cut(unknown, " ")
		requireKeystoneError(t, send(srv, request(t, method, target, srv.Token)), http.StatusNotFound)
		requireKeystoneError(t, send(srv, request(t, method, target, "")), http.StatusUnauthorized)
	}
}
