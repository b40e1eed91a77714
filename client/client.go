package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/dmstask/dmstask/client/raw"
	"github.com/dmstask/dmstask/internal/plainhttp"
	"github.com/dmstask/dmstask/internal/secret"
)

// A ProjectID is the ID of a project: 32 lower-case hexadecimal digits.
type ProjectID = raw.ProjectID

// An InstanceID is the ID of a Kafka instance: a UUID with hyphens (RFC 9562 section 4), in digits of either case.
type InstanceID = raw.InstanceID

// A TaskID is the ID of a background task: 1 to 64 letters, digits, underscores and hyphens.
type TaskID = raw.TaskID

// ParseProjectID returns s as a [ProjectID], or an [*InvalidError].
func ParseProjectID(s string) (ProjectID, error) { return raw.ParseProjectID(s) }

// ParseInstanceID returns s as an [InstanceID], or an [*InvalidError].
func ParseInstanceID(s string) (InstanceID, error) { return raw.ParseInstanceID(s) }

// ParseTaskID returns s as a [TaskID], or an [*InvalidError].
func ParseTaskID(s string) (TaskID, error) { return raw.ParseTaskID(s) }

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
	if err := r.ProjectID.Validate(); err != nil {
		return err
	}
	if err := r.InstanceID.Validate(); err != nil {
		return err
	}
	return r.TaskID.Validate()
}

// A Client deletes records of tasks. It is made by [New] and safe for use by many goroutines.
type Client struct {
	raw      *raw.Client
	endpoint *url.URL      // its path ends in a slash
	request  *http.Request // what all requests have in common
	settings settings
	wire     wire
	keys     *keyState
	chain    handler
}

// New returns a client of the DMS endpoint server, for example "https://dms.eu-de.otc.t-systems.com"; [Endpoint] knows
// those of the regions. The URL has a scheme, http or https, and a host. It may have a path, to which the path of the
// contract is appended, and which therefore must not end in a version or a project. User information, a query and a
// fragment are refused. What is refused is an [*InvalidError].
//
// Without options the client has no credentials, tries again as [RetryPolicy] says, and has a deadline of
// [DefaultTimeout] for every attempt. Make one client and keep it. Clients that are not given a transport of their own
// share one.
func New(server string, opts ...Option) (*Client, error) {
	s := settings{call: callSettings{timeout: DefaultTimeout, retry: RetryPolicy{}.withDefaults()}, userAgent: userAgent}
	err := each(opts, func(opt Option) error { return opt.apply(&s) })
	var endpoint *url.URL
	if err == nil {
		endpoint, err = parseEndpoint(server)
	}
	w := s.newWire()
	if err == nil && (s.authorize != nil || w.cookies) && !s.insecureHTTP {
		err = refusePlainHTTP(endpoint)
	}
	if err != nil {
		return nil, fmt.Errorf("dms: %w", err)
	}
	c := &Client{
		endpoint: endpoint, settings: s, wire: w, keys: &keyState{turn: make(chan struct{}, 1)},
		request: &http.Request{
			Method: http.MethodDelete, Host: endpoint.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: make(http.Header), // which is cloned for every attempt
		},
	}
	c.chain = c.assemble(w)
	c.raw = &raw.Client{
		Server: endpoint.String(), Client: generated{c},
		RequestEditors: append([]raw.RequestEditorFn{noteTarget}, s.editors...),
	}
	return c, nil
}

// Raw returns a fresh client of the generated functions, for those who need the HTTP response. Its requests pass
// through the same chain as those of DeleteTask, retries and credentials included, but to look at the status is left to
// the caller: a 503 is no error there.
//
// It sends what its own functions make. A request from elsewhere is refused, and so is one whose method, URL, host or
// context was replaced by an editor.
func (c *Client) Raw() *raw.Client {
	own := *c.raw
	own.RequestEditors = slices.Clone(c.raw.RequestEditors)
	return &own
}

// CloseIdleConnections closes the connections that wait for a next request. If the client shares its transport with
// others, theirs are closed too; they open new ones when needed.
func (c *Client) CloseIdleConnections() { c.wire.closeIdle() }

