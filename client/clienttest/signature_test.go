package clienttest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

// Signatures that the SDKs themselves have made: gophertelekomcloud v0.9.4 (Credential) and huaweicloud-sdk-go-v3
// v0.1.207 (Access).
func TestSignaturesOfSDKs(t *testing.T) {
	t.Parallel()
	const (
		key, secret, stamp = "MADEUPACCESSKEY00000", "made-up-secret-key-of-forty-characters-0", "20260102T030405Z"

		project = "0e5a9c6e2c8f4b1d9a7c3f5e8b2d4a61"
		task    = "https://dms.example/v2/" + project + "/instances/b3c4d5e6-0718-4293-a4b5-c6d7e8f90a1b" +
			"/tasks/8abfa7b372160bfd0172165864064079"
		json     = "application/json"
		unsigned = "UNSIGNED-PAYLOAD"

		derived  = "Credential=" + key + "/20260102///sdk_request"
		regional = "Credential=" + key + "/20260102/eu-de/dms/sdk_request"
		plain    = "Access=" + key
	)
	tests := map[string]struct {
		method, url, body string
		header            http.Header
		credential        string
		headers           string
		signature         string
	}{
		"task, derived": {"DELETE", task, "", http.Header{"Accept": {json}, "User-Agent": {"golangsdk/2.0.0"}},
			derived, "accept;host;user-agent;x-sdk-date",
			"3033e5041490a5ec927420b5c0b0e2502f0b684fc1aae5f1629666cc724bea09"},
		"region and service": {"DELETE", task, "", nil, regional, "host;x-sdk-date",
			"8d2f8e0d95420b2e28d0a2abbcf80ae456450a890e9d39cb5e185197fbebbb0c"},
		"query, derived": {"GET", "https://iam.example/v3/projects?name=eu-de_project&b=2&B0=%20+x%2F~*&a=1&a=0&d", "",
			http.Header{"X-Two": {"a \t  b", "c"}}, derived, "host;x-sdk-date;x-two",
			"234312a7def565429a4ffda71ff4303fbd102a808e5d3265024172884cc7f1e9"},
		"body, derived": {"PUT", "https://dms.example/a%20b/%c3%a4/%252f/", `{"a": 1}` + "\n",
			http.Header{"Content-Type": {json}}, derived, "content-type;host;x-sdk-date",
			"684b0ad17f6457dc3cd099225634118763b612c528c5ee16d7c8f59f6f20ada3"},
		"query in place of body": {"POST", "https://dms.example/a?b=2&a=%20+", "", nil, derived, "host;x-sdk-date",
			"dc914d9445c3f42d529382d9faecad90d348c349c921936ed83bda2d0f1622bb"},
		"unsigned body, derived": {"PUT", "https://dms.example/", "whatever",
			http.Header{"X-Sdk-Content-Sha256": {unsigned}}, derived, "host;x-sdk-content-sha256;x-sdk-date",
			"9d2d5e7c6fefb242e6edc961ac5294627dc04c2988072d1de410cde8126f828d"},

		"task, plain": {"DELETE", task, "",
			http.Header{"User-Agent": {"huaweicloud-usdk-go/3.0"}, "X-Project-Id": {project}, "Content-Type": {json}},
			plain, "user-agent;x-project-id;x-sdk-date",
			"b37665fc430cf9aa3e15aeaa0336f8710f75f65bedb5a7621839d26c32c66b69"},
		"host, plain": {"GET", "https://dms.example:8443/x", "", nil, plain, "host;x-sdk-date",
			"c5a84416fe209d3d4fe480b082a77ef1c4a81b278999e0b52b798047cafa7714"},
		"query, plain": {"GET", "https://iam.example/v3/projects?B0=%20%2Bx%2F~%2A&a=1&a=0&b=2&d&name=eu-de_project",
			"", nil, plain, "x-sdk-date", "9d366900e74c83c112f894c0641e50f640837ef298aaaeb466178df0c7aef6f6"},
		"body, plain": {"POST", "https://dms.example/a%20b/%C3%A4/%252f?q=1", `{"a":1}` + "\n", nil, plain, "x-sdk-date",
			"e387b5405127ee37dcc412af22da564e9ec6f9fc55853e73e490739c68b6b8af"},
		"unsigned body, plain": {"PUT", "https://dms.example/", "whatever",
			http.Header{"X-Sdk-Content-Sha256": {unsigned}}, plain, "x-sdk-content-sha256;x-sdk-date",
			"ca35889e45b96749079cba9bc98b87f6e04edebe1f42ee7c44b48faac921c5e0"},
	}
	now, err := time.Parse(date, stamp)
	require.NoError(t, err)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t)
			srv.AddAccessKey(key, secret, project)
			verify := func(method, url, body string) bool {
				r := httptest.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
				for name, values := range tt.header {
					r.Header[name] = values
				}
				r.Header.Set(sdkDate, stamp)
				r.Header.Set("Authorization",
					sdkShape+" "+tt.credential+", SignedHeaders="+tt.headers+", Signature="+tt.signature)
				got, ok := clienttest.Verify(srv, r, now)
				rest, err := io.ReadAll(r.Body)
				require.NoError(t, err)
				assert.Equal(t, body, string(rest), "the body can be read once more")
				return ok && got == project
			}
			assert.True(t, verify(tt.method, tt.url, tt.body))
			assert.False(t, verify("PATCH", tt.url, tt.body), "another method")
			assert.False(t, verify(tt.method, tt.url+"x", tt.body), "another target")
			if tt.header.Get("X-Sdk-Content-Sha256") == "" {
				assert.False(t, verify(tt.method, tt.url, tt.body+"x"), "another body")
			}
			srv.AddAccessKey(key, secret+"x", project)
			assert.False(t, verify(tt.method, tt.url, tt.body), "another secret")
		})
	}
}

