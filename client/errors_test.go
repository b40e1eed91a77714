package client_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

func TestAPIErrorText(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err  client.APIError
		want string
	}{
		"all": {
			client.APIError{
				StatusCode: 404, Code: "DMS.10240407", Message: "Too many requests.", RequestID: "r-1",
				Err: errors.New("odd"),
			},
			`server answered 404 Not Found, code "DMS.10240407", message "Too many requests.", request ID "r-1" (odd)` +
				`: throttled; wait before you try again`,
		},
		"throttled, for a time": {
			client.APIError{StatusCode: 429, RetryAfter: 2 * time.Second},
			"server answered 429 Too Many Requests: throttled; wait 2s before you try again",
		},
		"status only":    {client.APIError{StatusCode: 202}, `server answered 202 Accepted`},
		"unknown status": {client.APIError{StatusCode: 299}, `server answered 299`},
		"no advice":      {client.APIError{StatusCode: 400}, `server answered 400 Bad Request: invalid request`},
		"of no operation": {
			client.APIError{StatusCode: 403},
			"server answered 403 Forbidden: forbidden; the user may lack the IAM action of the operation, or be frozen or " +
				"read-only",
		},
		"what a terminal would obey": {
			client.APIError{StatusCode: 418, Code: "\x1b[31m", Message: "a\r\nb\u202ec\u0085", RequestID: "\x00\xff"},
			`server answered 418 I'm a teapot, code "\x1b[31m", message "a\r\nb\u202ec\u0085", request ID "\x00\xff"`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, tt.err.Error())
		})
	}
}

// TestForbidden: the error names what the user needs.
func TestForbidden(t *testing.T) {
	t.Parallel()
	err := deleteAnswered(t, clienttest.Error(403, "DMS.10240306", "m", nil))
	require.ErrorContains(t, err, "IAM action dms:instance:deleteBackgroundTask, or")
	assert.Empty(t, requireAPIError(t, err, 403).RequestID)
}
