package clienttest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

type object = map[string]any

// do sends a request and reads the answer, JSON if there is any.
func do(t *testing.T, r *http.Request) (status int, header http.Header, body object) {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	if len(content) > 0 {
		require.Equal(t, "application/json", resp.Header.Get("Content-Type"))
		require.NoError(t, json.Unmarshal(content, &body))
	}
	return resp.StatusCode, resp.Header, body
}

// login asks for a token.
func login(t *testing.T, srv *clienttest.Server, body string) (status int, token string, about object) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.IdentityURL()+"/auth/tokens",
		strings.NewReader(body))
	require.NoError(t, err)
	status, header, answer := do(t, r)
	if status != http.StatusCreated {
		requireKeystoneError(t, status, answer)
		return status, "", nil
	}
	return status, header.Get("X-Subject-Token"), answer["token"].(object)
}

func requireKeystoneError(t *testing.T, status int, body object) {
	t.Helper()
	reason, ok := body["error"].(object)
	require.True(t, ok, body)
	require.InEpsilon(t, status, reason["code"], 0)
	require.Equal(t, http.StatusText(status), reason["title"])
	require.NotEmpty(t, reason["message"])
}

func TestLogin(t *testing.T) {
	t.Parallel()
	const (
		byName = `{"auth":{"identity":{"methods":["password"],"password":{"user":` +
			`{"name":"{user}","password":"{password}","domain":{"name":"{domain}"}}}},"scope":%s}}`
		byID = `{"auth":{"identity":{"methods":["password"],"password":{"user":` +
			`{"id":"{user id}","password":"{password}"}}},"scope":%s}}`
		exchange  = `{"auth":{"identity":{"methods":["token"],"token":{"id":"{token}"}},"scope":%s}}`
		byProject = `{"project":{"name":"{project}","domain":{"name":"{domain}"}}}`
		inDomain  = `{"domain":{"name":"{domain}"}}`
	)
	tests := map[string]struct {
		body, scope string
		old, change string
		status      int
		project     bool // is the token for the project, or for the domain?
	}{
		"names":              {byName, byProject, "", "", 201, true},
		"user ID":            {byID, byProject, "", "", 201, true},
		"domain ID":          {byName, byProject, `"name":"{domain}"`, `"id":"{domain id}"`, 201, true},
		"project ID":         {byName, `{"project":{"id":"{project id}"}}`, "", "", 201, true},
		"domain scope":       {byName, inDomain, "", "", 201, false},
		"domain scope by ID": {byName, `{"domain":{"id":"{domain id}"}}`, "", "", 201, false},
		"no scope":           {byName, `null`, "", "", 201, false},
		"token":              {exchange, byProject, "", "", 201, true},
		"token, domain":      {exchange, inDomain, "", "", 201, false},
		"two methods":        {byName, byProject, `["password"]`, `["password","totp"]`, 201, true},
		"wrong password":     {byName, byProject, "{password}", "{password}x", 401, false},
		"no password":        {byName, byProject, "{password}", "", 401, false},
		"wrong user":         {byName, byProject, "{user}", "{user}x", 401, false},
		"wrong user ID":      {byID, byProject, "{user id}", "{user id}x", 401, false},
		"wrong domain":       {byName, byProject, "{domain}", "{domain}x", 401, false},
		"wrong project":      {byName, byProject, "{project}", "{project}x", 401, false},
		"project elsewhere": {byName, `{"project":{"name":"{project}","domain":{"name":"elsewhere"}}}`, "", "",
			401, false},
		"wrong domain scope":     {byName, `{"domain":{"name":"another"}}`, "", "", 401, false},
		"wrong token":            {exchange, byProject, "{token}", "{token}x", 401, false},
		"expired token":          {exchange, byProject, "{token}", "expired", 401, false},
		"no method":              {exchange, byProject, `["token"]`, `[]`, 401, false},
		"unknown method":         {exchange, byProject, `["token"]`, `["assume_role"]`, 401, false},
		"nothing":                {`{}%.0s`, "", "", "", 401, false},
		"no JSON":                {`x%.0s`, "", "", "", 400, false},
		"methods not in a list":  {exchange, byProject, `["token"]`, `"token"`, 400, false},
		"stranger in the domain": {byName, inDomain, "{domain}", "elsewhere", 201, false},
		"stranger in a project":  {byName, `{"project":{"id":"{project id}"}}`, "{domain}", "elsewhere", 401, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t)
			srv.AddUser(clienttest.User{Name: srv.User.Name, Password: srv.User.Password, Domain: "elsewhere"})
			srv.AddToken("expired", srv.ProjectID)
			srv.ExpireToken("expired")
			body := fmt.Sprintf(tt.body, tt.scope)
			if tt.old != "" {
				body = strings.ReplaceAll(body, tt.old, tt.change)
			}
			body = strings.NewReplacer(
				"{user}", srv.User.Name, "{user id}", srv.User.ID(), "{password}", srv.User.Password,
				"{domain}", srv.User.Domain, "{domain id}", srv.User.DomainID(),
				"{project}", srv.ProjectName, "{project id}", string(srv.ProjectID), "{token}", srv.Token,
			).Replace(body)

			status, token, about := login(t, srv, body)
			require.Equal(t, tt.status, status)
			if status != http.StatusCreated {
				return
			}
			user := about["user"].(object)
			assert.Equal(t, srv.User.Name, user["name"])
			ref := srv.NewTask()
			got := send(t, srv, http.MethodDelete, target(ref), token)
			if !tt.project {
				assert.NotContains(t, about, "project")
				assert.Equal(t, user["domain"], about["domain"])
				assert.Equal(t, []string{"identity"}, types(about["catalog"]))
				requireAnswer(t, got, 401, "DMS.10240104")
				return
			}
			assert.Equal(t, srv.User.ID(), user["id"])
			assert.Equal(t, srv.User.DomainID(), user["domain"].(object)["id"])
			project := about["project"].(object)
			assert.Equal(t, string(srv.ProjectID), project["id"])
			assert.Equal(t, srv.ProjectName, project["name"])
			assert.Equal(t, srv.User.Domain, project["domain"].(object)["name"])
			requireAnswer(t, got, 204, "")
			assert.False(t, srv.HasTask(ref))
		})
	}
}

