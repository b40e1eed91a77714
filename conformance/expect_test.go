package conformance

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance/internal/wire"
	"github.com/dmstask/dmstask/internal/secret"
)

// exchange returns one with an answer: a whole one, in which | stands for CR LF, or a status and what follows the
// status line, or a status and the code of an error.
func exchange(t *testing.T, answer string) *Exchange {
	t.Helper()
	status, rest, more := strings.Cut(answer, " ")
	switch {
	case strings.HasPrefix(status, "HTTP/"):
		status, _, _ = strings.Cut(rest, " ")
	case strings.Contains(rest, "|"):
		answer = "HTTP/1.1 " + status + " X|" + rest
	case more:
		answer = "HTTP/1.1 " + status + ` X|Content-Type: application/json||{"error_code":"` + rest + `","error_msg":"m"}`
	default:
		answer = "HTTP/1.1 " + status + " X||"
	}
	raw := strings.ReplaceAll(answer, "|", "\r\n")
	r := &wire.Response{Raw: []byte(raw), Start: strings.LastIndex(raw, "HTTP/"), Head: map[string][]string{}}
	head, body, _ := strings.Cut(raw[r.Start:], "\r\n\r\n")
	r.HeadLength, r.Body, r.Proto = r.Start+len(head)+len("\r\n\r\n"), []byte(body), head[:len(wire.HTTP2)]
	r.Status, _ = strconv.Atoi(strings.Trim(status, "|"))
	for _, line := range strings.Split(head, "\r\n")[1:] {
		if name, value, ok := strings.Cut(line, ":"); ok {
			r.Head.Add(name, strings.TrimSpace(value))
		}
	}
	x := &Exchange{
		Contract: defaultContract(t), Method: http.MethodDelete, answers: map[string]*Exchange{}, secrets: &secret.Set{},
	}
	x.take(r)
	return x
}

// TestChecks: each check is a function of one exchange. It finds nothing, or what is wrong: the text that is given.
// The matrix of package contract_test has the faults that these checks are for.
func TestChecks(t *testing.T) {
	t.Parallel()
	like := func(x *Exchange) { x.answers["other"] = &Exchange{response: &wire.Response{}, Status: 404} }
	unless, taskID, unknown := UnlessLike("other", Status(400)), Code("a malformed task_id"), Code("an unknown task")
	const documented, typed = "a documented 4xx: {4xx}|", "Content-Type: application/json||"
	for name, tc := range map[string]struct {
		check         Check
		answer, finds string
		change        func(*Exchange)
	}{
		"documented, other class":      {Documented(4), "500", documented + "Look for an exception", nil},
		"documented, undocumented":     {Documented(4), "422", documented + "422 is not in the contract", nil},
		"status, other":                {Status(404), "400", "404 Not Found", nil},
		"exactly, other":               {Exactly(401, 403), "404", "401 Unauthorized or 403 Forbidden", nil},
		"exactly, undocumented":        {Exactly(418), "404", "", nil},
		"exactly, undocumented, other": {Exactly(418), "204", "a documented 4xx", nil},
		"like":                         {unless, "404", "OPEN the response to |is like that to other; see that rule", like},
		"like, another":                {unless, "403", "400 Bad Request", like},
		"like, none":                   {unless, "404", "400 Bad Request", nil},
		"code, other":                  {taskID, "400 DMS.00400002", "which is for a malformed project_id", nil},
		"code, unknown":                {taskID, "400 DMS.1", "", nil},
		"code, of another status":      {unknown, "404 DMS.00400002", "", nil},
		"code, no such API":            {unknown, "404 APIGW.0101", "which is for an API that does not exist", nil},
		"code, no such instance":       {unknown, "404 DMS.00404022", "", nil},
		"known code, gateway's own":    {KnownCode, "400 APIG.9999", "", nil},
		"known code, nobody's":         {KnownCode, "404 none", `of the gateway|"none"|Answer unknown paths`, nil},
		"known code, success":          {KnownCode, "200 none", "", nil},
		"content, undocumented status": {ErrorContent, "418 " + typed + "{}", `error_code`, nil},
		"content, two faults": {ErrorContent, "404 " + typed + `{"error_code":1,"error_msg":2}`,
			"/error_code|string; at |/error_msg", nil},
		"empty, other":     {Empty, "404", "OPEN there was no {204}", nil},
		"deleted, refused": {deleted, "401 APIG.0301", "{204}", nil},
		"deleted, typo":    {deleted, "404 DMS.00404001", "OPEN the service has no such task; is the task ID right?", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := exchange(t, tc.answer)
			if tc.change != nil {
				tc.change(x)
			}
			f := tc.check(x)
			require.Equal(t, tc.finds != "", f != nil)
			if f == nil {
				return
			}
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
		answer, finds string
		change        func(*Exchange)
	}{
		"list of lengths":    {"404 Content-Length: 1, 1||x", "1, 1", nil},
		"length and chunks":  {"404 Content-Length: 1|Transfer-Encoding: chunked||x", "both", nil},
		"no space":           {"HTTP/1.1 404||", "a different status line", nil},
		"folded":             {"404 A: b| c||", "one on several lines", nil},
		"blank before colon": {"404 A : b||", "a space", nil},
		"no token":           {"404 A(: b||", `"A("`, nil},
		"control character":  {"404 A: b\x01||", `"b\x01"`, nil},
		"LF, interim":        {"HTTP/1.1 103 X\n||HTTP/1.1 404 X||", "a line that ends with LF", nil},
		"interim, length":    {"HTTP/1.1 103 X|Content-Length: 1||HTTP/1.1 404 X||", "one with Content-Length", nil},
		"trailer":            {"404 x", "Trailer", func(x *Exchange) { x.Trailer = http.Header{"Trailer": {"x"}} }},
		"cut":                {"404 x", "cut off", func(x *Exchange) { x.BodyErr = errors.New("cut off") }},
		"excess":             {"404 ||abc", `extra content, "bc"`, func(x *Exchange) { x.Excess = 2 }},
		"malformed":          {"HTTP/1.1 4 X||", "digits", func(x *Exchange) { x.Malformed = errors.New("two digits") }},
		"HTTP/2, connection": {"HTTP/2 404|Connection: close||", "Connection", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := exchange(t, tc.answer)
			if tc.change != nil {
				tc.change(x)
			}
			var found []string
			for _, d := range framingDemands {
				if f := d.Check(x); f != nil {
					found = append(found, f.Got)
				}
			}
			require.Len(t, found, 1)
			assert.Contains(t, found[0], tc.finds)
		})
	}
}

// TestLockedOut: how a server refuses somebody who has failed several times is no fault.
func TestLockedOut(t *testing.T) {
	t.Parallel()
	for tc, accepted := range map[[3]int]bool{ // the status, that of the first wrong token, and how many were wrong
		{429, 401, 3}: true, {403, 401, 3}: true, {403, 403, 9}: true, {429, 0, 3}: true,
		{403, 401, 2}: false, {404, 401, 9}: false, {403, 404, 9}: false,
	} {
		x := &Exchange{response: &wire.Response{}, Status: tc[0], WrongCredentials: tc[2], answers: map[string]*Exchange{}}
		if tc[1] != 0 {
			x.answers["near-miss-credentials/made-up"] = &Exchange{response: &wire.Response{}, Status: tc[1]}
		}
		assert.Equal(t, accepted, lockedOut(x), "%v", tc)
	}
}
