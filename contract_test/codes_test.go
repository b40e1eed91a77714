package contract_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/dmstask/dmstask/client"
	known "github.com/dmstask/dmstask/internal/codes"
)

// codes are those that the client must know by name: where the status alone would mislead, or where the vendor says
// what the code means for this operation.
var codes = []struct {
	code    string
	status  int
	meaning error
}{
	{"DMS.00400002", 400, client.ErrInvalid},
	{"DMS.00400017", 400, client.ErrBusy},
	{"DMS.00400026", 400, client.ErrBusy},
	{"DMS.00400030", 400, client.ErrInvalid},
	{"DMS.00400061", 400, client.ErrInvalid},
	{"DMS.00400070", 400, client.ErrInvalid},
	{"DMS.10240101", 401, client.ErrUnauthorized},
	{"DMS.10240102", 401, client.ErrUnauthorized},
	{"DMS.10240103", 401, client.ErrUnauthorized},
	{"DMS.10240104", 401, client.ErrUnauthorized},
	{"APIG.0301", 401, client.ErrUnauthorized},
	{"APIGW.0301", 401, client.ErrUnauthorized},
	{"APIG.0307", 401, client.ErrUnauthorized},
	{"APIG.0302", 403, client.ErrForbidden},
	{"DMS.00403002", 403, client.ErrForbidden},
	{"DMS.00403003", 403, client.ErrForbidden},
	{"DMS.10240306", 403, client.ErrForbidden},
	{"DMS.10240309", 403, client.ErrForbidden},
	{"DMS.10240310", 403, client.ErrForbidden},
	{"DMS.10240311", 403, client.ErrForbidden},
	{"DMS.10240312", 403, client.ErrForbidden},
	{"DMS.00404022", 404, client.ErrInstanceNotFound},
	{"DMS.00404001", 404, client.ErrNotFound},
	{"DMS.10240406", 404, client.ErrWrongEndpoint},
	{"APIG.0101", 404, client.ErrWrongEndpoint},
	{"DMS.10240407", 404, client.ErrThrottled},
	{"DMS.00405001", 405, client.ErrWrongEndpoint},
	{"APIG.0308", 429, client.ErrThrottled},
	{"APIG.0202", 502, client.ErrUnavailable},
	{"APIG.0203", 504, client.ErrUnavailable},
	{"APIG.0201", 504, client.ErrUnavailable},
	{"DMS.00500000", 500, client.ErrUnavailable},
}

var sentinels = []error{
	client.ErrInvalid, client.ErrNotFound, client.ErrInstanceNotFound, client.ErrUnauthorized, client.ErrForbidden,
	client.ErrBusy, client.ErrThrottled, client.ErrWrongEndpoint, client.ErrUnavailable,
}

func meaningsOf(err error) (found []error) {
	for _, sentinel := range sentinels {
		if errors.Is(err, sentinel) {
			found = append(found, sentinel)
		}
	}
	return found
}

// TestKnownCodes: a code means the same under any status, and the status that this table has is the documented one.
func TestKnownCodes(t *testing.T) {
	t.Parallel()
	catalogue := known.Catalogue()
	for _, tc := range codes {
		if strings.HasPrefix(tc.code, "DMS.") {
			assert.Equal(t, tc.status, catalogue[tc.code], tc.code)
		}
		for _, status := range []int{tc.status, 400, 404, 500} {
			err := &client.APIError{StatusCode: status, Code: tc.code}
			assert.Equal(t, []error{tc.meaning}, meaningsOf(err), "%s under %d", tc.code, status)
		}
	}
}

// TestCatalogue: every code that the vendor documents has exactly one meaning, that of its status where the table above
// has no other.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	catalogue := known.Catalogue()
	assert.Len(t, catalogue, 173)
	for code, status := range catalogue {
		err := &client.APIError{StatusCode: status, Code: code}
		assert.Equal(t, []error{meaningOf(code, status)}, meaningsOf(err), "%s under %d", code, status)
	}
}

// meaningOf is what a code means by the table above, or its status.
func meaningOf(code string, status int) error {
	for _, tc := range codes {
		if tc.code == code {
			return tc.meaning
		}
	}
	return meanings[status]
}