// passwordLogin logs the server's own user in to a project.
func passwordLogin(t *testing.T, srv *clienttest.Server, project client.ProjectID) (token string, about object) {
	t.Helper()
	status, token, about := login(t, srv, fmt.Sprintf(`{"auth":{"identity":{"methods":["password"],"password":{"user":`+
		`{"id":%q,"password":%q}}},"scope":{"project":{"id":%q}}}}`, srv.User.ID(), srv.User.Password, project))
	require.Equal(t, http.StatusCreated, status)
	return token, about
}

// types are the kinds of services of a catalog.
func types(catalog any) (all []string) {
	for _, entry := range catalog.([]any) {
		all = append(all, entry.(object)["type"].(string))
	}
	return all
}

func TestUserChangesPassword(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	passwordLogin(t, srv, srv.ProjectID)
	user := srv.User
	user.Password = "new"
	srv.AddUser(user)
	body := `{"auth":{"identity":{"methods":["password"],"password":{"user":{"id":%q,"password":%q}}}}}`
	status, _, _ := login(t, srv, fmt.Sprintf(body, user.ID(), srv.User.Password))
	assert.Equal(t, http.StatusUnauthorized, status)
	status, _, _ = login(t, srv, fmt.Sprintf(body, user.ID(), user.Password))
	assert.Equal(t, http.StatusCreated, status)
}

