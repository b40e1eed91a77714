package contract_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
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
	"github.com/dmstask/dmstask/client/clienttest"
)

// validator is kin-openapi with the contract and every check that it can be asked for.
type validator struct {
	doc     *openapi3.T
	router  routers.Router
	options *openapi3filter.Options
}

func newValidator(t require.TestingT) *validator {
	doc, err := openapi3.NewLoader().LoadFromData(dmstask.Contract())
	require.NoError(t, err)
	doc.Servers = nil // the servers of these tests are in memory
	router, err := gorillamux.NewRouter(doc)
	require.NoError(t, err)
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
func (v *validator) request(r *http.Request) (*openapi3filter.RequestValidationInput, error) {
	route, ids, err := v.router.FindRoute(r)
	if err == nil && r.URL.RawQuery != "" {
		err = errors.New("the contract has no query")
	}
	if err != nil {
		return nil, err
	}
	input := &openapi3filter.RequestValidationInput{Request: r, PathParams: ids, Route: route, Options: v.options}
	return input, openapi3filter.ValidateRequest(context.Background(), input)
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

// A wire has requests arrive at a handler as if they had been sent, and holds both requests and answers against the
// contract, with kin-openapi and as package conformance does.
type wire struct {
	v       *validator
	handler http.Handler
	sent    int
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.sent++
	var text bytes.Buffer
	_ = r.Write(&text) // there is no body that could fail
	arrived, err := http.ReadRequest(bufio.NewReader(&text))
	if err != nil {
		return nil, err
	}
	input, err := w.v.request(arrived)
	if err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	w.handler.ServeHTTP(recorder, arrived)
	answer := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: recorder.Code, Header: recorder.Header(), Options: w.v.options,
	}
	body := recorder.Body.Bytes()
	if err := openapi3filter.ValidateResponse(context.Background(), answer.SetBodyBytes(body)); err != nil {
		return nil, err
	}
	if err := contract.ValidateResponse(recorder.Code, recorder.Header(), body); err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}

// client returns one that sends one attempt over the wire.
func (w *wire) client(t require.TestingT, token string) *client.Client {
	c, err := client.New("https://dms.example.com", client.WithToken(token),
		client.WithHTTPClient(&http.Client{Transport: w}), client.WithRetry(client.RetryPolicy{Attempts: 1}))
	require.NoError(t, err)
	return c
}

const (
	aProject = "0123456789abcdef0123456789abcdef"
	uuid     = "69b3e5c4-6b0f-4e0c-9a55-2f6d0c8d7b1e"
	aTask    = "8abfa7b372160bfd0172165864064079"
)

// callers are the two ways to send a request: ours, and that of the generated code.
var callers = map[string]func(c *client.Client, task client.TaskRef) error{
	"DeleteTask": func(c *client.Client, task client.TaskRef) error { return c.DeleteTask(context.Background(), task) },
	"generated": func(c *client.Client, task client.TaskRef) error {
		response, err := c.Raw().DeleteBackgroundTask(context.Background(), task.ProjectID, task.InstanceID, task.TaskID)
		if err == nil {
			err = response.Body.Close()
		}
		return err
	},
}

// requestsConform demands that for three strings the client sends nothing, or exactly one request that kin-openapi
// accepts; and that it sends whenever kin-openapi would accept. So the ID types say what the patterns say.
func requestsConform(t require.TestingT, v *validator, project, instance, task string) {
	for name, call := range callers {
		w := &wire{v: v, handler: clienttest.Answer{StatusCode: http.StatusNoContent}}
		err := call(w.client(t, "token"), client.TaskRef{
			ProjectID: client.ProjectID(project), InstanceID: client.InstanceID(instance), TaskID: client.TaskID(task),
		})
		ids := fmt.Sprintf("%s: %q, %q, %q", name, project, instance, task)
		if v.accepts(project, instance, task) {
			require.NoError(t, err, ids)
			require.Equal(t, 1, w.sent, ids)
		} else {
			require.ErrorIs(t, err, client.ErrInvalid, ids)
			require.Zero(t, w.sent, ids)
		}
	}
}

// TestRequestsConform draws IDs from the language of the contract itself.
func TestRequestsConform(t *testing.T) {
	t.Parallel()
	v := newValidator(t)
	rapid.Check(t, func(t *rapid.T) {
		var ids [3]string
		for i, parameter := range deletion(v.doc).Parameters {
			ids[i] = rapid.StringMatching(parameter.Value.Schema.Value.Pattern).Draw(t, parameter.Value.Name)
		}
		require.True(t, v.accepts(ids[0], ids[1], ids[2]))
		requestsConform(t, v, ids[0], ids[1], ids[2])
	})
}

func FuzzRequests(f *testing.F) {
	v := newValidator(f)
	for _, id := range []string{
		"", ".", "..", "a.b", "a/b", "/", "%2e", "..%2f", "a b", "a;b", "é", "＿", "\x00", "\xff", "?", "#", uuid + "}",
		strings.ReplaceAll(uuid, "-", ""), strings.Replace(uuid, "-", "0", 1), strings.ToUpper(uuid), "_", "-", "aZ09_-",
		strings.Repeat("x", 64), strings.Repeat("x", 65), strings.Repeat("0", 31), strings.Repeat("A", 32),
		strings.Repeat("g", 32), strings.Repeat("0", 31) + "/", aTask + "\n", uuid + "\n", "task\r\nHost: elsewhere",
	} {
		f.Add(id, uuid, aTask)
		f.Add(aProject, id, aTask)
		f.Add(aProject, uuid, id)
	}
	f.Fuzz(func(t *testing.T, project, instance, task string) { requestsConform(t, v, project, instance, task) })
}

// TestDocumentedResponses has the server give every response of the contract, and the client read it.
func TestDocumentedResponses(t *testing.T) {
	t.Parallel()
	v := newValidator(t)
	for name, response := range deletion(v.doc).Responses.Map() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, err := strconv.Atoi(name)
			require.NoError(t, err)
			server := clienttest.New(t)
			task := server.NewTask()
			var example map[string]any
			if media := response.Value.Content[jsonType]; media != nil {
				example, _ = media.Example.(map[string]any)
				for _, named := range media.Examples {
					example = named.Value.Value.(map[string]any)
				}
				body, err := json.Marshal(example)
				require.NoError(t, err)
				server.AnswerNext(1, content(status, jsonType, string(body)))
			}
			w := &wire{v: v, handler: server.Config.Handler}
			err = w.client(t, server.Token).DeleteTask(t.Context(), task)
			assert.Equal(t, status != http.StatusNoContent, server.HasTask(task))
			if status == http.StatusNoContent {
				require.NoError(t, err)
				return
			}
			var apiErr *client.APIError
			require.ErrorAs(t, err, &apiErr)
			assert.Equal(t, status, apiErr.StatusCode)
			assert.Equal(t, example["error_code"], apiErr.Code)
			assert.Equal(t, example["error_msg"], apiErr.Message)
			requireMeaning(t, meaningOf(apiErr.Code, status), err)
		})
	}
}

