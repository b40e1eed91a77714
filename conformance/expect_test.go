package conformance

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance/internal/wire"
)

// exchange returns one whose answer is this message, \n standing for CR LF.
func exchange(t *testing.T, message string) *Exchange {
	t.Helper()
	message = strings.ReplaceAll(message, "\n", "\r\n")
	head, body, _ := strings.Cut(message, "\r\n\r\n")
	x := &Exchange{Contract: defaultContract(t), Method: http.MethodDelete, answers: map[string]*Exchange{}}
	r := &wire.Response{
		Raw: []byte(message), HeadLength: min(len(head)+4, len(message)), Head: map[string][]string{}, Body: []byte(body),
	}
	for i, line := range strings.Split(head, "\r\n") {
		if name, value, ok := strings.Cut(line, ":"); ok && i > 0 {
			r.Head[http.CanonicalHeaderKey(name)] = append(r.Head[http.CanonicalHeaderKey(name)], strings.TrimSpace(value))
		} else if fields := strings.Fields(line); i == 0 && len(fields) > 1 {
			for _, digit := range fields[1] {
				r.Status = r.Status*10 + int(digit-'0')
			}
		}
	}
	x.take(r)
	return x
}

func withCode(status, code string) string {
	return "HTTP/1.1 " + status + " X\nContent-Type: application/json\n\n" +
		`{"error_code":"` + code + `","error_msg":"m"}`
}

