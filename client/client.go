package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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
// Without options the client has no credentials, and a deadline of [DefaultTimeout] for every attempt. A client is safe
// for use by many goroutines; make one and keep it.
func New(server string, opts ...ClientOption) (*Client, error) {
	s := &settings{timeout: DefaultTimeout}
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
	if s.token != "" && !s.insecureHTTP {
		if err := refusePlainHTTP(endpoint); err != nil {
			return nil, fmt.Errorf("dms: %w", err)
		}
	}
	c.Server = strings.TrimSuffix(endpoint.String(), "/") + "/"
	s.chain = s.assemble()
	return c, nil
}

// DeleteTask deletes the record of a background task. It returns nil if and only if the service answered 204; the task
// itself, if it still runs, is not stopped.
//
// An ID that the contract refuses is an [*InvalidError], and nothing is sent. Every answer other than 204 is an
// [*APIError]. What else went wrong, on the way or with ctx, is returned as it came, fit for [errors.Is].
//
// The receiver must come from [New].
func (c *Client) DeleteTask(ctx context.Context, task TaskRef) error {
	if _, ok := c.Client.(*settings); !ok {
		return errors.New("dms: DeleteTask needs a client made by client.New, this one would follow redirects")
	}
	if ctx == nil {
		return &InvalidError{Parameter: "ctx", Value: "nil", Expected: "a context"}
	}
	if err := task.validate(); err != nil {
		return fmt.Errorf("dms: %w", err)
	}
	if err := c.deleteTask(ctx, task); err != nil {
		return fmt.Errorf("dms: delete %v: %w", task, err)
	}
	return nil
}

func (c *Client) deleteTask(ctx context.Context, task TaskRef) error {
	resp, err := c.DeleteBackgroundTask(ctx, task.ProjectID, task.InstanceID, task.TaskID)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNoContent {
		return nil
	}
	return newAPIError(resp)
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