// TestValidatorIsStrict shows that the validator of these tests refuses requests that kin-openapi lets pass by default.
func TestValidatorIsStrict(t *testing.T) {
	t.Parallel()
	v := newValidator(t)
	const path, field = "/v2/" + aProject + "/instances/" + uuid + "/tasks/", "X-Auth-Token: x\r\n"
	for line, fields := range map[string]string{
		"DELETE " + path + "1": field, "DELETE " + path + "2": "Authorization: SDK-HMAC-SHA256 x\r\n", // the good ones
		"DELETE " + path + "3": "", "DELETE " + path + "4": field + "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}",
		"DELETE " + path + "5?force=true": field, "PUT " + path + "6": field, "DELETE " + path + "7/..": field,
		"DELETE " + path + "%2e%2e": field, "DELETE " + path: field, "DELETE " + strings.TrimSuffix(path, "/tasks/"): field,
	} {
		text := line + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
		require.NoError(t, err, text)
		_, err = v.request(r)
		assert.Equal(t, strings.HasSuffix(line, "/1") || strings.HasSuffix(line, "/2"), err == nil, "%s: %v", text, err)
	}
	deletion(v.doc).Parameters[1].Value.Schema.Value.Pattern = ""
	assert.False(t, v.accepts(aProject, "x", aTask), "the format alone says what an instance ID is")
}

// TestSpoiledResponses: what kin-openapi lets pass, though told to look at the status, is refused by what wire and the
// conformance check validate with: redirects, content where the contract has none, and what follows a document.
func TestSpoiledResponses(t *testing.T) {
	t.Parallel()
	const good = `{"error_code":"DMS.00404022","error_msg":"m"}`
	header := http.Header{"Content-Type": {jsonType}}
	require.NoError(t, contract.ValidateResponse(404, header, []byte(good)))
	for _, status := range []int{200, 202, 204, 301, 302, 304, 307, 308, 409, 418} {
		require.Error(t, contract.ValidateResponse(status, header, []byte(good)), status)
	}
	invalid := `{"error_code":"` + "\xff" + `","error_msg":"m"}`
	for _, spoiled := range []string{"", "{}", good + good, good + "x", "\ufeff" + good, invalid} {
		require.Error(t, contract.ValidateResponse(404, header, []byte(spoiled)), spoiled)
	}
}
