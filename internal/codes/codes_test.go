package codes_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/dmstask/dmstask/internal/codes"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]codes.Meaning{
		"DMS.00400070": codes.Invalid, "DMS.00400017": codes.Busy, "DMS.10240103": codes.Unauthorized,
		"DMS.10240309": codes.Forbidden, codes.NoSuchURL: codes.NotFound, "DMS.00404022": codes.InstanceNotFound,
		"DMS.10240406": codes.WrongEndpoint, "DMS.10240407": codes.Throttled, "DMS.00500000": codes.Unavailable,
		"APIG.0301": codes.Unauthorized, "APIGW.0301": codes.Unauthorized, "APIG.0308": codes.Throttled,
		"APIG.0202": codes.Unavailable, "": codes.Unknown, "DMS.1": codes.Unknown, "APIG.": codes.Unknown,
		"apig.0301": codes.Unknown, "dms.00404001": codes.Unknown,
	} {
		assert.Equal(t, want, codes.Of(code), code)
	}
}

func TestGateway(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"APIG.0203": "0203", "APIGW.0203": "0203", "DMS.0203": "", "APIG.": "", "APIGX.1": "",
	} {
		number, ok := codes.Gateway(code)
		assert.Equal(t, want, number, code)
		assert.Equal(t, want != "", ok, code)
	}
}

func TestOfStatus(t *testing.T) {
	t.Parallel()
	for want, statuses := range map[codes.Meaning][]int{
		codes.Invalid: {400}, codes.Unauthorized: {401}, codes.Forbidden: {403}, codes.WrongEndpoint: {404, 405, 410, 421},
		codes.Busy: {409, 423}, codes.Throttled: {429}, codes.Unavailable: {408, 425, 500, 501, 503, 599},
		codes.Unknown: {200, 402, 406, 418, 499},
	} {
		for _, status := range statuses {
			assert.Equal(t, want, codes.OfStatus(status), status)
		}
	}
}

// TestTables: what a code says goes with one of its statuses, and both spellings of the gateway are the same.
func TestTables(t *testing.T) {
	t.Parallel()
	for code, want := range map[string][]int{
		"DMS.00404022": {404}, "APIG.0101": {404}, "APIGW.0203": {504, 502}, "APIG.9999": nil, "": nil,
	} {
		assert.Equal(t, want, codes.Statuses(code), code)
	}
	assert.Equal(t, "an API that does not exist", codes.Says("APIGW.0101"))
	assert.Empty(t, codes.Says("DMS.1"))
	assert.Equal(t, []string{"DMS.00400030", "DMS.00400061"}, codes.For("a malformed instance_id"))
	assert.Empty(t, codes.For("a malformed name"))
	catalog := codes.Catalogue()
	for code, status := range catalog {
		assert.Equal(t, []int{status}, codes.Statuses(code), code)
	}
	clear(catalog)
	assert.NotEmpty(t, codes.Catalogue())
}
