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
	if err := r.ProjectID.validate(); err != nil {
		return err
	}
	if err := r.InstanceID.validate(); err != nil {
		return err
	}
	return r.TaskID.validate()
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
	if s.template, err = newTemplate(c.Server); err != nil {
		return nil, fmt.Errorf("dms: %w", err)
	}
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
		return fmt.Errorf("dms: %w", errNilContext)
	}
	if err := task.validate(); err != nil {
		return fmt.Errorf("dms: %w", err)
	}
	err := state.result(ctx, c.send(ctx, s, task, state))
	if err == nil || errors.Is(err, ErrNotFound) && (s.notFoundAsSuccess || state.reached) {
		return nil
	}
	return fmt.Errorf("dms: delete %v: %w", task, err)
}

var errNilContext = &InvalidError{Parameter: "ctx", Value: "nil", Expected: "a context"}

// send makes the generated request and has the chain send it.
func (c *Client) send(ctx context.Context, s *settings, task TaskRef, state *call) error {
	req := s.template.fill(ctx, task)
	if len(c.RequestEditors) > 0 {
		req.Header = make(http.Header)
	}
	if err := c.applyEditors(ctx, req, nil); err != nil {
		return err
	}
	resp, err := s.chain.do(req, state)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func parseServer(server string) (*url.URL, error) {
	const absolute = "an absolute URL such as https://dms.eu-de.otc.t-systems.com"
	u, err := url.Parse(server)
	var expected string
	switch {
	case err != nil, u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		expected = absolute
	case u.User != nil:
		expected = "a URL without user information, which would be sent along"
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		expected = "a URL without query and fragment"
	default:
		return u, nil
	}
	// A password may stand in a URL in more ways than package url knows to redact.
	hidden := strings.ContainsAny(server, "@?#")
	invalid := &InvalidError{Parameter: "server", Expected: expected, hidden: hidden}
	if !hidden {
		invalid.Value = server
	}
	return nil, fmt.Errorf("dms: %w", invalid)
}