func TestSecondProject(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.AddProject("eu-nl_second", otherProject)
	token, about := passwordLogin(t, srv, otherProject)
	assert.Equal(t, "eu-nl_second", about["project"].(object)["name"])
	ref := srv.NewTask()
	requireAnswer(t, send(t, srv, http.MethodDelete, target(ref), token), 401, "DMS.10240104")
	ref.ProjectID = otherProject
	srv.AddTask(ref)
	requireAnswer(t, send(t, srv, http.MethodDelete, target(ref), token), 204, "")
}

// What [clienttest.Server] says about a token, its own and one that it issued, to whom it may.
func TestValidateToken(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	issued, _ := passwordLogin(t, srv, srv.ProjectID)
	srv.AddToken("unnamed", otherProject)
	srv.AddToken("expired", srv.ProjectID)
	srv.ExpireToken("expired")
	tests := map[string]struct {
		token, subject string
		status         int
		project        string
	}{
		"own":             {srv.Token, srv.Token, 200, srv.ProjectName},
		"issued":          {issued, issued, 200, srv.ProjectName},
		"another":         {srv.Token, issued, 200, srv.ProjectName},
		"unnamed project": {srv.Token, "unnamed", 200, srv.Region + "_" + otherProject},
		"unknown":         {srv.Token, "unknown", 404, ""},
		"no subject":      {srv.Token, "", 404, ""},
		"expired subject": {srv.Token, "expired", 404, ""},
		"expired":         {"expired", srv.Token, 401, ""},
		"wrong":           {"wrong", srv.Token, 401, ""},
		"none":            {"", srv.Token, 401, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := map[string]string{"X-Auth-Token": tt.token, "X-Subject-Token": tt.subject}
			status, _, body := do(t, request(t, srv, http.MethodHead, "/v3/auth/tokens", header))
			assert.Equal(t, tt.status, status)
			assert.Empty(t, body)

			status, answered, body := do(t, request(t, srv, http.MethodGet, "/v3/auth/tokens", header))
			require.Equal(t, tt.status, status)
			if status != http.StatusOK {
				requireKeystoneError(t, status, body)
				return
			}
			assert.Equal(t, tt.subject, answered.Get("X-Subject-Token"))
			about := body["token"].(object)
			assert.Equal(t, tt.project, about["project"].(object)["name"])
			assert.Equal(t, srv.User.Name, about["user"].(object)["name"])
			assert.Contains(t, types(about["catalog"]), "dmsv2")
		})
	}
}

func times(t *testing.T, about object) (issued, expires time.Time) {
	t.Helper()
	var err error
	issued, err = time.Parse(time.RFC3339, about["issued_at"].(string))
	require.NoError(t, err)
	expires, err = time.Parse(time.RFC3339, about["expires_at"].(string))
	require.NoError(t, err)
	return issued, expires
}

func TestTokenLifetime(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	start := time.Now().Truncate(time.Microsecond)
	day, about := passwordLogin(t, srv, srv.ProjectID)
	issued, expires := times(t, about)
	assert.WithinRange(t, issued, start, time.Now())
	assert.Equal(t, 24*time.Hour, expires.Sub(issued))

	srv.SetTokenLifetime(time.Minute)
	minute, about := passwordLogin(t, srv, srv.ProjectID)
	issued, expires = times(t, about)
	assert.Equal(t, time.Minute, expires.Sub(issued))

	srv.SetTokenLifetime(time.Nanosecond)
	moment, _ := passwordLogin(t, srv, srv.ProjectID)
	srv.AddToken("added", srv.ProjectID)
	for token, want := range map[string]int{srv.Token: 204, day: 204, minute: 204, moment: 401, "added": 401} {
		code := map[int]string{401: "DMS.10240102"}[want]
		requireAnswer(t, send(t, srv, http.MethodDelete, target(srv.NewTask()), token), want, code)
	}

	srv.ExpireToken(minute)
	requireAnswer(t, send(t, srv, http.MethodDelete, target(srv.NewTask()), minute), 401, "DMS.10240102")
}

