package client_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

// TestMeaning: the contract tests hold the whole catalogue against the codes.
func TestMeaning(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status int
		code   string
		want   error
	}{
		{404, "DMS.00404001", client.ErrNotFound},
		{404, "DMS.00404022", client.ErrInstanceNotFound},

		// The code decides before the status does, whatever status it comes with.
		{400, "DMS.10240407", client.ErrThrottled},
		{503, "DMS.10240407", client.ErrThrottled},
		{404, "APIG.0308", client.ErrThrottled},
		{404, "DMS.00400017", client.ErrBusy},
		{404, "DMS.00500000", client.ErrUnavailable},
		{500, "DMS.00404022", client.ErrInstanceNotFound},

		// An unknown code means what its status means, a missing one too.
		{400, "DMS.00400999", client.ErrInvalid},
		{400, "", client.ErrInvalid},
		{401, "", client.ErrUnauthorized},
		{403, "", client.ErrForbidden},
		{405, "", client.ErrWrongEndpoint},
		{408, "", client.ErrUnavailable},
		{409, "", client.ErrBusy},
		{410, "", client.ErrWrongEndpoint},
		{421, "", client.ErrWrongEndpoint},
		{423, "", client.ErrBusy},
		{425, "", client.ErrUnavailable},
		{429, "", client.ErrThrottled},
		{500, "", client.ErrUnavailable},
		{501, "", client.ErrUnavailable},
		{502, "", client.ErrUnavailable},
		{503, "", client.ErrUnavailable},
		{504, "", client.ErrUnavailable},
		{599, "", client.ErrUnavailable},

		// Any web server has a 404: only the service itself can say that it does not know a task.
		{404, "DMS.10240999", client.ErrNotFound},
		{404, "", client.ErrWrongEndpoint},
		{404, "APIG.0999", client.ErrWrongEndpoint},
		{404, "NoSuchKey", client.ErrWrongEndpoint},
		{404, "dms.00404022", client.ErrWrongEndpoint},

		// A redirect is not followed, whatever its body says.
		{301, "DMS.00404001", client.ErrWrongEndpoint},
		{308, "", client.ErrWrongEndpoint},

		// What is no error of HTTP is none of the sentinels, whatever the body claims.
		{200, "DMS.00404022", nil},
		{202, "", nil},
		{399, "APIG.0308", nil},
		{402, "", nil},
		{418, "", nil},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.status, " ", tt.code), func(t *testing.T) {
			t.Parallel()
			err := &client.APIError{StatusCode: tt.status, Code: tt.code}
			requireMeaning(t, tt.want, err)
			requireMeaning(t, tt.want, fmt.Errorf("wrapped: %w", err))
			if tt.want != nil {
				require.ErrorContains(t, err, tt.want.Error())
			}
			assert.False(t, err.Is(nil))
		})
	}
}
