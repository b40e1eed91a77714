package contract_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dmstask/dmstask"
	"github.com/dmstask/dmstask/client"
)

// validator is kin-openapi with the contract and every check that it can be asked for.
type validator struct {
	doc     *openapi3.T
	router  routers.Router
	options *openapi3filter.Options
}

func newValidator(tb testing.TB) *validator {
	tb.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(dmstask.Contract())
	require.NoError(tb, err)
	doc.Servers = nil // the servers of these tests are on loopback
	router, err := gorillamux.NewRouter(doc)
	require.NoError(tb, err)
	formats := openapi3.WithStringFormatValidators(map[string]openapi3.StringFormatValidator{
		"uuid": openapi3.NewRegexpFormatValidator(`^[[:xdigit:]]{8}(-[[:xdigit:]]{4}){3}-[[:xdigit:]]{12}$`),
	})
	return &validator{doc: doc, router: router, options: &openapi3filter.Options{
		IncludeResponseStatus:             true,
		RejectWhenRequestBodyNotSpecified: true,
		SchemaValidationOptions:           []openapi3.SchemaValidationOption{formats},
		AuthenticationFunc: func(_ context.Context, input *openapi3filter.AuthenticationInput) error {
			if input.RequestValidationInput.Request.Header.Get(input.SecurityScheme.Name) == "" {
				return errors.New("no credentials")
			}
			return nil
		},
	}}
}

// request validates a request as a server got it.
func (v *validator) request(r *http.Request) error {
	route, ids, err := v.router.FindRoute(r)
	if err != nil {
		return err
	}
	if r.URL.RawQuery != "" {
		return errors.New("the contract has no query")
	}
	return openapi3filter.ValidateRequest(context.Background(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: ids, Route: route, Options: v.options,
	})
}

// accepts reports whether these three strings are path parameters of the contract.
func (v *validator) accepts(project, instance, task string) bool {
	op := deletion(v.doc)
	input := &openapi3filter.RequestValidationInput{
		Request:    &http.Request{Method: http.MethodDelete, URL: &url.URL{}},
		PathParams: map[string]string{"project_id": project, "instance_id": instance, "task_id": task},
		Route:      &routers.Route{Spec: v.doc, Operation: op},
		Options:    v.options,
	}
	for _, parameter := range op.Parameters {
		if openapi3filter.ValidateParameter(context.Background(), input, parameter.Value) != nil {
			return false
		}
	}
	return true
}

// wiretap answers 204 and keeps every request as a server would have read it.
type wiretap struct{ requests []*http.Request }

func (w *wiretap) RoundTrip(r *http.Request) (*http.Response, error) {
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		return nil, err
	}
	arrived, err := http.ReadRequest(bufio.NewReader(&wire))
	if err != nil {
		return nil, err
	}
	w.requests = append(w.requests, arrived)
	return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: r}, nil
}

// callers are the two ways to send a request: ours, and that of the generated code.
var callers = map[string]func(c *client.Client, task client.TaskRef) error{
	"DeleteTask": func(c *client.Client, task client.TaskRef) error {
		return c.DeleteTask(context.Background(), task)
	},
	"generated": func(c *client.Client, task client.TaskRef) error {
		response, err := c.Raw().DeleteBackgroundTask(context.Background(), task.ProjectID, task.InstanceID, task.TaskID)
		if err == nil {
			err = response.Body.Close()
		}
		return err
	},
}

func newTapped(t require.TestingT) (*client.Client, *wiretap) {
	tap := &wiretap{}
	c, err := client.New("https://dms.example.com",
		client.WithToken("token"), client.WithHTTPClient(&http.Client{Transport: tap}))
	require.NoError(t, err)
	return c, tap
}

