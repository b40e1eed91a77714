package client_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

// TestMeaning: package codes tests what a code and a status mean, and the contract tests hold all of the catalog
// against them.
func TestMeaning(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status int
		code   string
		want   error
	}{
		// The code decides before the status does.
		{404, "DMS.00404001", client.ErrNotFound},
		{404, "DMS.00404022", client.ErrInstanceNotFound},
		{404, "DMS.10240406", client.ErrWrongEndpoint},
		{404, "DMS.10240407", client.ErrThrottled},
		{404, "DMS.00400017", client.ErrBusy},
		{400, "DMS.10240407", client.ErrThrottled},
		{503, "DMS.00404022", client.ErrInstanceNotFound},

		// An unknown or missing code means what the status means.
		{400, "DMS.00400999", client.ErrInvalid},
		{401, "", client.ErrUnauthorized},
		{403, "", client.ErrForbidden},
		{409, "", client.ErrBusy},
		{503, "", client.ErrUnavailable},

		// Any web server has a 404: only the service itself can say that it does not know a task.
		{404, "DMS.10240999", client.ErrNotFound},
		{404, "", client.ErrWrongEndpoint},
		{404, "APIG.0999", client.ErrWrongEndpoint},
		{404, "dms.00404001", client.ErrWrongEndpoint},

		// A redirect is not followed, and what is no error of HTTP means nothing, whatever the body claims.
		{301, "DMS.00404001", client.ErrWrongEndpoint},
		{308, "", client.ErrWrongEndpoint},
		{200, "DMS.00404001", nil},
		{304, "", nil},
		{399, "APIG.0308", nil},
		{402, "", nil},
	} {
		err := &client.APIError{StatusCode: tc.status, Code: tc.code}
		requireMeaning(t, tc.want, fmt.Errorf("wrapped: %w", err))
		if tc.want != nil {
			require.ErrorContains(t, err, tc.want.Error())
		}
		assert.False(t, err.Is(nil))
	}
}
