package client

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/dmstask/dmstask/internal/plainhttp"
	"github.com/dmstask/dmstask/internal/secret"
)

// An operation is one of the contract's, as far as calls differ in it. It stands in the file of its method, and nothing
// else here knows it.
type operation struct {
	id      string // the operationId of the contract
	does    string // what it does to its task, in the text of an error
	action  string // the IAM action that it needs
	method  string
	success int                           // the status that says it was done
	path    func(TaskRef) (string, error) // below the endpoint, of valid IDs, which need no escaping
}

var operations []*operation

func register(o operation) *operation {
	operations = append(operations, &o)
	return &o
}

// operationAt returns the operation of which this is a request to the endpoint of the client, or nil.
func (c *Client) operationAt(t target) *operation {
	segments := append(strings.Split(strings.TrimPrefix(t.url.Path, c.endpoint.Path), "/"), "", "", "", "", "")
	task := TaskRef{ProjectID(segments[1]), InstanceID(segments[3]), TaskID(segments[5])}
	for _, o := range operations {
		if path, err := o.path(task); err == nil && targetOf(c.newRequest(context.Background(), o, path)) == t {
			return o
		}
	}
	return nil
}

// newRequest makes the request of an operation, at a path that needs no escaping. It is that of the generated
// functions, such as NewDeleteBackgroundTaskRequest, at a fraction of the cost; a test compares them.
func (c *Client) newRequest(ctx context.Context, o *operation, path string) *http.Request {
	u := *c.endpoint
	u.Path += path
	if u.RawPath != "" { // the endpoint has escaped characters in its path
		u.RawPath += path
	}
	req := c.request.WithContext(ctx)
	req.Method, req.URL = o.method, &u
	if len(c.settings.editors) > 0 {
		req.Header = c.request.Header.Clone()
	}
	return req
}

// A target is where a request goes, as it was made. Without the last two segments, DELETE removes the whole instance.
type target struct {
	method, host string
	url          url.URL
}

func targetOf(req *http.Request) target { return target{req.Method, req.Host, *req.URL} }

type targetKey struct{}

// prepare is the first editor of a generated request. Where it goes must be known before the other editors run, and an
// editor has no other place to note it than the context of the request.
func (c *Client) prepare(ctx context.Context, req *http.Request) error {
	maps.Copy(req.Header, c.request.Header)
	*req = *req.WithContext(context.WithValue(ctx, targetKey{}, targetOf(req)))
	return nil
}

// check returns an error for a request that an editor or a signer has led elsewhere.
func (t target) check(req *http.Request) error {
	if targetOf(req) != t {
		// Without the query, in which an editor may have put a credential.
		return fmt.Errorf("an editor or signer has changed method, URL or host of the request: from %s %s%s to %s %s%s, "+
			"which could delete something else; nothing was sent",
			t.method, t.host, t.url.EscapedPath(), req.Method, req.URL.Host, req.URL.EscapedPath())
	}
	return nil
}

// guard is the last to see a request before it is sent. It judges the request as it will be sent, regardless of who
// changed it: an editor, a signer, or an option of the caller.
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
		Expected: "https, because credentials would be readable in transit; or the option WithInsecureHTTP",
	}
}

// A refusedError says that this package, or a lack of credentials, kept an attempt from being sent.
type refusedError struct {
	err     error
	meaning error // of the lack of credentials, or nil
}

func (e *refusedError) Error() string { return e.err.Error() }
func (e *refusedError) Unwrap() []error {
	return []error{e.err, cmp.Or(e.meaning, e.err)} // who walks the tree of errors expects no nil
}
