package conformance

import (
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance/internal/wire"
	"github.com/dmstask/dmstask/internal/secret"
)

// TestConnectionFieldsInHTTP2: a field about the connection is a fault in HTTP/2 and none in HTTP/1.1. Servers in Go
// take them out by themselves.
func TestConnectionFieldsInHTTP2(t *testing.T) {
	t.Parallel()
	cfg, err := newConfig(nil)
	require.NoError(t, err)
	r := newRun(t.Context(), cfg, Target{}, &url.URL{}, proxy{})
	framing := rules[slices.IndexFunc(rules, func(rule Rule) bool { return rule.ID == "framing" })]
	for _, tc := range []struct{ proto, field, want string }{
		{"HTTP/2", "Connection", "Connection"},
		{"HTTP/2", "Keep-Alive", "Keep-Alive"},
		{"HTTP/2", "X-Note", ""},
		{"HTTP/1.1", "Connection", ""},
	} {
		raw := tc.proto + " 404 \r\n" + tc.field + ": x\r\n\r\n"
		j := r.judgement(framing)
		j.judge(&exchange{secrets: new(secret.Set), response: &wire.Response{
			Proto: tc.proto, Status: http.StatusNotFound, Raw: []byte(raw), HeadLength: len(raw),
			Head: textproto.MIMEHeader{tc.field: {"x"}},
		}})
		if tc.want == "" {
			assert.Equal(t, Passed, j.finish().Outcome, tc)
			continue
		}
		violations := j.finish().Violations
		require.Len(t, violations, 1)
		assert.Contains(t, violations[0].Got, tc.want+", in 404")
		span := violations[0].Offending[0]
		assert.Equal(t, tc.field+": x", violations[0].Exchange.Response[span.Start:span.End])
	}
}
