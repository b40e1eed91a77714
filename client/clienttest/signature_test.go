package clienttest_test

import (
	"cmp"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client/clienttest"
)

const (
	date     = "20060102T150405Z"
	sdkDate  = "X-Sdk-Date"
	sdkShape = "SDK-HMAC-SHA256"
	scope    = "{day}/eu-de/dms/sdk_request"

	ownProject = "0e5a9c6e2c8f4b1d9a7c3f5e8b2d4a61"
)

// Signatures that the SDKs themselves have made: gophertelekomcloud v0.9.4 (Credential) and huaweicloud-sdk-go-v3
// v0.1.207 (Access).
func TestSignaturesOfSDKs(t *testing.T) {
	t.Parallel()
	type h = http.Header
	const (
		key, secret, stamp = "MADEUPACCESSKEY00000", "made-up-secret-key-of-forty-characters-0", "20260102T030405Z"
		dms, iam           = "https://dms.example", "https://iam.example/v3/projects"
		task               = dms + "/v2/" + ownProject + "/instances/b3c4d5e6-0718-4293-a4b5-c6d7e8f90a1b" +
			"/tasks/8abfa7b372160bfd0172165864064079"
		json     = "application/json"
		derived  = "Credential=" + key + "/20260102///sdk_request"
		regional = "Credential=" + key + "/20260102/eu-de/dms/sdk_request"
		plain    = "Access=" + key
	)
	tests := map[string]struct {
		method, url, body              string
		header                         h
		credential, headers, signature string
	}{
		"task, derived": {"DELETE", task, "", h{"Accept": {json}, "User-Agent": {"golangsdk/2.0.0"}}, derived,
			"accept;host;user-agent;x-sdk-date", "3033e5041490a5ec927420b5c0b0e2502f0b684fc1aae5f1629666cc724bea09"},
		"region and service": {"DELETE", task, "", nil, regional,
			"host;x-sdk-date", "8d2f8e0d95420b2e28d0a2abbcf80ae456450a890e9d39cb5e185197fbebbb0c"},
		"query, derived": {"GET", iam + "?name=eu-de_project%20%2B%2F~*", "", h{"X-Two": {"a \t  b", "c"}},
			derived, "host;x-sdk-date;x-two", "4026c2c845515fee681009b2a144d6c11cb6f594a1e5ad48bf2b45d9a84881ee"},
		"body, derived": {"PUT", dms + "/a%20b/%c3%a4/%252f/", `{"a": 1}` + "\n", h{"Content-Type": {json}}, derived,
			"content-type;host;x-sdk-date", "684b0ad17f6457dc3cd099225634118763b612c528c5ee16d7c8f59f6f20ada3"},

		"task, plain": {"DELETE", task, "",
			h{"User-Agent": {"huaweicloud-usdk-go/3.0"}, "X-Project-Id": {ownProject}, "Content-Type": {json}}, plain,
			"user-agent;x-project-id;x-sdk-date", "b37665fc430cf9aa3e15aeaa0336f8710f75f65bedb5a7621839d26c32c66b69"},
		"query, plain": {"GET", iam + "?name=eu-de_project%20%2B%2F~%2A", "", nil, plain,
			"x-sdk-date", "06de971c3418b61490966b621ec73525eab6efc92d7303e3f56fab016c7f57d9"},
		"body, plain": {"POST", dms + "/a%20b/%C3%A4/%252f?q=1", `{"a":1}` + "\n", nil, plain,
			"x-sdk-date", "e387b5405127ee37dcc412af22da564e9ec6f9fc55853e73e490739c68b6b8af"},
	}
	now, err := time.Parse(date, stamp)
	require.NoError(t, err)
	srv := clienttest.New(t)
	srv.AddAccessKey(key, secret, ownProject)
	for name, tt := range tests {
		r := httptest.NewRequestWithContext(t.Context(), tt.method, tt.url, strings.NewReader(tt.body))
		maps.Copy(r.Header, tt.header)
		r.Header.Set(sdkDate, stamp)
		r.Header.Set("Authorization", sdkShape+" "+tt.credential+", SignedHeaders="+tt.headers+", Signature="+tt.signature)
		got, ok := clienttest.Verify(srv, r, now)
		assert.True(t, ok, name)
		assert.EqualValues(t, ownProject, got)
	}
}

// A signer signs requests.
type signer struct {
	key, secret string
	scope       string // of Credential, or "" for Access; {day} is that of the date
	headers     string // signed ones
	at          time.Time
}

// shapes are the two ways to sign for a server's own access key, now.
func shapes(srv *clienttest.Server) map[string]signer {
	own := signer{key: srv.AccessKey, secret: srv.SecretKey, headers: "host;x-sdk-date", at: time.Now()}
	derived := own
	derived.scope = scope
	return map[string]signer{"Access": own, "Credential": derived}
}

func (s signer) sign(r *http.Request, body string) {
	stamp := s.at.UTC().Format(date)
	r.Header.Set(sdkDate, stamp)
	scope := strings.ReplaceAll(s.scope, "{day}", stamp[:8])
	clienttest.Sign(r, body, s.key, s.secret, scope, strings.Split(s.headers, ";")...)
}

