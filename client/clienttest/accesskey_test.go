package clienttest_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client/clienttest"
)

// "More than five wrong signatures in a row lock that AK for five minutes."
func TestLock(t *testing.T) {
	t.Parallel()
	// w: a wrong signature is refused. o: a right one is accepted. r: a right one is refused.
	// m: four minutes pass. s: what is left of the five minutes passes. u: wrong, of an unknown key. d: wrong date.
	tests := map[string]string{
		"none":                    "oo",
		"five":                    "wwwwwo",
		"six":                     "wwwwwwr",
		"six, not in a row":       "wwwowwwowwwwwo",
		"six, slowly":             "wwmwwmwwr",
		"lock ends":               "wwwwwwrmrso",
		"count starts anew":       "wwwwwwmswwwwwo",
		"locked again":            "wwwwwwmswwwwwwr",
		"wrong ones do not delay": "wwwwwwmwwwwwwwso",
		"unknown key":             "uuuuuuuo",
		"wrong date":              "dddddddo",
	}
	for name, steps := range tests {
		srv := newServer(t)
		for shape, right := range shapes(srv) {
			t.Run(name+", "+shape, func(t *testing.T) {
				t.Parallel()
				right.key += shape // a key of this test's own
				srv.AddAccessKey(right.key, right.secret, srv.ProjectID)
				for i, step := range steps {
					s, now := right, right.at
					switch step {
					case 'm':
						right.at = right.at.Add(4 * time.Minute)
						continue
					case 's':
						right.at = right.at.Add(time.Minute)
						continue
					case 'w':
						s.secret = "wrong"
					case 'u':
						s.key += "0"
					case 'd':
						s.at = s.at.Add(-time.Hour)
					}
					r := request(t, srv, http.MethodDelete, "/x", nil)
					r.Body = http.NoBody
					s.sign(r)
					_, ok := clienttest.Verify(srv, r, now)
					require.Equal(t, step == 'o', ok, "%s, step %d", steps, i)
				}
			})
		}
	}
}

func TestLockedKeyIsToldNothing(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	s := shapes(srv)["Access"]
	signed := func(secret string) *http.Request {
		s := s
		s.secret = secret
		r := request(t, srv, http.MethodDelete, target(srv.NewTask()), nil)
		s.sign(r)
		return r
	}
	for range 3 {
		requireBadSignature(t, signed("wrong"))
		r := request(t, srv, http.MethodGet, "/v3/auth/catalog", nil)
		s := s
		s.secret = "wrong"
		s.sign(r)
		requireBadSignature(t, r) // the identity service counts too
	}
	requireBadSignature(t, signed(s.secret))

	srv.AddAccessKey(s.key, s.secret, srv.ProjectID)
	status, _, _ := do(t, signed(s.secret))
	assert.Equal(t, http.StatusNoContent, status, "a key that is added anew is not locked")
}

func TestProjectOfKey(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		header map[string]string // {P} is the project of the key
		status int
	}{
		"none named":         {nil, 204},
		"own project":        {map[string]string{"X-Project-Id": "{P}"}, 204},
		"project and domain": {map[string]string{"X-Project-Id": "{P}", "X-Domain-Id": "d"}, 204},
		"domain":             {map[string]string{"X-Domain-Id": "d"}, 401},
		"another project":    {map[string]string{"X-Project-Id": otherProject}, 401},
	}
	for name, tt := range tests {
		srv := newServer(t)
		for shape, s := range shapes(srv) {
			t.Run(name+", "+shape, func(t *testing.T) {
				t.Parallel()
				ref := srv.NewTask()
				r := request(t, srv, http.MethodDelete, target(ref), nil)
				for field, value := range tt.header {
					r.Header.Set(field, strings.ReplaceAll(value, "{P}", string(srv.ProjectID)))
				}
				s.sign(r) // but for the project, as gophertelekomcloud, which names it later
				status, _, body := do(t, r)
				require.Equal(t, tt.status, status)
				if status != http.StatusNoContent {
					assert.Equal(t, "DMS.10240104", body["error_code"])
				}
				assert.Equal(t, status != http.StatusNoContent, srv.HasTask(ref))
			})
		}
	}
}

func TestKeyOfAnotherProject(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	own, other := srv.NewTask(), srv.NewTask()
	other.ProjectID = otherProject
	srv.AddTask(other)
	srv.AddAccessKey("another", "secret", otherProject)
	s := signer{key: "another", secret: "secret", at: time.Now()}

	r := request(t, srv, http.MethodDelete, target(own), nil)
	s.sign(r)
	status, _, body := do(t, r)
	require.Equal(t, http.StatusUnauthorized, status)
	assert.Equal(t, "DMS.10240104", body["error_code"])

	r = request(t, srv, http.MethodDelete, target(other), nil)
	s.sign(r)
	status, _, _ = do(t, r)
	assert.Equal(t, http.StatusNoContent, status)
	assert.True(t, srv.HasTask(own))
	assert.False(t, srv.HasTask(other))
}

func TestTokenComesBeforeSignature(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	tests := map[string]struct {
		token, secret string
		status        int
		code          any
	}{
		"right token, wrong signature": {srv.Token, "wrong", 204, nil},
		"wrong token, right signature": {"wrong", srv.SecretKey, 401, "DMS.10240101"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request(t, srv, http.MethodDelete, target(srv.NewTask()), map[string]string{"X-Auth-Token": tt.token})
			signer{key: srv.AccessKey, secret: tt.secret, at: time.Now()}.sign(r)
			status, _, body := do(t, r)
			assert.Equal(t, tt.status, status)
			assert.Equal(t, tt.code, body["error_code"])
		})
	}
}

// Any other scheme is no signature, and so no credential at all.
func TestOtherAuthorization(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	r := request(t, srv, http.MethodDelete, target(srv.NewTask()), map[string]string{"Authorization": "Bearer x"})
	status, _, body := do(t, r)
	assert.Equal(t, http.StatusUnauthorized, status)
	assert.Equal(t, "DMS.10240103", body["error_code"])
}

func TestSignedBodyThatCannotBeRead(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	endless := strings.NewReader(strings.Repeat("x", 12<<20+1))
	for name, body := range map[string]interface{ Read([]byte) (int, error) }{
		"broken": iotest.ErrReader(errors.New("broken")), "endless": endless,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, srv.URL, body)
		require.NoError(t, err)
		s := shapes(srv)["Access"]
		s.sign(r)
		_, ok := clienttest.Verify(srv, r, s.at)
		assert.False(t, ok, name)
	}
}
