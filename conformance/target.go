package conformance

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/dmstask/dmstask/internal/endpoint"
	"github.com/dmstask/dmstask/internal/secret"
)

// A Target is the server to check and what the check may use there.
type Target struct {
	// Endpoint is the URL of the server, for example "https://dms.eu-de.otc.t-systems.com". It may have a path, to
	// which the path of the contract is appended.
	Endpoint string

	// Handler is checked in place of an endpoint: it is served on loopback for as long as the run takes.
	Handler http.Handler

	// ProjectID and InstanceID name what the token has access to. Rules that need one that is empty are skipped.
	ProjectID  string
	InstanceID string

	// TaskID names a finished task of that instance. Its record will be deleted! Empty: nothing is deleted, and the
	// rules that delete are skipped.
	TaskID string

	// Token is a project-scoped IAM token for ProjectID. No report, error or log shows it.
	Token string

	// Authorize puts credentials on a request in place of Token: a token in X-Auth-Token, or a signature of the request
	// in Authorization. It is called for every request that is to have good credentials, for one whose token is then
	// altered, and for no other.
	Authorize func(*http.Request) error
}

func (t Target) hasCredentials() bool { return t.Token != "" || t.Authorize != nil }

// String returns the endpoint and the IDs, not the token.
func (t Target) String() string {
	return fmt.Sprintf("endpoint %s, project %q, instance %q, task %q", t.shown(), t.ProjectID, t.InstanceID, t.TaskID)
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
	endpoint, expected := endpoint.Parse(t.Endpoint)
	if endpoint == nil {
		return nil, fmt.Errorf("endpoint %q is not allowed: expected %s", t.shown(), expected)
	}
	endpoint.Path, endpoint.RawPath = strings.TrimSuffix(endpoint.Path, "/"), strings.TrimSuffix(endpoint.RawPath, "/")
	if !safePath(endpoint.EscapedPath()) {
		return nil, fmt.Errorf("endpoint %q has an empty segment or a dot segment in its path", t.shown())
	}

	ids := map[string]string{projectID: t.ProjectID, instanceID: t.InstanceID, taskID: t.TaskID}
	for _, name := range pathIDs { // of several errors always the same
		if ids[name] == "" {
			continue
		}
		if err := c.checkID(name, ids[name]); err != nil {
			return nil, err
		}
	}
	if t.TaskID != "" && (t.ProjectID == "" || t.InstanceID == "") {
		return nil, errors.New("a task ID needs the project ID and the instance ID of its instance")
	}
	if t.InstanceID != "" && t.ProjectID == "" {
		return nil, errors.New("an instance ID needs the project ID of its project")
	}
	if strings.ContainsFunc(t.Token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return nil, errors.New("the token has a character that no header field can carry, perhaps a newline at its end")
	}
	if t.Token != "" && secret.Short(t.Token) {
		return nil, fmt.Errorf("the token has fewer than %d characters; is it whole?", secret.Shortest)
	}
	return endpoint, nil
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
