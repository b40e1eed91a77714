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
	"slices"
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
	known "github.com/dmstask/dmstask/internal/codes"
)

// A validator validates with kin-openapi against the contract, as strictly as kin-openapi can.
type validator struct {
	doc     *openapi3.T
	router  routers.Router
	options *openapi3filter.Options
}

func newValidator(t require.TestingT) *validator {
	doc, err := openapi3.NewLoader().LoadFromData(dmstask.Contract())
	require.NoError(t, err)
	doc.Servers = nil // so that the router accepts any host
	router, err := gorillamux.NewRouter(doc)
	require.NoError(t, err)
	formats := openapi3.WithStringFormatValidator("uuid", openapi3.NewRegexpFormatValidator(
		`^[[:xdigit:]]{8}(-[[:xdigit:]]{4}){3}-[[:xdigit:]]{12}$`))
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

// request validates a request as a server receives it.
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

// accepts reports whether the contract allows these IDs, which are in the order of its parameters.
func (v *validator) accepts(ids ...string) bool {
	for i, p := range deletion(v.doc).Parameters {
		if p.Value.Schema.Value.VisitJSON(ids[i], v.options.SchemaValidationOptions...) != nil {
			return false
		}
	}
	return true
}

// A wire is an HTTP transport in memory that fails unless both request and response conform to the contract. It
// validates responses with kin-openapi and, more strictly, as package conformance does.
type wire struct {
	v       *validator
	handler http.Handler
	sent    int // requests
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
	body := recorder.Body.Bytes()
	response := (&openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: recorder.Code, Header: recorder.Header(), Options: w.v.options,
	}).SetBodyBytes(body)
	if err := errors.Join(openapi3filter.ValidateResponse(context.Background(), response),
		contract.ValidateResponse(recorder.Code, recorder.Header(), body)); err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}

// client returns a client that makes a single attempt, over this wire.
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

// requestsConform calls the client with three strings. It must send one valid request if the contract allows them as
// IDs, and none otherwise: the client's ID types and the patterns of the contract must agree.
func requestsConform(t require.TestingT, v *validator, project, instance, task string) {
	w := &wire{v: v, handler: clienttest.Answer{StatusCode: http.StatusNoContent}}
	err := w.client(t, "token").DeleteTask(context.Background(), client.TaskRef{
		ProjectID: client.ProjectID(project), InstanceID: client.InstanceID(instance), TaskID: client.TaskID(task),
	})
	ids := fmt.Sprintf("%q, %q, %q", project, instance, task)
	if v.accepts(project, instance, task) {
		require.NoError(t, err, ids)
		require.Equal(t, 1, w.sent, ids)
	} else {
		require.ErrorIs(t, err, client.ErrInvalid, ids)
		require.Zero(t, w.sent, ids)
	}
}

// TestRequestsConform tries random IDs that match the patterns of the contract.
func TestRequestsConform(t *testing.T) {
	t.Parallel()
	v := newValidator(t)
	rapid.Check(t, func(t *rapid.T) {
		var ids [3]string
		for i, parameter := range deletion(v.doc).Parameters {
			ids[i] = rapid.StringMatching(parameter.Value.Schema.Value.Pattern).Draw(t, parameter.Value.Name)
		}
		require.True(t, v.accepts(ids[:]...))
		requestsConform(t, v, ids[0], ids[1], ids[2])
	})
}

func FuzzRequests(f *testing.F) {
	v := newValidator(f)
	for _, ids := range samples {
		for _, id := range slices.Concat(ids.good, ids.bad) {
			f.Add(id, uuid, aTask)
			f.Add(aProject, id, aTask)
			f.Add(aProject, uuid, id)
		}
	}
	f.Fuzz(func(t *testing.T, project, instance, task string) { requestsConform(t, v, project, instance, task) })
}

// TestDocumentedResponses: the server can send every response of the contract, and the client understands it.
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

// TestValidatorIsStrict: the validator of these tests refuses requests that kin-openapi allows by default.
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
	assert.False(t, v.accepts(aProject, "x", aTask), "format: uuid is not checked")
}

// meanings lists a status and codes that belong to it, with the error that they are for the client. The first entry of
// a status is for codes that are not listed. Listed are codes that differ from their status, and codes that the vendor
// explains for this operation.
var meanings = []struct {
	meaning error
	codes   string
}{
	{client.ErrInvalid, "400 DMS.00400002 DMS.00400030 DMS.00400061 DMS.00400070"},
	{client.ErrUnauthorized, "401 DMS.10240101 DMS.10240102 DMS.10240103 DMS.10240104 APIG.0301 APIGW.0301 APIG.0307"},
	{client.ErrForbidden, "403 APIG.0302 DMS.00403002 DMS.00403003 DMS.10240306 DMS.10240309 DMS.10240310 DMS.10240311"},
	{client.ErrForbidden, "403 DMS.10240312"}, {client.ErrBusy, "400 DMS.00400017 DMS.00400026"},
	{client.ErrNotFound, "404 DMS.00404001"}, {client.ErrInstanceNotFound, "404 DMS.00404022"},
	{client.ErrWrongEndpoint, "404 DMS.10240406 APIG.0101"}, {client.ErrWrongEndpoint, "405 DMS.00405001"},
	{client.ErrThrottled, "429 APIG.0308"}, {client.ErrThrottled, "404 DMS.10240407"}, {client.ErrUnavailable, "408"},
	{client.ErrUnavailable, "500 DMS.00500000"}, {client.ErrUnavailable, "501"}, {client.ErrUnavailable, "503"},
	{client.ErrUnavailable, "502 APIG.0201 APIG.0202"}, {client.ErrUnavailable, "504 APIG.0203"},
}

// meaningOf returns the meaning of a code, or that of its status if the code is not listed.
func meaningOf(code string, status int) error {
	for _, word := range []string{code, strconv.Itoa(status)} {
		for _, m := range meanings {
			if slices.Contains(strings.Fields(m.codes), word) {
				return m.meaning
			}
		}
	}
	return nil
}

// requireMeaning requires that an error has this meaning and no other.
func requireMeaning(t *testing.T, want, err error) {
	t.Helper()
	for _, m := range meanings {
		require.Equal(t, errors.Is(want, m.meaning), errors.Is(err, m.meaning), "%v as %v", err, m.meaning)
	}
}

// TestCodes: every code of the vendor's catalog has exactly one meaning. A listed code belongs to the status that it is
// listed with, but has the same meaning with any other.
func TestCodes(t *testing.T) {
	t.Parallel()
	assert.Len(t, known.Catalogue(), 173)
	for code, status := range known.Catalogue() {
		requireMeaning(t, meaningOf(code, status), &client.APIError{StatusCode: status, Code: code})
	}
	for _, m := range meanings {
		words := strings.Fields(m.codes)
		for _, code := range words[1:] {
			assert.Contains(t, fmt.Sprint(known.Statuses(code)), words[0], code)
			for _, status := range []int{400, 404, 500} {
				requireMeaning(t, m.meaning, &client.APIError{StatusCode: status, Code: code})
			}
		}
	}
}
