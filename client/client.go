package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

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

// A TaskRef identifies a task, with the instance that it belongs to and the project of that instance.
type TaskRef struct {
	ProjectID  ProjectID
	InstanceID InstanceID
	TaskID     TaskID
}

func (r TaskRef) String() string {
	instance := fmt.Sprintf("instance %s in project %s", r.InstanceID, r.ProjectID)
	switch {
	case r == TaskRef{}:
		return "no task"
	case r.TaskID == "": // of an operation that is about no single task
		return instance
	}
	return fmt.Sprintf("task %s of %s", r.TaskID, instance)
}

// path returns the path of the contract, below the endpoint, or the error of an ID that the contract refuses.
func (r TaskRef) path() (string, error) {
	return "v2/" + string(r.ProjectID) + "/instances/" + string(r.InstanceID) + "/tasks/" + string(r.TaskID),
		cmp.Or(r.ProjectID.Validate(), r.InstanceID.Validate(), r.TaskID.Validate())
}

// A Client deletes records of tasks. Create one with [New]. It is safe for concurrent use.
type Client struct {
	endpoint *url.URL      // its path ends in a slash
	request  *http.Request // what all requests have in common
	settings settings
	wire     wire
	keys     *keyState
	chain    handler
}

// New returns a client of the DMS endpoint server, for example "https://dms.eu-de.otc.t-systems.com"; [Endpoint] knows
// those of the regions. The URL has a scheme, http or https, and a host. It can have a path, to which the path of the
// contract is appended, and which therefore must not end in a version or a project. User information, a query and a
// fragment are refused. The error is an [*InvalidError].
//
// Without options, the client has no credentials, retries as the zero [RetryPolicy] says, and has a deadline of
// [DefaultTimeout] for every attempt. Create one client and reuse it. Clients without a transport of their own share
// one.
func New(server string, opts ...Option) (*Client, error) {
	s := settings{call: callSettings{timeout: DefaultTimeout, retry: RetryPolicy{}.withDefaults()}, userAgent: userAgent}
	endpoint, err := parseEndpoint(server)
	err = cmp.Or(each(opts, func(opt Option) error { return opt.apply(&s) }), err)
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
			Host: endpoint.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			// Cloned for every attempt.
			Header: http.Header{"Accept": {"application/json"}, "User-Agent": {s.userAgent}},
		},
	}
	c.chain = c.assemble(w)
	return c, nil
}

// Raw returns a fresh client of the generated functions, for programs that need the HTTP response. Its requests have
// the same retries, credentials and safeguards as those of DeleteTask, but the caller must check the status: a 503 is
// not an error there.
//
// It sends only requests made by its own functions. Any other request is refused, and so is one whose method, URL, host
// or context was replaced by an editor.
func (c *Client) Raw() *raw.Client {
	return &raw.Client{
		Server: c.endpoint.String(), Client: generated{c},
		RequestEditors: append([]raw.RequestEditorFn{c.prepare}, c.settings.editors...),
	}
}

// CloseIdleConnections closes connections that are not in use. If the client shares its transport with others, theirs
// are closed too; they open new ones when needed.
func (c *Client) CloseIdleConnections() { c.wire.closeIdle() }

// DeleteTask deletes the record of a background task. If the task is still running, it is not stopped.
//
// It returns nil if the record no longer exists: the service answered 204, or it answered that it has no such task (404
// with code DMS.00404001) after an earlier attempt of the same call that may have deleted it. That is an attempt whose
// answer was lost after the request had been written, or was 5xx or 408 from the service, 500, 502 or 504 without a
// code, or a timeout of the gateway. Written does not mean received: perhaps the service never saw that attempt, and
// never had such a task. See also [WithNotFoundAsSuccess].
//
// An ID that the contract refuses is an [*InvalidError], and nothing is sent. Every other answer is an [*APIError],
// after the attempts that the [RetryPolicy] allows. Other failures, on the network or of ctx, can be recognized with
// [errors.Is]. If ctx ends, the error is that of ctx too, and contains the result of the last attempt.
func (c *Client) DeleteTask(ctx context.Context, task TaskRef, opts ...CallOption) error {
	return c.call(ctx, deleteTask, task, opts, nil)
}

var deleteTask = register(operation{
	id: "DeleteBackgroundTask", does: "delete", action: "dms:instance:deleteBackgroundTask",
	method: http.MethodDelete, success: http.StatusNoContent, path: TaskRef.path,
})

// call calls an operation. The content of a success goes into result, as JSON, unless that is nil.
func (c *Client) call(ctx context.Context, o *operation, task TaskRef, opts []CallOption, result any) error {
	r := &record{call: c.settings.call, operation: o, content: result}
	if err := each(opts, func(opt CallOption) error { return opt.applyCall(&r.call) }); err != nil {
		return unsent(err)
	}
	return c.perform(ctx, task, r, c.chain)
}

func unsent(err error) error { return fmt.Errorf("dms: %w; nothing was sent", err) }

// perform makes the call that its record describes, and returns its result.
func (c *Client) perform(ctx context.Context, task TaskRef, r *record, chain handler) error {
	path, err := r.operation.path(task)
	if err != nil {
		return unsent(err)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("dms: %s %v: nothing was sent: %w", r.operation.does, task, stopped(ctx))
	}
	if err = r.result(ctx, c.send(ctx, path, r, chain)); err == nil || r.gone() {
		return nil
	}
	return fmt.Errorf("dms: %s %v: %w", r.operation.does, task, err)
}

// send makes the request and has the chain send it.
func (c *Client) send(ctx context.Context, path string, r *record, chain handler) error {
	req := c.newRequest(ctx, r.operation, path)
	r.target = targetOf(req)
	for _, edit := range c.settings.editors {
		if err := edit(ctx, req); err != nil {
			return err
		}
		req = req.WithContext(ctx) // an editor may have replaced it
	}
	resp, err := chain.send(req, r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if r.last == nil && r.content != nil {
		if err := json.NewDecoder(resp.Body).Decode(r.content); err != nil {
			return fmt.Errorf("server answered %d with a body that does not match the contract: %w", resp.StatusCode, err)
		}
	}
	return nil
}

// generated lets the requests of the generated functions into the chain.
type generated struct{ c *Client }

func (g generated) Do(req *http.Request) (*http.Response, error) {
	made, _ := req.Context().Value(targetKey{}).(target)
	o := g.c.operationAt(made)
	if o == nil {
		return nil, errors.New("dms: the request was not made by a function of the raw client, or an editor has replaced " +
			"its context; nothing was sent")
	}
	return g.c.chain.send(req, &record{call: g.c.settings.call, operation: o, target: made})
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
	next = credentials{next: next, authorize: s.authorize}
	// A deadline is for one attempt, credentials included. All that comes back is redacted here.
	next = once{next: next, timeout: w.timeout, signed: s.signed, cache: &secret.Cache{}}
	if s.signed {
		// Around the attempt, whose answer says whether the signature was good.
		next = keys{next: next, state: c.keys}
	}
	// Outside of all: it sees what an attempt came to, and decides about the next.
	return retry{next: next, source: s.source, signed: s.signed, logger: s.logger, onAttempt: s.onAttempt}
}
