package client

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// DefaultTimeout is how long an attempt may take, from the connection to the last byte of the answer.
const DefaultTimeout = 30 * time.Second

// settings is what the options set, and the doer of a client made by [New]. The generated Client has no field for
// settings; its one point of extension is the doer, so that the generated functions pass through the same chain as
// DeleteTask.
type settings struct {
	doer              HttpRequestDoer           // what the caller brought along, or nil
	sign              func(*http.Request) error // puts the credentials on a request; nil for none
	renews            bool                      // sign asks a token source
	timeout           time.Duration
	retry             RetryPolicy
	notFoundAsSuccess bool
	insecureHTTP      bool
	logger            *slog.Logger

	template *template
	chain    *retry
}

// Do implements [HttpRequestDoer] for the generated functions.
func (s *settings) Do(req *http.Request) (*http.Response, error) { return s.chain.do(req, &call{}) }

// adopt takes over the doer that the generated [WithHTTPClient] left, so that options work in any order.
func (s *settings) adopt(c *Client) {
	if c.Client != HttpRequestDoer(s) {
		s.doer, c.Client = c.Client, s
	}
}

// assemble builds the chain that a request passes, written from the wire outwards.
func (s *settings) assemble() *retry {
	shown := &redactor{}
	var next HttpRequestDoer = newWire(s.doer, shown)
	// Inside everything that sets headers: it judges the request as it will leave.
	if !s.insecureHTTP {
		next = plainHTTPGuard{next}
	}
	// Inside the retry: a token may have been renewed since the last attempt, and a signature has a date.
	next = &identity{next: next, sign: s.sign}
	// A deadline is for one attempt, its credentials included.
	next = &attempt{next: next, timeout: s.timeout, shown: shown}
	return &retry{next: next, policy: s.retry, renews: s.renews, log: attemptLog{s.logger}}
}

// option makes a ClientOption of a change to the settings. It works only in New: on a client made otherwise there is
// nothing to set, and to say nothing about that would drop a credential or a limit silently.
func option(set func(*settings) error) ClientOption {
	return func(c *Client) error {
		s, ok := c.Client.(*settings)
		if !ok || s.chain != nil {
			return errors.New("dms: this option belongs to client.New, not to another constructor or to a finished client")
		}
		if err := set(s); err != nil {
			return fmt.Errorf("dms: %w", err)
		}
		return nil
	}
}
