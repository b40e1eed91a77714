package client

import (
	"cmp"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/dmstask/dmstask/internal/codes"
)

// maxRefused is how many signatures in a row may be refused: more than five lock an access key.
const maxRefused = 2

var errKeyRefused = &refusedError{
	errors.New("the last signatures were refused, and more would lock the access key: check it, and create a new client"),
	ErrUnauthorized,
}

var errNoTurn = &refusedError{
	errors.New("no signature has been accepted yet, and the requests before this one take too long"), ErrUnavailable,
}

// keyState is what a client knows of its access key. Its chains share it.
type keyState struct {
	turn chan struct{} // of the one request that is under way until a signature has been accepted

	mu       sync.Mutex
	accepted bool
	refused  int // signatures in a row
}

// keys keeps a wrong access key from being locked. Until a first signature is accepted, requests go one at a time;
// after two refusals in a row nothing more is signed. Requests that are under way by then are the only exception.
type keys struct {
	next  handler
	state *keyState
}

func (k keys) send(req *http.Request, r *record) (*http.Response, error) {
	accepted, err := k.state.check()
	if !accepted && err == nil {
		select {
		case k.state.turn <- struct{}{}:
			defer func() { <-k.state.turn }()
			_, err = k.state.check()
		case <-req.Context().Done():
			err = stopped(req.Context())
		case <-time.After(cmp.Or(r.call.timeout, DefaultTimeout)):
			err = errNoTurn
		}
	}
	if err != nil {
		return nil, err
	}
	resp, err := k.next.send(req, r)
	if err == nil {
		k.state.note(resp.StatusCode, r)
	}
	return resp, err
}

func (s *keyState) check() (accepted bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refused >= maxRefused {
		return s.accepted, errKeyRefused
	}
	return s.accepted, nil
}

// note records what an answer proves about the signature. An answer with a code of the service's own proves that it was
// accepted, even with status 401; a 401 without a code, or with the gateway's for a bad signature, that it was refused.
func (s *keyState) note(status int, r *record) {
	code := ""
	if r.answer != nil {
		code = r.answer.Code
	}
	number, _ := codes.Gateway(code)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case status == r.operation.success, strings.HasPrefix(code, "DMS."):
		if s.refused < maxRefused { // that of a request that was under way does not count
			s.accepted, s.refused = true, 0
		}
	case status == http.StatusUnauthorized && (code == "" || number == "0301"):
		s.refused++
	}
}
