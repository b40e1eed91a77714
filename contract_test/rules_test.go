package contract_test

import (
	"bytes"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask"
	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/report"
)

// TestRulesPageIsCurrent: docs/rules.md is what the rules say.
func TestRulesPageIsCurrent(t *testing.T) {
	t.Parallel()
	var want bytes.Buffer
	require.NoError(t, report.WriteRules(&want, conformance.Rules()))
	got, err := os.ReadFile("../docs/rules.md")
	require.NoError(t, err)
	assert.Equal(t, want.String(), string(got), "run go generate ./...")
}

// TestVendorsPage: the rules name the page that the contract names.
func TestVendorsPage(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(dmstask.Contract())
	require.NoError(t, err)
	cited := func(r conformance.Rule) bool {
		return slices.ContainsFunc(r.Sources, func(s conformance.Source) bool { return s.URL == doc.ExternalDocs.URL })
	}
	assert.True(t, slices.ContainsFunc(conformance.Rules(), cited))
}

// provoking are the requests that the example of a rule is an answer to.
var provoking = map[string]match{
	"unknown-task":          unknownTask,
	"unknown-instance":      unknownInstance,
	"malformed-project-id":  malformedProject,
	"malformed-instance-id": malformedInstance,
	"malformed-task-id":     malformedTask,
	"missing-credentials":   noToken,
	"invalid-credentials":   madeUpToken,
	"foreign-project":       foreignProject,
	"unsupported-method":    otherMethod,
	"safe-methods":          safeMethod,
	"delete":                ownTask,
	"delete-empty":          ownTask,
	"delete-twice":          ownTask,
	"framing":               unknownTask,
	"error-response":        unknownTask,
	"error-code":            unknownTask,
	"no-redirect":           unknownTask,
	"no-secret-echo":        unknownTask,
}

// TestExamplesOfViolations: what docs/rules.md shows as a violation of a rule is one, and the rule says where it is.
func TestExamplesOfViolations(t *testing.T) {
	t.Parallel()
	for _, rule := range conformance.Rules() {
		t.Run(rule.ID, func(t *testing.T) {
			t.Parallel()
			s := newSubject()
			t.Cleanup(s.server.Close)
			require.Contains(t, provoking, rule.ID)
			example := strings.ReplaceAll(strings.ReplaceAll(rule.Example, "\n", "\r\n"), "{token}", s.server.Token)
			s.server.Wrap(handle(provoking[rule.ID],
				func(_ subject, w http.ResponseWriter, _ *http.Request, _ http.Handler) { hijack(w, example) })(s))
			r, err := conformance.Run(t.Context(), s.target())
			require.NoError(t, err)
			i := slices.IndexFunc(r.Results, func(result conformance.Result) bool { return result.Rule.ID == rule.ID })
			got := r.Results[i]
			require.Contains(t, []conformance.Outcome{conformance.Failed, conformance.Warned}, got.Outcome)
			v := got.Violations[0]
			require.NotEmpty(t, v.Offending)
			for _, span := range v.Offending {
				assert.NotEmpty(t, strings.TrimSpace(v.Exchange.Response[span.Start:span.End]))
			}
		})
	}
}

// TestExamplesShrink: of the IDs that show a fault, the simplest is reported.
func TestExamplesShrink(t *testing.T) {
	t.Parallel()
	hex := `[0-9a-f]`
	for name, tc := range map[string]struct {
		rule, sent string
		fault      change
	}{
		"a quote": {
			"malformed-project-id", `/v2/` + hex + `*%27` + hex + `*/`,
			answer(idLike(contains("'"), malformedProject), apiError(500, "DMS.00500000")),
		},
		"not ASCII": {
			"malformed-project-id", `/v2/` + hex + `*%C3%A9` + hex + `*/`,
			answer(idLike(notASCII, malformedProject), apiError(500, "DMS.00500000")),
		},
		"too long": {
			"malformed-project-id", `/v2/` + hex + `{101}/`,
			answer(idLike(longer(100), malformedProject), apiError(500, "DMS.00500000")),
		},
		"too short": {
			"malformed-project-id", `/v2/` + hex + `{30}/`,
			answer(idLike(func(id string) bool { return len(id) < 31 }, func(s subject, r *http.Request) bool {
				project, _, _ := ids(r)
				return malformedProject(s, r) && !strings.Contains(project, "~")
			}), apiError(500, "DMS.00500000")),
		},
		"too long, and a quote": {
			"malformed-project-id", `/v2/` + `(` + hex + `|%27){51}/`,
			answer(idLike(func(id string) bool { return len(id) > 50 && strings.Contains(id, "'") }, malformedProject),
				apiError(500, "DMS.00500000")),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSubject()
			t.Cleanup(s.server.Close)
			s.server.Wrap(tc.fault(s))
			r, err := conformance.Run(t.Context(), s.target(), conformance.Seed(1), conformance.Examples(300),
				conformance.Only(tc.rule))
			require.NoError(t, err)
			require.Len(t, r.Results[0].Violations, 1)
			assert.Regexp(t, tc.sent, r.Results[0].Violations[0].Exchange.Request)
			assert.Less(t, r.Requests, 2+300+30+1)
		})
	}
}