// DeleteTask deletes the record of a background task. The task itself, if it still runs, is not stopped.
//
// It returns nil if the record is gone: the service answered 204, or it said that it has no such task (404 with code
// DMS.00404001) after an earlier attempt of the same call that may have deleted it. That is an attempt whose answer was
// lost after the request had been written, or was 5xx or 408 of the service, 500, 502 or 504 without a code, or the
// gateway's word that it waited too long for the service. Written is not received: the service may never have seen that
// attempt, and never have had such a task. See also [WithNotFoundAsSuccess].
//
// An ID that the contract refuses is an [*InvalidError], and nothing is sent. Every other answer is an [*APIError],
// after the attempts that the [RetryPolicy] allows. What else went wrong, on the way or with ctx, can be told with
// [errors.Is]. When ctx ends, the error says so and what the last attempt came to.
func (c *Client) DeleteTask(ctx context.Context, task TaskRef, opts ...CallOption) error {
	r := &record{call: c.settings.call}
	if err := each(opts, func(opt CallOption) error { return opt.applyCall(&r.call) }); err != nil {
		return unsent(err)
	}
	return c.delete(ctx, task, r, c.chain)
}

func unsent(err error) error { return fmt.Errorf("dms: %w; nothing was sent", err) }

var errNilContext = &InvalidError{Parameter: "ctx", Value: "nil", Expected: "a context"}

func (c *Client) delete(ctx context.Context, task TaskRef, r *record, chain handler) error {
	if ctx == nil {
		return unsent(errNilContext)
	}
	if err := task.validate(); err != nil {
		return unsent(err)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("dms: delete %v: nothing was sent: %w", task, stopped(ctx))
	}
	err := r.result(ctx, c.send(ctx, task, r, chain))
	if err == nil || r.gone() {
		return nil
	}
	return fmt.Errorf("dms: delete %v: %w", task, err)
}

// send makes the request and has the chain send it.
func (c *Client) send(ctx context.Context, task TaskRef, r *record, chain handler) error {
	req := c.newRequest(ctx, task)
	r.target = targetOf(req)
	for _, edit := range c.settings.editors {
		if err := edit(ctx, req); err != nil {
			return err
		}
		req = req.WithContext(ctx) // whatever an editor made of it
	}
	resp, err := chain.send(req, r)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// isTask reports whether a target is a task at the endpoint of the client.
func (c *Client) isTask(t target) bool {
	path, ok := strings.CutPrefix(t.url.Path, c.endpoint.Path)
	segments := strings.Split(path, "/")
	if !ok || len(segments) != 6 {
		return false
	}
	task := TaskRef{ProjectID(segments[1]), InstanceID(segments[3]), TaskID(segments[5])}
	return task.validate() == nil && targetOf(c.newRequest(context.Background(), task)) == t
}

// generated lets the requests of the generated functions into the chain.
type generated struct{ c *Client }

func (g generated) Do(req *http.Request) (*http.Response, error) {
	made, ok := req.Context().Value(targetKey{}).(target)
	if !ok || !g.c.isTask(made) {
		return nil, errors.New("dms: the request is not as a function of the raw client made it, or an editor has replaced " +
			"its context; nothing was sent")
	}
	return g.c.chain.send(req, &record{call: g.c.settings.call, target: made})
}

// A handler is a link of the chain that every request passes. It does its part and hands the request on; what an
// attempt came to goes into the record.
type handler interface {
	send(req *http.Request, r *record) (*http.Response, error)
}

// assemble puts the chain together, from the wire outwards.
func (c *Client) assemble(w wire) handler {
	s := c.settings
	// The wire keeps the request from changing its target on the way, and notices when the answer is about another one.
	var next handler = w
	// After everything that sets header fields or changes the URL: it judges the request as it will leave.
	next = guard{next: next, exposed: !s.insecureHTTP && plainhttp.Exposed(c.endpoint)}
	// For every attempt: a token may have been renewed since the last one, and a signature has a date.
	next = &credentials{next: next, authorize: s.authorize, userAgent: s.userAgent}
	// A deadline is for one attempt, credentials included. All that comes back is redacted here.
	next = once{next: next, timeout: w.timeout, signed: s.signed, cleaners: &secret.Cleaners{}}
	if s.signed {
		// Around the attempt, whose answer says whether the signature was good.
		next = keys{next: next, state: c.keys}
	}
	// Outside of all: it sees what an attempt came to, and decides about the next.
	return retry{next: next, source: s.source, signed: s.signed, logger: s.logger, onAttempt: s.onAttempt}
}