// TestRequestsConform draws IDs from the language of the contract itself.
func TestRequestsConform(t *testing.T) {
	t.Parallel()
	v := newValidator(t)
	language := map[string]*rapid.Generator[string]{}
	for _, parameter := range deletion(v.doc).Parameters {
		language[parameter.Value.Name] = rapid.StringMatching(parameter.Value.Schema.Value.Pattern)
	}
	for name, call := range callers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				c, tap := newTapped(t)
				require.NoError(t, call(c, client.TaskRef{
					ProjectID:  client.ProjectID(language["project_id"].Draw(t, "project")),
					InstanceID: client.InstanceID(language["instance_id"].Draw(t, "instance")),
					TaskID:     client.TaskID(language["task_id"].Draw(t, "task")),
				}))
				require.Len(t, tap.requests, 1)
				require.NoError(t, v.request(tap.requests[0]))
			})
		})
	}
}

// TestValidatorIsStrict shows that the validator of these tests refuses what kin-openapi lets pass by default.
func TestValidatorIsStrict(t *testing.T) {
	t.Parallel()
	v := newValidator(t)
	const path = "/v2/0123456789abcdef0123456789abcdef/instances/" + uuid + "/tasks/1"
	token := http.Header{"X-Auth-Token": {"token"}}
	for name, tc := range map[string]struct {
		method, target string
		header         http.Header
		body           string
		valid          bool
	}{
		"token":        {http.MethodDelete, path, token, "", true},
		"signature":    {http.MethodDelete, path, http.Header{"Authorization": {"SDK-HMAC-SHA256 x"}}, "", true},
		"none":         {http.MethodDelete, path, nil, "", false},
		"body":         {http.MethodDelete, path, token, "{}", false},
		"query":        {http.MethodDelete, path + "?force=true", token, "", false},
		"method":       {http.MethodPut, path, token, "", false},
		"dot segment":  {http.MethodDelete, path + "/..", token, "", false},
		"encoded dots": {http.MethodDelete, path[:len(path)-1] + "%2e%2e", token, "", false},
		"the instance": {http.MethodDelete, path[:len(path)-len("/tasks/1")], token, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := http.NewRequestWithContext(t.Context(), tc.method, "https://dms.example.com"+tc.target,
				bytes.NewReader([]byte(tc.body)))
			require.NoError(t, err)
			if tc.header != nil {
				r.Header = tc.header.Clone()
			}
			if tc.body != "" {
				r.Header.Set("Content-Type", "application/json")
			}
			assert.Equal(t, tc.valid, v.request(r) == nil)
		})
	}
}

// FuzzRequests: for any three strings the client sends nothing, or exactly one request that kin-openapi accepts; and it
// sends whenever kin-openapi would accept. This is also the proof that the ID types say what the patterns say.
func FuzzRequests(f *testing.F) {
	v := newValidator(f)
	const project, task = "0123456789abcdef0123456789abcdef", "8abfa7b372160bfd0172165864064079"
	f.Add(project, uuid, task)
	for _, parameter := range languages {
		for _, value := range append(parameter.accepts, parameter.refuses...) {
			switch parameter.name {
			case "project_id":
				f.Add(value, uuid, task)
			case "instance_id":
				f.Add(project, value, task)
			case "task_id":
				f.Add(project, uuid, value)
			}
		}
	}
	for _, value := range []string{"\x00", "\xff", "?", "#", "..%2f", "a;b", "＿", "task\r\nHost: elsewhere"} {
		f.Add(project, uuid, value)
	}
	f.Fuzz(func(t *testing.T, project, instance, task string) {
		for name, call := range callers {
			c, tap := newTapped(t)
			err := call(c, client.TaskRef{
				ProjectID:  client.ProjectID(project),
				InstanceID: client.InstanceID(instance),
				TaskID:     client.TaskID(task),
			})
			ids := fmt.Sprintf("%s: %q, %q, %q", name, project, instance, task)
			if !v.accepts(project, instance, task) {
				require.ErrorIs(t, err, client.ErrInvalid, ids)
				require.Empty(t, tap.requests, ids)
				continue
			}
			require.NoError(t, err, ids)
			require.Len(t, tap.requests, 1, ids)
			require.NoError(t, v.request(tap.requests[0]), ids)
		}
	})
}
