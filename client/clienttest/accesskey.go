package clienttest

import (
	"bytes"
	"crypto/hmac"
	"io"
	"net/http"
	"time"

	"github.com/dmstask/dmstask/client"
)

// An access key that more than maxWrong wrong signatures in a row came for is locked for lockTime.
const (
	maxWrong = 5
	lockTime = 5 * time.Minute
)

type accessKey struct {
	secret  string
	project client.ProjectID
	wrong   int // wrong signatures since the last right one
	locked  time.Time
}

// AddAccessKey makes the server accept signatures by an access key (AK) and its secret (SK), for a project. A key that
// the server has already is replaced, and no longer locked.
//
// The project need not be named in a request. One that names another in X-Project-Id is refused for that, and so is one
// that names its domain in X-Domain-Id and no project. More than five wrong signatures in a row lock the key for five
// minutes.
func (s *Server) AddAccessKey(key, secret string, project client.ProjectID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accessKeys[key] = &accessKey{secret: secret, project: project}
}

// verify returns the project that a signed request is for; none if the key is used for another one. It reports false if
// the signature is not right, whatever the reason: the gateway has one answer for all of them.
func (s *Server) verify(r *http.Request, now time.Time) (client.ProjectID, bool) {
	a, ok := parseAuthorization(r.Header, now)
	if !ok {
		return "", false
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxPayload+1))
	if err != nil || len(body) > maxPayload {
		return "", false
	}
	r.Body = io.NopCloser(bytes.NewReader(body))

	s.mu.Lock()
	defer s.mu.Unlock()
	key := s.accessKeys[a.accessKey]
	if key == nil || now.Before(key.locked) {
		return "", false
	}
	if !hmac.Equal(a.signature, a.sign(r, body, key.secret)) {
		if key.wrong++; key.wrong > maxWrong {
			key.wrong, key.locked = 0, now.Add(lockTime)
		}
		return "", false
	}
	key.wrong = 0
	return key.scope(r.Header), true
}

// scope is the project that the key and the request agree on. A domain alone is what gophertelekomcloud names if it was
// given one, and services then miss the project: https://github.com/opentelekomcloud/gophertelekomcloud/issues/597.
func (k *accessKey) scope(header http.Header) client.ProjectID {
	project, domain := header.Get("X-Project-Id"), header.Get("X-Domain-Id")
	if project == string(k.project) || project == "" && domain == "" {
		return k.project
	}
	return ""
}
