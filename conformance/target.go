package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dmstask/dmstask/internal/endpoint"
)

// A Target is the server to check and what the check may use there.
type Target struct {
	// Endpoint is the URL of the server, for example "https://dms.eu-de.otc.t-systems.com". It may have a path, to
	// which the path of the contract is appended, and which does not end in a version.
	Endpoint string

	// Handler is checked instead of an endpoint; it is served in memory during the run.
	Handler http.Handler

	// IDs are the path parameters, by the contract's names: project_id and instance_id name what the token has access
	// to; task_id names a finished task of that instance, whose record will be deleted! Without a task_id nothing is
	// deleted, and the rules that delete are skipped, as are those that need another missing ID.
	IDs map[string]string

	// Token is a project-scoped IAM token for the project. No report, error or log shows it.
	Token string

	// Authorize adds credentials to a request, instead of Token: a token in X-Auth-Token, or a signature of the request in
	// Authorization. It is called for every request that is to have good credentials, for one whose token is then altered,
	// and for no other. It can change only the header of the request.
	Authorize func(*http.Request) error
}

func (t Target) hasCredentials() bool { return t.Token != "" || t.Authorize != nil }

// String returns the endpoint and the IDs, not the token.
func (t Target) String() string {
	var text strings.Builder
	text.WriteString("endpoint " + t.shown())
	for _, name := range slices.Sorted(maps.Keys(t.IDs)) {
		text.WriteString(", " + name + " " + shownID(t.IDs[name]))
	}
	return text.String()
}

// shown is the endpoint, unless it may have a password in it.
func (t Target) shown() string {
	if strings.ContainsAny(t.Endpoint, "@?#") {
		return "(not shown)"
	}
	return t.Endpoint
}

// GoString is String, so that the token stays out of %#v too.
func (t Target) GoString() string { return t.String() }

// LogValue implements [slog.LogValuer], without the token.
func (t Target) LogValue() slog.Value { return slog.StringValue(t.String()) }

// validate returns the endpoint, or what is wrong with the target.
func (t Target) validate(c *Contract) (*url.URL, error) {
	switch {
	case t.Handler != nil && t.Endpoint != "":
		return nil, errors.New("the target has an endpoint and a handler; set only one of them")
	case t.Handler != nil:
		t.Endpoint = "http://handler.example" // a name that is reserved (RFC 2606 section 2) and not looked up
	}
	u, expected := endpoint.Parse(t.Endpoint)
	if u == nil {
		return nil, fmt.Errorf("endpoint %q is not allowed: expected %s", t.shown(), expected)
	}
	u.Path, u.RawPath = strings.TrimSuffix(u.Path, "/"), strings.TrimSuffix(u.RawPath, "/")
	if !safePath(u.EscapedPath()) {
		return nil, fmt.Errorf("endpoint %q has an empty segment or a dot segment in its path", t.shown())
	}
	absent := ""
	for _, p := range c.parameters {
		value := t.IDs[p.Name]
		switch {
		case value == "":
			absent = p.Name
		case absent != "":
			return nil, fmt.Errorf("%s is given without the %s that it belongs to", p.Name, absent)
		default:
			if err := c.CheckID(p.Name, value); err != nil {
				return nil, err
			}
		}
	}
	for name := range t.IDs {
		if c.parameter(name) == nil {
			return nil, fmt.Errorf("the contract has no path parameter %q", name)
		}
	}
	if strings.ContainsFunc(t.Token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return nil, errors.New("the token has a space, a control character or one that is not ASCII; a newline at its end?")
	}
	return u, nil
}

// safeSegment reports whether a path parameter stays within its segment of a path, also if it is decoded more than once
// on the way, by servers that cut parameters off (RFC 3986 section 3.3) or take \ for a slash.
func safeSegment(value string) bool {
	for {
		name, _, _ := strings.Cut(value, ";")
		if !safePath("/"+url.PathEscape(name)) || strings.ContainsAny(value, `/\`) {
			return false
		}
		decoded, err := url.PathUnescape(value)
		if err != nil || decoded == value {
			return true
		}
		value = decoded
	}
}

// safePath reports whether a path, percent-encoded, is free of empty segments and dot segments, in any encoding.
func safePath(escaped string) bool {
	if escaped == "" {
		return true
	}
	for segment := range strings.SplitSeq(strings.TrimPrefix(escaped, "/"), "/") {
		plain, err := url.PathUnescape(segment)
		if err != nil || plain == "" || plain == "." || plain == ".." || strings.Contains(plain, "/") {
			return false
		}
	}
	return true
}

// pipes is a listener in memory.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if conn, ok := <-p; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (pipes) Close() error { return nil }

func (pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	p <- server
	return client, nil
}

// serve serves a handler in memory. Stop waits until the handler has no more requests, but not longer than a response
// may take. What package http logs, such as panics of the handler, does not belong in the user's output.
func serve(handler http.Handler, patience time.Duration) (p pipes, stop func()) {
	var busy sync.WaitGroup
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			busy.Add(1)
			defer busy.Done()
			handler.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	p = make(pipes)
	busy.Go(func() { _ = server.Serve(p) }) // until p is closed
	return p, func() {
		close(p)
		_ = server.Close()
		idle := make(chan struct{})
		go func() { busy.Wait(); close(idle) }()
		select {
		case <-idle:
		case <-time.After(patience):
		}
	}
}
