package conformance

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance/internal/wire"
)

// TestLook: a rule is only passed by a response that it is about. Any other leaves it open, with the reason, or is left
// to the rule that reports it.
func TestLook(t *testing.T) {
	t.Parallel()
	none := func(err error) func(*Exchange) {
		return func(x *Exchange) { x.response, x.err = nil, err }
	}
	for name, tc := range map[string]struct {
		answer  string
		change  func(*Exchange)
		outcome Outcome
		reason  string
	}{
		"good":   {"404 DMS.00404022", nil, Passed, ""},
		"bad":    {"422 DMS.00400017", nil, Failed, ""},
		"worse":  {"404 DMS.00400017", nil, Warned, ""},
		"silent": {"404", none(io.EOF), Failed, ""},
		"silent to another rule": {"404", func(x *Exchange) { none(io.EOF)(x); x.owner = "other" }, Skipped,
			"there was no response to p"},
		"silent after wrong credentials": {"404", func(x *Exchange) {
			none(io.EOF)(x)
			x.WrongCredentials, x.Probe.Credentials = 3, MadeUpToken()
		}, Skipped, "there was no response to p"},
		"not connected": {"404", none(fmt.Errorf("a: %w", &wire.ConnectError{})), Skipped, "there was no response to p"},
		"stopped": {"404", func(x *Exchange) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			none(stopped(ctx))(x)
		}, Skipped, "there was no response to p"},
		"malformed":   {"404", func(x *Exchange) { x.Malformed = io.ErrUnexpectedEOF }, Skipped, "see framing"},
		"unavailable": {"503", nil, Skipped, "the service was unavailable for p"},
		"throttled":   {"429", nil, Skipped, "the server throttled p"},
		"locked out":  {"429", func(x *Exchange) { x.locked = true }, Passed, ""},
		"redirect":    {"302", nil, Skipped, "see no-redirect"},
		"open":        {"418", nil, Skipped, "a teapot"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := exchange(t, tc.answer)
			x.Probe.Name, x.owner = "p", "r"
			if tc.change != nil {
				tc.change(x)
			}
			teapot := func(x *Exchange) *Finding {
				if x.Status == 418 {
					return &Finding{Open: "a teapot"}
				}
				return Documented(4)(x)
			}
			rule := Rule{ID: "r", Probes: []Probe{{}}, Demands: []Demand{
				{MUST, OpenAPI, teapot}, {SHOULD, OpenAPI, KnownCode},
			}}
			j := judgment{rule: rule, contract: x.Contract}
			j.look(x)
			r := j.finish()
			assert.Equal(t, tc.outcome, r.Outcome)
			assert.Contains(t, r.Reason, tc.reason)
			assert.Equal(t, tc.reason == "", r.Reason == "")
			for _, v := range r.Violations { // a SHOULD is not checked where a MUST is violated
				assert.Equal(t, map[Outcome]Level{Failed: MUST, Warned: SHOULD}[r.Outcome], v.Level)
				assert.Equal(t, "p", v.Example.Probe)
			}
		})
	}
}

// TestAdd: violations of a kind are counted, and keep an advice only if all have it. Kinds beyond the limit are
// counted.
func TestAdd(t *testing.T) {
	t.Parallel()
	x := exchange(t, "404 DMS.00404022")
	j := judgment{contract: x.Contract}
	for i := range maxViolations + 2 {
		for n := range 3 {
			advice := "a"
			if i == 0 {
				advice = strings.Repeat("b", n)
			}
			j.add(x, Demand{}, Finding{Want: fmt.Sprint("kind ", i), Advice: advice}, MUST)
		}
	}
	r := j.finish()
	require.Len(t, r.Violations, maxViolations)
	assert.Equal(t, 2, r.More)
	for i, v := range r.Violations {
		assert.Equal(t, 3, v.Count)
		assert.Equal(t, i == 0, v.Advice == "")
	}
}

// TestEvidence: what a report shows of an exchange, and in how many words.
func TestEvidence(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", longest)
	for name, tc := range map[string]struct {
		answer                   string
		change                   func(*Exchange)
		summary, response, fails string
	}{
		"good": {"204", nil, "204 No Content, no content", "HTTP/1.1 204 X\r\n\r\n", ""},
		"undocumented": {"201", nil, "201 Created, which the contract does not document, no content",
			"HTTP/1.1 201 X\r\n\r\n", ""},
		"redirect": {"302 Location: /a||", nil, "302 Found, which the contract does not document, Location: /a, no content",
			"HTTP/1.1 302 X\r\nLocation: /a\r\n\r\n", ""},
		"text": {"404 |a\nb", nil, `404 Not Found, no media type a\nb`, "HTTP/1.1 404 X\r\n\r\na\nb", ""},
		"long": {"404 |" + long + "near", nil, "404 Not Found, no media type a", "a…\n…aaa", ""},
		"none": {"404", func(x *Exchange) { x.response, x.err = nil, io.EOF }, "EOF", "", "EOF"},
		"malformed": {"404", func(x *Exchange) { x.Malformed = io.EOF }, "a response that cannot be parsed: EOF",
			"HTTP/1.1 404 X\r\n\r\n", "the response is incomplete or malformed: EOF"},
		"incomplete": {"404", func(x *Exchange) { x.BodyErr = io.EOF }, "404 Not Found, no content",
			"HTTP/1.1 404 X\r\n\r\n", "the response is incomplete or malformed: EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := exchange(t, tc.answer)
			if tc.change != nil {
				tc.change(x)
			}
			e := x.evidence("near")
			assert.Equal(t, tc.fails, e.Error)
			assert.LessOrEqual(t, len(e.Response), 2*longest)
			if name == "long" {
				assert.Contains(t, x.summary(), tc.summary)
				assert.Contains(t, e.Response, tc.response)
				assert.True(t, strings.HasSuffix(e.Response, "near… (2070 bytes in total)"), e.Response[longest:])
				return
			}
			assert.Equal(t, tc.summary, x.summary())
			assert.Equal(t, tc.response, e.Response)
		})
	}
}
