package contract_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"testing"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
	generated "github.com/dmstask/dmstask/client/raw"
	"github.com/dmstask/dmstask/conformance"
)

// meanings says what each documented status means to a caller when the contract's own example is the answer.
var meanings = map[int]error{
	400: client.ErrInvalid,
	401: client.ErrUnauthorized,
	403: client.ErrForbidden,
	404: client.ErrNotFound,
	405: client.ErrWrongEndpoint,
	408: client.ErrUnavailable,
	429: client.ErrThrottled,
	500: client.ErrUnavailable,
	501: client.ErrUnavailable,
	502: client.ErrUnavailable,
	503: client.ErrUnavailable,
	504: client.ErrUnavailable,
}

// response validates an answer with kin-openapi alone.
func (v *validator) response(r *http.Response, body []byte) error {
	route, ids, err := v.router.FindRoute(r.Request)
	if err != nil {
		return err
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r.Request, PathParams: ids, Route: route},
		Status:                 r.StatusCode,
		Header:                 r.Header,
		Options:                v.options,
	}
	return openapi3filter.ValidateResponse(context.Background(), input.SetBodyBytes(body))
}

// TestDocumentedResponses has the server give every response of the contract, and the client read it.
func TestDocumentedResponses(t *testing.T) {
	t.Parallel()
	v := newValidator(t)
	documented := deletion(v.doc).Responses.Map()
	assert.Len(t, documented, len(meanings)+1)
	for name, response := range documented {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, err := strconv.Atoi(name)
			require.NoError(t, err)
			server := clienttest.NewServer()
			t.Cleanup(server.Close)
			task := server.NewTask()
			var want generated.Error
			if media := response.Value.Content["application/json"]; media != nil {
				example, err := json.Marshal(media.Example)
				require.NoError(t, err)
				require.NoError(t, json.Unmarshal(example, &want))
				answer := clienttest.Answer{
					StatusCode: status, Body: string(example), Header: http.Header{"Content-Type": {"application/json"}},
				}
				server.AnswerNext(1, answer) // for the validator
				server.AnswerNext(1, answer) // for the client
			}

			c, err := client.New(server.URL, client.WithToken(server.Token),
				client.WithRetry(client.RetryPolicy{Attempts: 1}))
			require.NoError(t, err)
			if status == http.StatusNoContent {
				require.NoError(t, c.DeleteTask(t.Context(), task))
				assert.False(t, server.HasTask(task))
				server.AddTask(task)
				checkResponse(t, v, c, task, status)
				return
			}
			checkResponse(t, v, c, task, status)
			err = c.DeleteTask(t.Context(), task)
			var apiErr *client.APIError
			require.ErrorAs(t, err, &apiErr)
			assert.Equal(t, status, apiErr.StatusCode)
			assert.Equal(t, want.ErrorCode, apiErr.Code)
			assert.Equal(t, want.ErrorMsg, apiErr.Message)
			assert.Equal(t, []error{meaningOf(want.ErrorCode, status)}, meaningsOf(err))
			assert.True(t, server.HasTask(task))
		})
	}
}

func checkResponse(t *testing.T, v *validator, c *client.Client, task client.TaskRef, status int) {
	t.Helper()
	response, err := c.Raw().DeleteBackgroundTask(t.Context(), task.ProjectID, task.InstanceID, task.TaskID)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, status, response.StatusCode)
	require.NoError(t, v.response(response, body))
	strict, err := conformance.DefaultContract()
	require.NoError(t, err)
	require.NoError(t, strict.ValidateResponse(response.StatusCode, response.Header, body))
}

// TestSpoiledResponses shows that the strict validation, which the conformance check uses, refuses what kin-openapi
// refuses and what it lets pass.
func TestSpoiledResponses(t *testing.T) {
	t.Parallel()
	strict, err := conformance.DefaultContract()
	require.NoError(t, err)
	const good = `{"error_code":"DMS.00404022","error_msg":"m"}`
	plain := http.Header{"Content-Type": {"application/json"}}
	for name, tc := range map[string]struct {
		status int
		header http.Header
		body   string
		valid  bool
	}{
		"204":                   {204, nil, "", true},
		"404":                   {404, plain, good, true},
		"charset parameter":     {404, http.Header{"Content-Type": {"Application/JSON; charset=utf-8"}}, good, true},
		"other fields":          {404, plain, `{"error_code":"DMS.1","error_msg":"m","details":[1]}`, true},
		"white space around":    {404, plain, " \r\n" + good + "\n", true},
		"200":                   {200, nil, "", false},
		"202":                   {202, plain, good, false},
		"301":                   {301, nil, "", false},
		"302":                   {302, nil, "", false},
		"304":                   {304, nil, "", false},
		"307":                   {307, nil, "", false},
		"308":                   {308, nil, "", false},
		"409":                   {409, plain, good, false},
		"418":                   {418, plain, good, false},
		"204 with content":      {204, plain, good, false},
		"204 with one byte":     {204, nil, "\n", false},
		"no content":            {404, plain, "", false},
		"no media type":         {404, nil, good, false},
		"two media types":       {404, http.Header{"Content-Type": {"application/json", "text/html"}}, good, false},
		"text":                  {404, http.Header{"Content-Type": {"text/plain"}}, good, false},
		"problem+json":          {404, http.Header{"Content-Type": {"application/problem+json"}}, good, false},
		"HTML":                  {404, http.Header{"Content-Type": {"text/html"}}, "<html></html>", false},
		"HTML called JSON":      {404, plain, "<html></html>", false},
		"two documents":         {404, plain, good + good, false},
		"something after":       {404, plain, good + "x", false},
		"cut off":               {404, plain, good[:len(good)-1], false},
		"byte order mark":       {404, plain, "\ufeff" + good, false},
		"not UTF-8":             {404, plain, `{"error_code":"DMS.1","error_msg":"` + "\xff" + `"}`, false},
		"null":                  {404, plain, "null", false},
		"array":                 {404, plain, "[" + good + "]", false},
		"no error_code":         {404, plain, `{"error_msg":"m"}`, false},
		"no error_msg":          {404, plain, `{"error_code":"DMS.1"}`, false},
		"empty error_code":      {404, plain, `{"error_code":"","error_msg":"m"}`, false},
		"empty error_msg":       {404, plain, `{"error_code":"DMS.1","error_msg":""}`, false},
		"error_code a number":   {404, plain, `{"error_code":404,"error_msg":"m"}`, false},
		"error_msg null":        {404, plain, `{"error_code":"DMS.1","error_msg":null}`, false},
		"request_id an object":  {404, plain, `{"error_code":"DMS.1","error_msg":"m","request_id":{}}`, false},
		"fields named in error": {404, plain, `{"error":` + good + `}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := strict.ValidateResponse(tc.status, tc.header, []byte(tc.body))
			assert.Equal(t, tc.valid, err == nil, "%v", err)
		})
	}
}
