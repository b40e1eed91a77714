package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/dmstask/dmstask/internal/plainhttp"
	"github.com/dmstask/dmstask/internal/secret"
)

// newRequest makes the request for a task whose IDs are valid, which need no escaping. It is that of the generated
// NewDeleteBackgroundTaskRequest at a fraction of the cost; a test holds both against each other.
func (c *Client) newRequest(ctx context.Context, task TaskRef) *http.Request {
	path := "v2/" + string(task.ProjectID) + "/instances/" + string(task.InstanceID) + "/tasks/" + string(task.TaskID)
	u := *c.endpoint
	u.Path += path
	if u.RawPath != "" { // the endpoint has escaped characters in its path
		u.RawPath += path
	}
	req := c.request.WithContext(ctx)
	req.URL = &u
	if len(c.settings.editors) > 0 {
		req.Header = make(http.Header)
	}
	return req
}

// A target is where a request goes, as it was made. One path segment less, and DELETE takes the whole instance.
type target struct {
	method, host string
	url          url.URL
}

func targetOf(req *http.Request) target { return target{req.Method, req.Host, *req.URL} }

type targetKey struct{}

// noteTarget is the first editor of a generated request. Where it goes must be known before the other editors run, and
// an editor has no other place to note it than the context of the request.
func noteTarget(ctx context.Context, req *http.Request) error {
	*req = *req.WithContext(context.WithValue(ctx, targetKey{}, targetOf(req)))
	return nil
}

var errBroken = errors.New("an editor has taken the URL or the header off the request; nothing was sent")

// check returns an error for a request that an editor or a signer has led elsewhere, or has broken.
func (t target) check(req *http.Request) error {
	switch {
	case req.URL == nil || req.Header == nil:
		return errBroken
	case targetOf(req) != t:
		// Without the query, in which an editor may have put a credential.
		return fmt.Errorf("an editor or signer has changed method, URL or host of the request: from %s %s%s to %s %s%s, "+
			"which could delete something else; nothing was sent",
			t.method, t.host, t.url.EscapedPath(), req.Method, req.URL.Host, req.URL.EscapedPath())
	}
	return nil
}

// guard is the last to see a request before it is sent. It judges the request as it will leave, whoever changed it: an
// editor, a signer, or an option of the caller.
type guard struct {
	next    handler
	exposed bool // the endpoint is over plain http
}

func (g guard) send(req *http.Request, r *record) (*http.Response, error) {
	if err := r.target.check(req); err != nil {
		return nil, &refusedError{err: err}
	}
	if g.exposed {
		for name := range req.Header {
			if secret.Field(name) {
				return nil, &refusedError{err: refusePlainHTTP(req.URL)}
			}
		}
	}
	return g.next.send(req, r)
}

func refusePlainHTTP(u *url.URL) error {
	if !plainhttp.Exposed(u) {
		return nil
	}
	return &InvalidError{
		Parameter: "server", Value: strings.TrimSuffix(u.Redacted(), "/"),
		Expected: "https, because credentials would be readable on the way; or the option WithInsecureHTTP",
	}
}

// A refusedError says that this package, or a lack of credentials, kept an attempt from being sent.
type refusedError struct {
	err     error
	meaning error // of the lack of credentials, or nil
}

func (e *refusedError) Error() string { return e.err.Error() }
func (e *refusedError) Unwrap() []error {
	if e.meaning == nil { // who walks the tree of errors expects no nil
		return []error{e.err}
	}
	return []error{e.err, e.meaning}
}
