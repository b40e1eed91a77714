package report_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/report"
)

// TestGeneratedIDs: the summary says how many requests had generated IDs, and what repeats them.
func TestGeneratedIDs(t *testing.T) {
	t.Parallel()
	const short = "there was no time for all generated IDs, which a longer --timeout gives\n"
	for name, tc := range map[string]struct {
		report conformance.Report
		says   string
	}{
		"none": {conformance.Report{Seed: 7, Examples: 2, Requests: 1}, "1 request, 0 ms)\n"},
		"one": {
			conformance.Report{Seed: 7, Examples: 1, Generated: 1},
			"\n1 request had generated IDs, which --seed=7 --examples=1 repeats\n",
		},
		"many": {
			conformance.Report{Seed: 7, Examples: 2, Generated: 12},
			"\n12 requests had generated IDs, which --seed=7 --examples=2 repeats\n",
		},
		"short": {
			conformance.Report{Seed: 7, Examples: 2, Generated: 3, Short: true},
			"\n3 requests had generated IDs, which --seed=7 --examples=2 repeats\n" + short,
		},
		"no time at all": {conformance.Report{Short: true}, " ms)\n" + short},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.True(t, strings.HasSuffix(write(t, &tc.report, report.Text), tc.says), write(t, &tc.report, report.Text))
			page := write(t, &tc.report, report.Markdown)
			assert.Equal(t, tc.report.Short, strings.Contains(page, "there was no time for all generated IDs"))
		})
	}
	r := conformance.Report{Requests: 20, Generated: 12, Examples: 2}
	assert.Contains(t, write(t, &r, report.Markdown), "20 in 0.000 s, 12 of them with generated IDs")
}

// TestLevelOfWarnings: a warning is one of level SHOULD, whatever else its rule demands, and a failure one of MUST.
func TestLevelOfWarnings(t *testing.T) {
	t.Parallel()
	must, should := conformance.Violation{Level: conformance.MUST, Expected: "worse"},
		conformance.Violation{Level: conformance.SHOULD, Expected: "bad"}
	for name, tc := range map[string]struct {
		rule       conformance.Level
		outcome    conformance.Outcome
		violations []conformance.Violation
		text       string
		level      string
	}{
		"passed": {conformance.MUST, conformance.Passed, nil, "pass  MUST    x", "MUST"},
		"warned": {conformance.MUST, conformance.Warned, []conformance.Violation{should}, "WARN  SHOULD  x", "SHOULD"},
		"failed": {
			conformance.SHOULD, conformance.Failed, []conformance.Violation{should, must}, "FAIL  MUST    x", "MUST",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := conformance.Report{Strict: true, Results: []conformance.Result{{
				Rule: conformance.Rule{ID: "x", Level: tc.rule, Deletes: true}, Outcome: tc.outcome, Violations: tc.violations,
			}}}
			text := write(t, &r, report.Text)
			assert.Contains(t, text, tc.text)
			assert.Contains(t, write(t, &r, report.HTML), `<span class="level">`+tc.level+", deletes</span>")
			assert.Regexp(t, `(?m)^\| .* `+string(tc.outcome)+` \| .* \| `+tc.level+` \|`, write(t, &r, report.Markdown))
			junit := write(t, &r, report.JUnit)
			assert.Equal(t, tc.violations != nil, strings.Contains(junit, `type="`+tc.level+`"`))
			if len(tc.violations) > 1 { // the worst comes first
				assert.Contains(t, junit, `message="expected worse`)
				assert.Less(t, strings.Index(text, "worse"), strings.Index(text, "bad"))
				assert.Contains(t, write(t, &r, report.Markdown), "\n- expected (MUST): worse\n")
			}
		})
	}
}

func verbose(t *testing.T, r *conformance.Report) string {
	t.Helper()
	var b bytes.Buffer
	style := report.Style{Verbose: true}
	for _, result := range r.Results {
		require.NoError(t, style.WriteResult(&b, result))
	}
	require.NoError(t, style.WriteSummary(&b, r))
	return b.String()
}

// TestVerbose: it shows what was sent for every rule, also where nothing is wrong, and says what its marks mean.
func TestVerbose(t *testing.T) {
	t.Parallel()
	good := verbose(t, check(t, nil, nil))
	assert.Contains(t, good, "\n      probe     missing-credentials/empty\n      → DELETE /v2/")
	assert.Contains(t, good, "\n      ← HTTP/1.1 401 Unauthorized\n")
	assert.Contains(t, good, "\n      source    RFC 9110 section 15.5.5")
	assert.NotContains(t, good, "> marks the fault")

	bad := verbose(t, check(t, always(http.StatusInternalServerError, ""), nil))
	assert.Contains(t, bad, "\n\n      probe     malformed-task-id/quotes\n      expected  ")
	assert.Contains(t, bad, "\n\n      mend      Validate task_id")
	assert.Regexp(t, `\n\n      … and \d+ more\n      mend  `, bad)
	assert.Contains(t, bad, "\n> marks the fault\n")
	assert.NotRegexp(t, `(?m) $`, bad)
}

// TestMoreViolations: a reader learns how many there are, and how many of them can be had.
func TestMoreViolations(t *testing.T) {
	t.Parallel()
	for says, tc := range map[string]struct{ kept, more int }{
		"":                        {1, 0},
		"… and 1 more violation":  {1, 1},
		"… and 2 more violations": {1, 2},
		"… and 1 more violation (--verbose shows it)":          {2, 0},
		"… and 2 more violations (--verbose shows them)":       {3, 0},
		"… and 12 more violations (--verbose shows 9 of them)": {10, 3},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			r := conformance.Result{
				Outcome: conformance.Failed, Violations: make([]conformance.Violation, tc.kept), More: tc.more,
			}
			var b bytes.Buffer
			require.NoError(t, report.Style{}.WriteResult(&b, r))
			if says == "" {
				assert.NotContains(t, b.String(), "…")
			} else {
				assert.Contains(t, b.String(), "\n      "+says+"\n")
			}
		})
	}
}
