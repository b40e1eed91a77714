package contract_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	known "github.com/dmstask/dmstask/internal/codes"
)

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