// Nobody can live on one token for ever: what it is changed for does not outlive it.
func TestTokenForToken(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.SetTokenLifetime(time.Hour)
	first, about := passwordLogin(t, srv, srv.ProjectID)
	_, want := times(t, about)
	srv.SetTokenLifetime(24 * time.Hour)
	status, second, about := login(t, srv, fmt.Sprintf(`{"auth":{"identity":{"methods":["token"],"token":{"id":%q}},`+
		`"scope":{"project":{"id":%q}}}}`, first, srv.ProjectID))
	require.Equal(t, http.StatusCreated, status)
	_, expires := times(t, about)
	assert.Equal(t, want, expires)
	assert.NotEqual(t, first, second)
}

// Who is logged in, by token or by signature, may read; whom a signature is for, may choose.
func TestIdentityLists(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.AddProject("eu-nl_second", otherProject)
	domainID, domain := srv.User.DomainID(), srv.User.Domain
	own := object{"id": string(srv.ProjectID), "name": srv.ProjectName, "domain_id": domainID}
	second := object{"id": otherProject, "name": "eu-nl_second", "domain_id": domainID}
	tests := map[string]struct {
		path, key string
		want      []object
	}{
		"projects":         {"/v3/projects", "projects", []object{own, second}},
		"projects of user": {"/v3/auth/projects", "projects", []object{own, second}},
		"project":          {"/v3/projects?name=" + srv.ProjectName, "projects", []object{own}},
		"no project":       {"/v3/projects?name=unknown", "projects", []object{}},
		"domains":          {"/v3/auth/domains", "domains", []object{{"id": domainID, "name": domain}}},
		"domain":           {"/v3/auth/domains?name=" + domain, "domains", []object{{"id": domainID, "name": domain}}},
		"no domain":        {"/v3/auth/domains?name=unknown", "domains", []object{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, query, _ := strings.Cut(tt.path, "?")
			r := request(t, srv, http.MethodGet, path, nil)
			if query == "" { // the test's signer knows no query
				shapes(srv)["Credential"].sign(r)
			} else {
				r.URL.RawQuery = query
				r.Header.Set("X-Auth-Token", srv.Token)
			}
			status, _, body := do(t, r)
			require.Equal(t, http.StatusOK, status)
			assert.Equal(t, object{"next": nil, "previous": nil}, body["links"])
			items := body[tt.key].([]any)
			got := make([]object, len(items))
			for i, item := range items {
				got[i] = item.(object)
				assert.Equal(t, true, got[i]["enabled"])
				delete(got[i], "enabled")
				delete(got[i], "domain")
			}
			assert.ElementsMatch(t, tt.want, got)
		})
	}
}

func TestCatalog(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	project := "/" + string(srv.ProjectID)
	want := map[string][]string{ // by type: region and URL
		"identity": {"eu-de", srv.IdentityURL()},
		"dmsv1":    {"eu-nl", srv.URL + "/eu-nl/v1.0" + project, "eu-de", srv.URL + "/v1.0" + project},
		"dmsv2":    {"eu-nl", srv.URL + "/eu-nl/v2" + project, "eu-de", srv.URL + "/v2" + project},
	}
	byToken := request(t, srv, http.MethodGet, "/v3/auth/catalog", map[string]string{"X-Auth-Token": srv.Token})
	byKey := request(t, srv, http.MethodGet, "/v3/auth/catalog", nil)
	shapes(srv)["Access"].sign(byKey)
	for _, r := range []*http.Request{byToken, byKey} {
		status, _, body := do(t, r)
		require.Equal(t, http.StatusOK, status)
		got := make(map[string][]string)
		for _, entry := range body["catalog"].([]any) {
			entry := entry.(object)
			for _, e := range entry["endpoints"].([]any) {
				e := e.(object)
				assert.Equal(t, "public", e["interface"])
				assert.Equal(t, e["region"], e["region_id"])
				kind := entry["type"].(string)
				got[kind] = append(got[kind], e["region"].(string), e["url"].(string))
			}
		}
		assert.Equal(t, want, got)
	}
}