func TestSignature(t *testing.T) {
	t.Parallel()
	for _, start := range []func() *clienttest.Server{clienttest.NewServer, clienttest.NewTLSServer} {
		srv := start()
		t.Cleanup(srv.Close)
		for name, s := range shapes(srv) {
			ref := srv.NewTask()
			r := request(t, srv, http.MethodDelete, target(ref), nil)
			s.sign(r)
			resp, err := srv.Client().Do(r)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			assert.Equal(t, http.StatusNoContent, resp.StatusCode, name)
			assert.False(t, srv.HasTask(ref), name)
		}
	}
}

func TestRefusedSignatures(t *testing.T) {
	t.Parallel()
	replace := func(old, replacement string) func(http.Header) {
		return func(h http.Header) {
			h.Set("Authorization", strings.Replace(h.Get("Authorization"), old, replacement, 1))
		}
	}
	tests := map[string]struct {
		before func(*signer)     // of what is signed
		after  func(http.Header) // to what was signed
	}{
		"wrong secret":     {func(s *signer) { s.secret += "0" }, nil},
		"unknown key":      {func(s *signer) { s.key += "0" }, nil},
		"no key":           {func(s *signer) { s.key = "" }, nil},
		"past date":        {func(s *signer) { s.at = s.at.Add(-16 * time.Minute) }, nil},
		"future date":      {func(s *signer) { s.at = s.at.Add(16 * time.Minute) }, nil},
		"date not signed":  {func(s *signer) { s.headers = []string{"host"} }, nil},
		"nothing signed":   {func(s *signer) { s.headers = []string{} }, nil},
		"no date":          {nil, func(h http.Header) { h.Del(sdkDate) }},
		"another date":     {nil, func(h http.Header) { h.Set(sdkDate, time.Now().Add(time.Minute).UTC().Format(date)) }},
		"malformed date":   {nil, func(h http.Header) { h.Set(sdkDate, time.Now().UTC().Format(time.RFC3339)) }},
		"no signature":     {nil, replace("Signature=", "")},
		"no digits":        {nil, replace("Signature=", "Signature=x")},
		"longer signature": {nil, replace("Signature=", "Signature=00")},
		"empty signature":  {nil, replace("Signature=", "Signature=,")},
		"no signed names":  {nil, replace("SignedHeaders=", "Headers=")},
		"names and commas": {nil, replace("host;x-sdk-date", "host,x-sdk-date")},
		"no credential":    {nil, func(h http.Header) { replace("Credential=", "")(h); replace("Access=", "")(h) }},
		"algorithm alone":  {nil, func(h http.Header) { h.Set("Authorization", sdkShape) }},
		"other algorithm":  {nil, replace("SHA256", "SHA256-X")},
	}
	for name, tt := range tests {
		srv := newServer(t)
		for shape, s := range shapes(srv) {
			t.Run(name+", "+shape, func(t *testing.T) {
				t.Parallel()
				ref := srv.NewTask()
				for _, target := range []string{target(ref), "/v3/auth/catalog"} {
					r := request(t, srv, http.MethodDelete, target, nil)
					changed := s
					if tt.before != nil {
						tt.before(&changed)
					}
					changed.sign(r)
					if tt.after != nil {
						tt.after(r.Header)
					}
					requireBadSignature(t, r)
				}
				assert.True(t, srv.HasTask(ref))
			})
		}
	}
}

