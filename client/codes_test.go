package client_test

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

func TestMeaning(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status int
		code   string
		want   error
	}{
		{400, "DMS.00400002", client.ErrInvalid},
		{400, "DMS.00400030", client.ErrInvalid},
		{400, "DMS.00400061", client.ErrInvalid},
		{400, "DMS.00400070", client.ErrInvalid},
		{400, "DMS.00400017", client.ErrBusy},
		{400, "DMS.00400026", client.ErrBusy},
		{401, "DMS.10240101", client.ErrUnauthorized},
		{401, "DMS.10240102", client.ErrUnauthorized},
		{401, "DMS.10240103", client.ErrUnauthorized},
		{401, "DMS.10240104", client.ErrUnauthorized},
		{401, "APIG.0301", client.ErrUnauthorized},
		{401, "APIGW.0301", client.ErrUnauthorized},
		{401, "APIG.0307", client.ErrUnauthorized},
		{403, "APIG.0302", client.ErrForbidden},
		{403, "DMS.00403002", client.ErrForbidden},
		{403, "DMS.00403003", client.ErrForbidden},
		{403, "DMS.10240306", client.ErrForbidden},
		{403, "DMS.10240309", client.ErrForbidden},
		{403, "DMS.10240310", client.ErrForbidden},
		{403, "DMS.10240311", client.ErrForbidden},
		{403, "DMS.10240312", client.ErrForbidden},
		{404, "DMS.00404001", client.ErrNotFound},
		{404, "DMS.00404022", client.ErrNotFound},
		{404, "DMS.10240406", client.ErrWrongEndpoint},
		{404, "DMS.10240407", client.ErrThrottled},
		{404, "APIG.0101", client.ErrWrongEndpoint},
		{405, "DMS.00405001", client.ErrWrongEndpoint},
		{429, "APIG.0308", client.ErrThrottled},
		{500, "DMS.00500000", client.ErrUnavailable},
		{502, "APIG.0202", client.ErrUnavailable},
		{504, "APIG.0201", client.ErrUnavailable},
		{504, "APIG.0203", client.ErrUnavailable},

		// The code decides before the status does, whatever status it comes with.
		{400, "DMS.10240407", client.ErrThrottled},
		{503, "DMS.10240407", client.ErrThrottled},
		{404, "APIG.0308", client.ErrThrottled},
		{404, "DMS.00400017", client.ErrBusy},
		{404, "DMS.00500000", client.ErrUnavailable},
		{500, "DMS.00404022", client.ErrNotFound},

		// An unknown code means what its status means, a missing one too.
		{400, "DMS.00400999", client.ErrInvalid},
		{400, "", client.ErrInvalid},
		{401, "", client.ErrUnauthorized},
		{403, "", client.ErrForbidden},
		{405, "", client.ErrWrongEndpoint},
		{408, "", client.ErrUnavailable},
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

		// What is no error of HTTP is none of the sentinels, whatever the body claims.
		{200, "DMS.00404022", nil},
		{202, "", nil},
		{301, "DMS.00404022", nil},
		{399, "APIG.0308", nil},
		{402, "", nil},
		{409, "", nil},
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

// Every code that the vendor documents means what its status means, but for those that facts taught us better.
func TestMeaningOfCatalogue(t *testing.T) {
	t.Parallel()
	byStatus := map[int]error{
		http.StatusBadRequest:          client.ErrInvalid,
		http.StatusUnauthorized:        client.ErrUnauthorized,
		http.StatusForbidden:           client.ErrForbidden,
		http.StatusNotFound:            client.ErrNotFound,
		http.StatusMethodNotAllowed:    client.ErrWrongEndpoint,
		http.StatusRequestTimeout:      client.ErrUnavailable,
		http.StatusInternalServerError: client.ErrUnavailable,
		http.StatusNotImplemented:      client.ErrUnavailable,
		http.StatusServiceUnavailable:  client.ErrUnavailable,
	}
	otherwise := map[string]error{
		"DMS.00400017": client.ErrBusy,
		"DMS.00400026": client.ErrBusy,
		"DMS.10240406": client.ErrWrongEndpoint,
		"DMS.10240407": client.ErrThrottled,
	}
	catalogue, err := os.ReadFile("../conformance/error-codes.tsv")
	require.NoError(t, err)
	rows := strings.Split(strings.TrimSpace(string(catalogue)), "\n")[1:]
	require.Len(t, rows, 173)
	for _, row := range rows {
		column, code, _ := strings.Cut(row, "\t")
		status, err := strconv.Atoi(column)
		require.NoError(t, err, row)
		want, ok := otherwise[code]
		if !ok {
			want, ok = byStatus[status]
		}
		require.True(t, ok, row)
		delete(otherwise, code)
		t.Run(row, func(t *testing.T) {
			t.Parallel()
			requireMeaning(t, want, &client.APIError{StatusCode: status, Code: code})
		})
	}
	assert.Empty(t, otherwise, "not in the catalogue")
}
