package contract_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance"
)

// A dead end is a server of which nothing can be said.
type deadEnd struct {
	name     string
	sentinel error  // nil: none
	text     string // of the error
	requests int    // at most
	apply    change
}

var deadEnds = slices.Concat(
	always(conformance.ErrWrongEndpoint, "404 DMS.00404001", "404 APIG.0101", "404 page", "404", "405 page",
		"405 DMS.00405001", "403 page", "400 page", "410 page", "421 page"),
	always(conformance.ErrUnavailable, "502 page", "503 page", "504 page", "502 APIG.0202", "504 APIG.0203"),
	always(conformance.ErrCredentialsRefused, "401 DMS.10240101", "401 APIG.0301", "401 page"),
	always(nil, "429 APIG.0308", "429 page"),
	strange("", "SSH-2.0-OpenSSH_9.7\r\n", "220 mx.example.com ESMTP\r\n", "\x15\x03\x01\x00\x02\x02\x0a"),
	[]deadEnd{
		{"token has expired", conformance.ErrCredentialsRefused, "DMS.10240102", 9,
			func(s *subject, own http.Handler) http.Handler { s.server.ExpireToken(s.server.Token); return own }},
		{"token of another project", conformance.ErrCredentialsRefused, "DMS.10240104", 9,
			func(s *subject, own http.Handler) http.Handler {
				s.server.AddToken(s.server.Token, "00000000000000000000000000000000")
				return own
			}},
		{"wrong token", conformance.ErrCredentialsRefused, "DMS.10240101", 9,
			func(s *subject, own http.Handler) http.Handler { s.target.Token += "0"; return own }},
		{"user may call no API", nil, "dms:instance:deleteBackgroundTask", 200, says(authenticated, "403 APIG.0302")},
		{"user may not delete this task", nil, "dms:instance:deleteBackgroundTask", 200, says(ownTask, "403 DMS.10240306")},
		{"instance is frozen", nil, "dms:instance:deleteBackgroundTask", 200, says(ownTask, "403 DMS.00403003")},
		{"task still runs", nil, "name a finished task", 200, says(ownTask, "400 DMS.00400017")},
		{"task still runs, by its state", nil, "name a finished task", 200,
			func(s *subject, own http.Handler) http.Handler { s.server.AddRunningTask(s.task); return own }},
		{"instance is busy", nil, "try again later", 200, says(ownTask, "400 DMS.00400026")},
		{"no such task", nil, "the service has no such task; is the task ID right?", 200,
			func(s *subject, own http.Handler) http.Handler {
				s.ids["task_id"] = strings.Repeat("0a", 16)
				return own
			}},
		{"no such instance", nil, "the service has no such task; is the task ID right?", 200,
			func(s *subject, own http.Handler) http.Handler {
				s.ids["instance_id"] = "00000000-0000-4000-8000-000000000000"
				return own
			}},
		{"locks out after one wrong token", nil, "lock", 200, locks(1, "401 DMS.10240101")},
		{"throttles for a day", nil, "throttles", 9, retryAfter("86400", says(everything, "429 APIG.0308"))},
		{"panics on everything", conformance.ErrNoAnswer, "closed the connection", 9,
			handle(everything, func(*subject, http.ResponseWriter, *http.Request, http.Handler) { panic("a fault") })},
		{"refuses connections", conformance.ErrNoAnswer, "refused", 9, func(s *subject, own http.Handler) http.Handler {
			server := httptest.NewServer(own)
			server.Close()
			s.target.Endpoint = server.URL
			return own
		}},
		{"accepts connections and says nothing", conformance.ErrNoAnswer, "no answer within", 9, stall(everything, "")},
	},
)

// always are servers that give everything the same answer.
func always(sentinel error, texts ...string) (list []deadEnd) {
	for _, text := range texts {
		list = append(list, deadEnd{text, sentinel, text[:3], 25, retryAfter("0", says(everything, text))})
	}
	return list
}

// strange are servers that do not speak HTTP.
func strange(greetings ...string) (list []deadEnd) {
	for _, text := range greetings {
		list = append(list, deadEnd{fmt.Sprintf("%q", text), conformance.ErrNoAnswer, "", 9, raw(everything, text)})
	}
	return list
}

// TestDeadEnds: where nothing can be said about a server, the check says why, and soon.
func TestDeadEnds(t *testing.T) {
	t.Parallel()
	for _, end := range deadEnds {
		t.Run(end.name, func(t *testing.T) {
			t.Parallel()
			s := newSubject(t, end.apply)
			report, err := conformance.Run(t.Context(), s.target, s.options)
			require.Error(t, err)
			if end.sentinel != nil {
				require.ErrorIs(t, err, end.sentinel)
			}
			require.ErrorContains(t, err, end.text)
			assert.Equal(t, conformance.NotChecked, report.Verdict(), details(report))
			assert.LessOrEqual(t, report.Requests, end.requests)
		})
	}
}

// TestAllWrong: a server that answers everything wrongly does not conform; it is not one that cannot be checked.
func TestAllWrong(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		rule  string
		apply change
	}{
		"status line that nobody can read": {"framing", raw(everything, "HTTP/1.1 OK\r\n\r\n")},
		"version that nobody knows":        {"framing", raw(everything, "HTTP/7.3 404 Not Found\r\n\r\n")},
		"header section without an end":    {"framing", raw(everything, "HTTP/1.1 404 Not Found\r\nContent-Type: x")},
		"lines that are no fields":         {"framing", raw(everything, "HTTP/1.1 404 Not Found\r\n<html>\r\n\r\n")},
		"redirects":                        {"no-redirect", says(everything, "302 https://login.example.com/")},
		"200 pages":                        {"unknown-task", says(everything, "200 page")},
		"204":                              {"unknown-task", says(everything, "204")},
		"500":                              {"unknown-task", fails(everything)},
		"500 pages":                        {"error-response", says(everything, "500 page")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSubject(t, tc.apply)
			report, err := conformance.Run(t.Context(), s.target, s.options)
			require.NoError(t, err)
			assert.Equal(t, conformance.ConformsNot, report.Verdict(), details(report))
			assert.Contains(t, violated(report), "F "+tc.rule)
		})
	}
}
