package client_test

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

const nginx404 = "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>nginx</body>\r\n</html>\r\n"

// deleteAnswered calls DeleteTask on a real server that gives this answer.
func deleteAnswered(t *testing.T, answer clienttest.Answer) error {
	t.Helper()
	srv := clienttest.New(t)
	srv.AnswerNext(1, answer)
	err := newClient(t, srv.URL, client.WithToken(srv.Token)).DeleteTask(t.Context(), srv.NewTask())
	require.Len(t, srv.Requests(), 1)
	return err
}

// Nil means that the record is gone: nothing but a 204 may say so, however it is dressed.
func TestOnly204IsNil(t *testing.T) {
	t.Parallel()
	for code := 200; code < 1000; code++ {
		for _, body := range []string{"", nginx404, "null", apiError("DMS.00404001"), `{"result":"success"}`} {
			if code == http.StatusNoContent {
				continue
			}
			wire := play(status(code, body, "Location", "/gone"))
			err := newClient(t, remote, client.WithHTTPClient(wire)).DeleteTask(t.Context(), task)
			_ = requireAPIError(t, err, code)
			require.Equal(t, slices.Contains(redirects, code), strings.Contains(err.Error(), "redirect"))
		}
	}
}

// Answers that no HTTP library would send.
func TestOddAnswers(t *testing.T) {
	t.Parallel()
	for response, want := range map[string]int{ // status of the error; 0 for none, -1 if not even that is known
		"HTTP/1.1 204 No Content\r\n\r\n":                                             0,
		"HTTP/1.1 204 \r\n\r\n":                                                       0,
		"HTTP/1.0 204 No Content\r\n\r\n":                                             0,
		"HTTP/1.1 204 No Content\r\nContent-Type: application/json\r\n\r\n":           0,
		"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n":                        0,
		"HTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 E\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n": 0,
		"HTTP/1.1 101 Switching Protocols\r\n\r\n":                                    101,
		"HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n":         101,
		"HTTP/1.1 302 Found\r\nLocation: http://[x\r\n\r\n":                           302,
		"HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n":               500,
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n":                                200,
		"":                        -1,
		"SSH-2.0-OpenSSH_9.6\r\n": -1,
		"204 No Content\r\n\r\n":  -1,
	} {
		t.Run(response, func(t *testing.T) {
			t.Parallel()
			err := newClient(t, serveRaw(t, response), client.WithTransport(newTransport(t))).DeleteTask(t.Context(), task)
			switch want {
			case 0:
				require.NoError(t, err)
			case -1:
				require.Error(t, err)
				require.NotErrorAs(t, err, new(*client.APIError))
			default:
				_ = requireAPIError(t, err, want)
			}
		})
	}
}

// TestErrorBody: a body that has a code is an error of the service, whatever its media type.
func TestErrorBody(t *testing.T) {
	t.Parallel()
	const broken, none = "not an error of the service", "no error_code"
	for body, tt := range map[string]struct {
		want    client.APIError // its code, message and request ID, if that is not the one of the header
		meaning error
		problem string // "" for a body that is an error of the service
	}{
		`{"error_code":"DMS.00404022","error_msg":"No such instance."}`: {
			client.APIError{Code: "DMS.00404022", Message: "No such instance."}, client.ErrInstanceNotFound, "",
		},
		`{"error_code":"APIG.0101","error_msg":"No API.","request_id":"r-1"}`: {
			client.APIError{Code: "APIG.0101", Message: "No API.", RequestID: "r-1"}, client.ErrWrongEndpoint, "",
		},
		`{"error_code":"DMS.00404001","error_msg":"m","encoded":{"a":[1]},"request_id":null}`: {
			client.APIError{Code: "DMS.00404001", Message: "m"}, client.ErrNotFound, "",
		},
		`{"error_code":"DMS.10240407","error_msg":["m"],"request_id":1}`: {
			client.APIError{Code: "DMS.10240407"}, client.ErrThrottled, "",
		},
		"\n {\"error_code\":\"DMS.00404001\",\"request_id\":\"\"}\r\n ": {
			client.APIError{Code: "DMS.00404001"}, client.ErrNotFound, "",
		},
		nginx404: {client.APIError{}, client.ErrWrongEndpoint, broken},
		"":       {client.APIError{}, client.ErrWrongEndpoint, "the body is empty"},
		`{"error_code":"DMS.00404022","error_msg":"m"}{}`: {client.APIError{}, client.ErrWrongEndpoint, broken},
		`{"error_code":"DMS.00404022"`:                    {client.APIError{}, client.ErrWrongEndpoint, broken},
		`{"error_msg":"m","request_id":"r-2"}`:            {client.APIError{}, client.ErrWrongEndpoint, none},
		`{"error_code":404,"error_msg":"m"}`:              {client.APIError{}, client.ErrWrongEndpoint, broken},
		`null`:                                            {client.APIError{}, client.ErrWrongEndpoint, none},
		`[]`:                                              {client.APIError{}, client.ErrWrongEndpoint, broken},
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			for _, mediaType := range []string{"application/json;charset=utf8", "text/html"} {
				err := deleteAnswered(t, clienttest.Answer{
					StatusCode: http.StatusNotFound, Body: body,
					Header: http.Header{"Content-Type": {mediaType}, "X-Request-Id": {"h"}, "Retry-After": {"120"}},
				})
				got := *requireAPIError(t, err, http.StatusNotFound)
				requireMeaning(t, tt.meaning, err)
				assert.Equal(t, tt.problem == "", got.Err == nil)
				require.ErrorContains(t, err, tt.problem)
				assert.Equal(t, tt.want.Code, got.Code)
				assert.Equal(t, tt.want.Message, got.Message)
				assert.Equal(t, cmp.Or(tt.want.RequestID, "h"), got.RequestID)
				assert.Equal(t, 2*time.Minute, got.RetryAfter)
			}
		})
	}
}
