package client

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// A TaskRef names one task: the instance it belongs to, and the project that the instance belongs to.
type TaskRef struct {
	ProjectID  ProjectID
	InstanceID InstanceID
	TaskID     TaskID
}

func (r TaskRef) String() string {
	return fmt.Sprintf("task %s of instance %s in project %s", r.TaskID, r.InstanceID, r.ProjectID)
}

func (r TaskRef) validate() error {
	for _, id := range []interface{ validate() error }{r.ProjectID, r.InstanceID, r.TaskID} {
		if err := id.validate(); err != nil {
			return err
		}
	}
	return nil
}

// New returns a client of the DMS endpoint server, for example "https://dms.eu-de.otc.t-systems.com". The URL has a
// scheme, http or https, and a host; it may have a path, to which the paths of the contract are appended. User
// information, a query or a fragment are refused with an [*InvalidError].
//
// Without options the client has no credentials, tries again as [RetryPolicy] says, and has a deadline of
// [DefaultTimeout] for every attempt. A client is safe for use by many goroutines; make one and keep it.
func New(server string, opts ...ClientOption) (*Client, error) {
	s := &settings{timeout: DefaultTimeout, retry: RetryPolicy{}.withDefaults()}
	c := &Client{Server: server, Client: s}
	for _, opt := range opts {
		if opt == nil {
			continue
		}
		if err := opt(c); err != nil {
			return nil, err
		}
		s.adopt(c)
	}

	endpoint, err := parseServer(c.Server)
	if err != nil {
		return nil, err
	}
	if s.sign != nil && !s.insecureHTTP {
		if err := refusePlainHTTP(endpoint); err != nil {
			return nil, fmt.Errorf("dms: %w", err)
		}
	}
	c.Server = strings.TrimSuffix(endpoint.String(), "/") + "/"
	s.chain = s.assemble()
	return c, nil
}

// DeleteTask deletes the record of a background task. It returns nil if the service answered 204, or if it says that
// there is no such task after an earlier attempt of the same call whose answer got lost: the record is gone then, too.
// The task itself, if it still runs, is not stopped.
//
// An ID that the contract refuses is an [*InvalidError], and nothing is sent. Every other answer is an [*APIError],
// after the attempts that the [RetryPolicy] allows. What else went wrong, on the way or with ctx, can be told with
// [errors.Is]. When ctx ends, the error says so and what the last attempt came to.
//
// The receiver must come from [New].
func (c *Client) DeleteTask(ctx context.Context, task TaskRef) error {
	return c.delete(ctx, task, &call{})
}

func (c *Client) delete(ctx context.Context, task TaskRef, state *call) error {
	s, ok := c.Client.(*settings)
	if !ok {
		return errors.New("dms: DeleteTask needs a client made by client.New, this one would follow redirects")
	}
	if ctx == nil {
		return fmt.Errorf("dms: %w", &InvalidError{Parameter: "ctx", Value: "nil", Expected: "a context"})
	}
	if err := task.validate(); err != nil {
		return fmt.Errorf("dms: %w", err)
	}
	resp, err := c.DeleteBackgroundTask(withCall(ctx, state), task.ProjectID, task.InstanceID, task.TaskID)
	if err == nil {
		defer resp.Body.Close()
	}
	err = state.result(ctx, err)
	if err == nil || errors.Is(err, ErrNotFound) && (s.notFoundAsSuccess || state.reached) {
		return nil
	}
	return fmt.Errorf("dms: delete %v: %w", task, err)
}

func parseServer(server string) (*url.URL, error) {
	invalid := func(shown, expected string) error {
		return fmt.Errorf("dms: %w", &InvalidError{Parameter: "server", Value: shown, Expected: expected})
	}
	u, err := url.Parse(server)
	switch {
	case err != nil:
		// The text of the error, and of the URL, may hold a password.
		return nil, invalid("no URL", "an absolute URL such as https://dms.eu-de.otc.t-systems.com")
	case u.User != nil:
		return nil, invalid(u.Redacted(), "a URL without user information, which would be sent along")
	case u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		return nil, invalid(u.Redacted(), "an absolute URL such as https://dms.eu-de.otc.t-systems.com")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, invalid(u.Redacted(), "a URL without query and fragment")
	}
	return u, nil
}