// TestChecks: each check is a function of one exchange. It finds nothing, or what is wrong: the text that is given.
func TestChecks(t *testing.T) {
	t.Parallel()
	like := func(x *Exchange) { x.answers["other"] = &Exchange{response: &wire.Response{}, Status: 404} }
	for name, tc := range map[string]struct {
		check   Check
		message string
		finds   string
		change  func(*Exchange)
	}{
		"documented": {Documented(4), withCode("404", "x"), "", nil},
		"documented, other class": {
			Documented(4), "HTTP/1.1 500 X\n\n", "a documented 4xx: {4xx}|Look for an exception", nil,
		},
		"documented, undocumented": {
			Documented(4), "HTTP/1.1 422 X\n\n", "a documented 4xx: {4xx}|422 is not in the contract", nil,
		},
		"status":               {Status(404), withCode("404", "x"), "", nil},
		"status, other":        {Status(404), withCode("400", "x"), "404 Not Found", nil},
		"status, undocumented": {Status(410), withCode("400", "x"), "", nil},
		"exactly":              {Exactly(401, 403), withCode("403", "x"), "", nil},
		"exactly, other": {
			Exactly(401, 403), withCode("404", "x"), "401 Unauthorized or 403 Forbidden", nil,
		},
		"exactly, undocumented":        {Exactly(418), withCode("404", "x"), "", nil},
		"exactly, undocumented, other": {Exactly(418), "HTTP/1.1 204 X\n\n", "a documented 4xx", nil},
		"like": {
			UnlessLike("other", Status(400)), withCode("404", "x"),
			"OPEN the answer to |is like that to other, see there", like,
		},
		"like, another": {
			UnlessLike("other", Status(400)), withCode("403", "x"), "400 Bad Request", like,
		},
		"like, none": {
			UnlessLike("other", Status(400)), withCode("404", "x"), "400 Bad Request", nil,
		},
		"code": {Code("a malformed task_id"), withCode("400", "DMS.00400070"), "", nil},
		"code, other": {
			Code("a malformed task_id"), withCode("400", "DMS.00400002"),
			"a code for a malformed task_id|DMS.00400002, which is for a malformed project_id", nil,
		},
		"code, unknown":           {Code("a malformed task_id"), withCode("400", "DMS.1"), "", nil},
		"code, none":              {Code("a malformed task_id"), "HTTP/1.1 400 X\n\n", "", nil},
		"code, of another status": {Code("an unknown task"), withCode("404", "DMS.00400002"), "", nil},
		"code, no such API": {
			Code("an unknown task"), withCode("404", "APIGW.0101"), "which is for an API that does not exist", nil,
		},
		"code, no such instance": {Code("an unknown task"), withCode("404", "DMS.00404022"), "", nil},
		"allow": {
			Allow, "HTTP/1.1 405 X\nAllow: GET, DELETE\n\n", "", func(x *Exchange) { x.Method = "PUT" },
		},
		"allow, none": {Allow, "HTTP/1.1 405 X\n\n", "an Allow field", nil},
		"allow, itself": {
			Allow, "HTTP/1.1 405 X\nAllow: DELETE,PUT\n\n", "with DELETE and without PUT",
			func(x *Exchange) { x.Method = "PUT" },
		},
		"allow, lower case": {Allow, "HTTP/1.1 405 X\nAllow: delete\n\n", "with DELETE and without", nil},
		"known code":        {KnownCode, withCode("404", "DMS.00404001"), "", nil},
		"known code, other status": {
			KnownCode, withCode("404", "DMS.00400070"), "DMS.00400070 under status 400", nil,
		},
		"known code, gateway":           {KnownCode, withCode("504", "APIG.0202"), "", nil},
		"known code, gateway, status":   {KnownCode, withCode("404", "APIGW.0301"), "APIGW.0301 under status 401", nil},
		"known code, gateway, unlisted": {KnownCode, withCode("400", "APIG.9999"), "", nil},
		"known code, nobody's": {
			KnownCode, withCode("404", "not_found"),
			`one of the gateway|"not_found"|A router that knows no such path answers 404 APIG.0101`, nil,
		},
		"known code, no number": {KnownCode, withCode("404", "APIG.x"), "one of the gateway", nil},
		"known code, success":   {KnownCode, withCode("200", "not_found"), "", nil},
		"content":               {ErrorContent, withCode("404", "x"), "", nil},
		"content, of another type": {
			ErrorContent, "HTTP/1.1 404 X\nContent-Type: text/html\n\n{}",
			`an error as the contract has it|the media type is "text/html" instead of application/json`, nil,
		},
		"content, undocumented status": {
			ErrorContent, "HTTP/1.1 418 X\nContent-Type: application/json\n\n{}", `error_code`, nil,
		},
		"content, two faults": {
			ErrorContent, "HTTP/1.1 404 X\nContent-Type: application/json\n\n{\"error_code\":1,\"error_msg\":2}",
			`at /error_code: value must be a string; at /error_msg: value must be a string`, nil,
		},
		"content, HEAD": {
			ErrorContent, "HTTP/1.1 404 X\n\n", "", func(x *Exchange) { x.Method = "HEAD" },
		},
		"content, cut": {
			ErrorContent, "HTTP/1.1 404 X\n\n", "", func(x *Exchange) { x.BodyErr = errors.New("cut") },
		},
		"unique names":          {UniqueNames, withCode("404", "x"), "", nil},
		"unique names, twice":   {UniqueNames, "HTTP/1.1 404 X\n\n{\"a\":[{\"b\":1,\"b\":2}]}", `"b" twice`, nil},
		"empty":                 {Empty, "HTTP/1.1 204 X\n\n", "", nil},
		"empty, with content":   {Empty, "HTTP/1.1 204 X\n\n{}", "2 bytes after the header section", nil},
		"empty, with a length":  {Empty, "HTTP/1.1 204 X\nContent-Length: 0\n\n", "Content-Length: 0", nil},
		"empty, other":          {Empty, "HTTP/1.1 404 X\n\n", "OPEN there was no {204}", nil},
		"deleted":               {deleted, "HTTP/1.1 204 X\n\n", "", nil},
		"deleted, undocumented": {deleted, "HTTP/1.1 200 X\n\n", "{204}, if the task that was named exists", nil},
		"deleted, running": {
			deleted, withCode("400", "DMS.00400017"), "OPEN DMS.00400017 is for a task that is still running",
			nil,
		},
		"deleted, forbidden": {deleted, withCode("403", "DMS.00403002"), "OPEN the user may not delete", nil},
		"deleted, refused":   {deleted, withCode("401", "APIG.0301"), "{204}", nil},
		"deleted, refused after others": {
			deleted, withCode("401", "APIG.0301"),
			"OPEN the server refuses the credentials that it took before, after 2", func(x *Exchange) { x.Wrong = 2 },
		},
		"deleted, typo": {
			deleted, withCode("404", "DMS.00404001"), "OPEN the service has no such task; is the task ID right?", nil,
		},
		"deleted, typo or deleted": {
			deleted, withCode("404", "DMS.00404022"),
			"OPEN the service has no such task; is the task ID right? If it is, one of the 9",
			func(x *Exchange) { x.Exposed = 9 },
		},
		"deleted, was there": {deleted, withCode("404", "DMS.00404001"), "{204}|that a GET had shown", func(x *Exchange) {
			x.answers[getProbe] = &Exchange{response: &wire.Response{}, Status: 200}
		}},
		"deleted, no such API": {deleted, withCode("404", "APIG.0101"), "{204}", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := exchange(t, tc.message)
			if tc.change != nil {
				tc.change(x)
			}
			f := tc.check(x)
			if tc.finds == "" {
				assert.Nil(t, f)
				return
			}
			require.NotNil(t, f)
			text := f.Want + " " + f.Got + " " + f.Advice
			if f.Open != "" {
				text = "OPEN " + f.Open
			}
			for part := range strings.SplitSeq(tc.finds, "|") {
				assert.Contains(t, text, part)
			}
		})
	}
}