// requireBadSignature sends a request and requires the gateway's answer.
func requireBadSignature(t *testing.T, r *http.Request) {
	t.Helper()
	status, _, body := do(t, r)
	require.Equal(t, http.StatusUnauthorized, status, body)
	require.Equal(t, "APIG.0301", body["error_code"], body)
	require.NotEmpty(t, body["error_msg"])
	require.Len(t, body["request_id"], 32)
	require.ErrorIs(t, &client.APIError{StatusCode: status, Code: "APIG.0301"}, client.ErrUnauthorized)
}

// What a Credential alone must have; that the host is signed is one.
func TestRefusedCredentials(t *testing.T) {
	t.Parallel()
	const good = "{day}/eu-de/dms/sdk_request"
	tests := map[string]struct{ signed, scope, sent string }{
		"host not signed":     {"x-sdk-date", good, good},
		"another day":         {"host;x-sdk-date", "20060102/eu-de/dms/sdk_request", "20060102/eu-de/dms/sdk_request"},
		"another end":         {"host;x-sdk-date", "{day}/eu-de/dms/aws4_request", "{day}/eu-de/dms/aws4_request"},
		"no service":          {"host;x-sdk-date", "{day}/eu-de/sdk_request", "{day}/eu-de/sdk_request"},
		"one more":            {"host;x-sdk-date", "{day}/eu/de/dms/sdk_request", "{day}/eu/de/dms/sdk_request"},
		"for another region":  {"host;x-sdk-date", "{day}/eu-nl/dms/sdk_request", good},
		"for another service": {"host;x-sdk-date", "{day}/eu-de/iam/sdk_request", good},
		"no scope":            {"host;x-sdk-date", good, ""},
	}
	srv := newServer(t)
	right := shapes(srv)["Credential"]
	day := right.at.UTC().Format("20060102")
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := right
			s.key += name // or else these would lock it
			srv.AddAccessKey(s.key, s.secret, srv.ProjectID)
			s.headers, s.scope = strings.Split(tt.signed, ";"), tt.scope
			r := request(t, srv, http.MethodDelete, target(srv.NewTask()), nil)
			s.sign(r)
			field := r.Header.Get("Authorization")
			signed, sent := strings.ReplaceAll(tt.scope, "{day}", day), strings.ReplaceAll(tt.sent, "{day}", day)
			r.Header.Set("Authorization", strings.Replace(field, signed, sent, 1))
			requireBadSignature(t, r)
		})
	}
}

func TestSignatureIsOfItsTime(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	for name, s := range shapes(srv) {
		s.at = time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600))
		r := request(t, srv, http.MethodDelete, "/x", nil)
		s.sign(r)
		r.Body = http.NoBody
		for offset, want := range map[time.Duration]bool{
			0: true, 15 * time.Minute: true, -15 * time.Minute: true,
			15*time.Minute + 1: false, -15*time.Minute - 1: false, 24 * time.Hour: false,
		} {
			_, ok := clienttest.Verify(srv, r, s.at.Add(offset))
			assert.Equal(t, want, ok, "%s, %s", name, offset)
		}
	}
}