func TestNoSuchResource(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	for _, request := range []*http.Request{
		request(t, srv, http.MethodGet, "/v3/", map[string]string{"X-Auth-Token": srv.Token}),
		request(t, srv, http.MethodGet, "/v3/users", map[string]string{"X-Auth-Token": srv.Token}),
		request(t, srv, http.MethodPut, "/v3/auth/catalog", map[string]string{"X-Auth-Token": srv.Token}),
	} {
		status, _, body := do(t, request)
		require.Equal(t, http.StatusNotFound, status)
		requireKeystoneError(t, status, body)
	}
}

// What is said about DMS is not said about the identity service, and the other way round.
func TestIdentityIsApart(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.AnswerNext(1, clienttest.Error(http.StatusTeapot, "next", "m", nil))
	srv.LimitRequests(0)
	srv.Wrap(func(http.Handler) http.Handler { return http.NotFoundHandler() })
	token, _ := passwordLogin(t, srv, srv.ProjectID)
	assert.Empty(t, srv.Requests())
	require.Len(t, srv.IdentityRequests(), 1)
	assert.Equal(t, "/v3/auth/tokens", srv.IdentityRequests()[0].Target)

	srv.WrapIdentity(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	})
	status, _, _ := do(t, request(t, srv, http.MethodGet, "/v3/auth/catalog", map[string]string{"X-Auth-Token": token}))
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Len(t, srv.IdentityRequests(), 2)

	requireAnswer(t, send(t, srv, http.MethodDelete, target(srv.NewTask()), token), 418, "next")
	srv.Wrap(nil)
	requireAnswer(t, send(t, srv, http.MethodDelete, target(srv.NewTask()), token), 429, "APIG.0308")
	srv.LimitRequests(-1)
	requireAnswer(t, send(t, srv, http.MethodDelete, target(srv.NewTask()), token), 204, "")
	assert.Len(t, srv.Requests(), 3)
	assert.Len(t, srv.IdentityRequests(), 2)

	srv.WrapIdentity(nil)
	passwordLogin(t, srv, srv.ProjectID)
}

func TestUserIDs(t *testing.T) {
	t.Parallel()
	user := clienttest.User{Name: "n", Password: "p", Domain: "d"}
	assert.Regexp(t, "^[0-9a-f]{32}$", user.ID())
	assert.Regexp(t, "^[0-9a-f]{32}$", user.DomainID())
	assert.NotEqual(t, user.ID(), user.DomainID())
	assert.Equal(t, user.ID(), clienttest.User{Name: "n", Domain: "d"}.ID())
	assert.NotEqual(t, user.ID(), clienttest.User{Name: "n", Domain: "e"}.ID())
	assert.Equal(t, user.DomainID(), clienttest.User{Domain: "d"}.DomainID())
}

func TestIdentityOfManyGoroutines(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			token, _ := passwordLogin(t, srv, srv.ProjectID)
			for _, r := range []*http.Request{
				request(t, srv, http.MethodDelete, target(srv.NewTask()), nil),
				request(t, srv, http.MethodGet, "/v3/auth/catalog", map[string]string{"X-Auth-Token": token}),
			} {
				if r.Header.Get("X-Auth-Token") == "" {
					shapes(srv)["Credential"].sign(r)
				}
				status, _, _ := do(t, r)
				assert.Less(t, status, 300)
			}
			srv.SetTokenLifetime(time.Hour)
			srv.AddUser(clienttest.User{Name: "other"})
			srv.AddProject("other", otherProject)
			srv.AddAccessKey("other", "secret", otherProject)
			srv.WrapIdentity(nil)
			_ = srv.IdentityRequests()
		})
	}
	wg.Wait()
	assert.Len(t, srv.Requests(), 20)
	assert.Len(t, srv.IdentityRequests(), 40)
}