// TestFramingDemands: of the bytes of an answer each fault is found by exactly one demand.
func TestFramingDemands(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		message string
		finds   string
		change  func(*Exchange)
	}{
		"sound":              {withCode("404", "x"), "", nil},
		"two lengths":        {"HTTP/1.1 404 X\nContent-Length: 1\nContent-Length: 1\n\nx", "1, 1", nil},
		"list of lengths":    {"HTTP/1.1 404 X\nContent-Length: 1, 1\n\nx", "1, 1", nil},
		"length and chunks":  {"HTTP/1.1 404 X\nContent-Length: 1\nTransfer-Encoding: chunked\n\nx", "both", nil},
		"no space":           {"HTTP/1.1 404\n\n", "another status line", nil},
		"folded":             {"HTTP/1.1 404 X\nA: b\n c\n\n", "one on several lines", nil},
		"blank before colon": {"HTTP/1.1 404 X\nA : b\n\n", "a space", nil},
		"no token":           {"HTTP/1.1 404 X\nA(: b\n\n", `"A("`, nil},
		"control character":  {"HTTP/1.1 404 X\nA: b\x01\n\n", `"b\x01"`, nil},
		"LF": {
			withCode("404", "x"), "a line that ends with LF",
			func(x *Exchange) { x.Head = []byte("HTTP/1.1 404 X\n\r\n") },
		},
		"LF, interim": {
			withCode("404", "x"), "a line that ends with LF",
			func(x *Exchange) { x.Interim = []byte("HTTP/1.1 103 X\n\r\n") },
		},
		"interim with length": {
			withCode("404", "x"), "one with Content-Length",
			func(x *Exchange) { x.Interim = []byte("HTTP/1.1 103 X\r\nContent-Length: 1\r\n\r\n") },
		},
		"trailer": {
			withCode("404", "x"), "Content-Type", func(x *Exchange) { x.Trailer = http.Header{"Content-Type": {"x"}} },
		},
		"cut":    {withCode("404", "x"), "cut off", func(x *Exchange) { x.BodyErr = errors.New("cut off") }},
		"excess": {"HTTP/1.1 404 X\n\nabc", `2 bytes more, "bc"`, func(x *Exchange) { x.Excess = 2 }},
		"malformed": {
			"HTTP/1.1 4 X\n\n", "two digits", func(x *Exchange) { x.Malformed = errors.New("two digits") },
		},
		"204 with excess":    {"HTTP/1.1 204 X\n\nabc", "", func(x *Exchange) { x.Excess = 3 }},
		"HTTP/2, connection": {"HTTP/2 404\nConnection: close\n\n", "Connection", func(x *Exchange) { x.HTTP2 = true }},
		"HTTP/2":             {"HTTP/2 404\n\n", "", func(x *Exchange) { x.HTTP2 = true }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := exchange(t, tc.message)
			if tc.change != nil {
				tc.change(x)
			}
			var found []string
			for _, d := range framingDemands {
				if f := d.Check(x); f != nil {
					found = append(found, f.Got)
				}
			}
			if tc.finds == "" {
				assert.Empty(t, found)
				return
			}
			require.Len(t, found, 1, found)
			assert.Contains(t, found[0], tc.finds)
		})
	}
}

// TestLockedOut: how a server refuses somebody who has failed several times is no fault.
func TestLockedOut(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status, first, wrong int
		accepted             bool
	}{
		{429, 401, 3, true}, {403, 401, 3, true}, {403, 403, 9, true}, {429, 0, 3, true},
		{403, 401, 2, false}, {404, 401, 9, false}, {403, 404, 9, false},
	} {
		x := &Exchange{Status: tc.status, Wrong: tc.wrong, answers: map[string]*Exchange{}}
		if tc.first != 0 {
			x.answers["near-miss-credentials/made-up"] = &Exchange{response: &wire.Response{}, Status: tc.first}
		}
		assert.Equal(t, tc.accepted, lockedOut(x), "%+v", tc)
	}
}