// What becomes of the deletion of a task if one thing about its credentials is changed. The zero answer is that of a
// signature which is not right: 401, APIG.0301.
func TestCredentials(t *testing.T) {
	t.Parallel()
	srv := clienttest.New(t)
	srv.AddAccessKey("another", srv.SecretKey, otherProject)
	type fields = map[string]string
	scoped := func(scope string) func(*signer) { return func(s *signer) { s.scope = scope } }
	for name, tt := range map[string]struct {
		before func(*signer) // of what is signed
		set    fields        // after it was signed
		status int
		code   string
	}{
		"right":                {status: 204},
		"own project":          {set: fields{"X-Project-Id": "{project id}"}, status: 204},
		"project and domain":   {set: fields{"X-Project-Id": "{project id}", "X-Domain-Id": "d"}, status: 204},
		"domain":               {set: fields{"X-Domain-Id": "d"}, code: "DMS.10240104"},
		"another project":      {set: fields{"X-Project-Id": otherProject}, code: "DMS.10240104"},
		"key of another":       {before: func(s *signer) { s.key = "another" }, code: "DMS.10240104"},
		"token, bad signature": {func(s *signer) { s.secret += "0" }, fields{"X-Auth-Token": "{token}"}, 204, ""},
		"bad token, signature": {set: fields{"X-Auth-Token": "wrong"}, code: "DMS.10240101"},
		"no signature but":     {set: fields{"Authorization": "Bearer x"}, code: "DMS.10240103"},
		"wrong secret":         {before: func(s *signer) { s.secret += "0" }},
		"unknown key":          {before: func(s *signer) { s.key += "0" }},
		"date not signed":      {before: func(s *signer) { s.headers = "host" }},
		"malformed date":       {set: fields{sdkDate: time.Now().UTC().Format(time.RFC3339)}},
		"other algorithm":      {set: fields{"Authorization": sdkShape + "-X Access=x"}},
		"scope, no host":       {before: func(s *signer) { s.scope, s.headers = scope, "x-sdk-date" }},
		"scope, another day":   {before: scoped("20060102/eu-de/dms/sdk_request")},
		"scope, another end":   {before: scoped("{day}/eu-de/dms/aws4_request")},
		"scope, one more":      {before: scoped("{day}/eu-de/dms/sdk_request/x")},
	} {
		for shape, s := range shapes(srv) {
			srv.AddAccessKey(s.key, s.secret, srv.ProjectID) // so that it is not locked
			t.Run(name+", "+shape, func(t *testing.T) {
				ref := srv.NewTask()
				r := request(t, http.MethodDelete, target(ref), "")
				if tt.before != nil {
					tt.before(&s)
				}
				s.sign(r, "")
				for field, value := range tt.set {
					r.Header.Set(field, fill(srv, value))
				}
				requireAnswer(t, send(srv, r), cmp.Or(tt.status, 401), cmp.Or(tt.code, "APIG.0301"))
				assert.Equal(t, tt.status != http.StatusNoContent, srv.HasTask(ref))
			})
		}
	}
}

// verify reports what the server makes of a signed request at some time.
func verify(t *testing.T, srv *clienttest.Server, s signer, now time.Time, signed string, body io.Reader) bool {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/x", body)
	s.sign(r, signed)
	_, ok := clienttest.Verify(srv, r, now)
	return ok
}

// Five wrong signatures in a row lock a key for five minutes.
func TestLock(t *testing.T) {
	t.Parallel()
	srv := clienttest.New(t)
	// w: a wrong signature is refused. o: a right one is accepted. r: a right one is refused. a: the key is added anew.
	// 1, 4: so many minutes pass.
	for _, steps := range strings.Fields("wwwwowwwwo ww4ww4wr wwwwwr4r1o wwwww41wwwwwr wwwww4wwwwwww1o wwwwwrao") {
		right := shapes(srv)["Access"]
		right.key = steps // a key of its own
		for i, step := range "a" + steps {
			s := right
			switch step {
			case 'a':
				srv.AddAccessKey(right.key, right.secret, srv.ProjectID)
				continue
			case '1', '4':
				right.at = right.at.Add(time.Duration(step-'0') * time.Minute)
				continue
			case 'w':
				s.secret = "wrong"
			}
			require.Equal(t, step == 'o', verify(t, srv, s, right.at, "", http.NoBody), "%s, step %d", steps, i)
		}
	}
}

func TestDateAndBodyOfSignature(t *testing.T) {
	t.Parallel()
	srv := clienttest.New(t)
	s := shapes(srv)["Access"]
	s.at = time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600))
	for offset, want := range map[time.Duration]bool{
		15 * time.Minute: true, -15 * time.Minute: true, 15*time.Minute + 1: false, -15*time.Minute - 1: false,
	} {
		assert.Equal(t, want, verify(t, srv, s, s.at.Add(offset), "", http.NoBody), offset)
	}
	assert.False(t, verify(t, srv, s, s.at, "x", strings.NewReader("y")))
}
