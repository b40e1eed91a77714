package report_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/report"
)

func defaultRules(t *testing.T) ([]conformance.Rule, *conformance.Contract) {
	t.Helper()
	contract, err := conformance.DefaultContract()
	require.NoError(t, err)
	return conformance.DeleteBackgroundTask.Rules(contract), contract
}

// TestRulesPage: docs/rules.md is about the rules as they are, and has all of their near misses.
func TestRulesPage(t *testing.T) {
	t.Parallel()
	rules, contract := defaultRules(t)
	var b bytes.Buffer
	require.NoError(t, report.WriteRules(&b, rules, contract))
	golden(t, "../../docs/rules.md", b.String())
	for _, miss := range conformance.TokenMisses() {
		assert.Contains(t, b.String(), miss.Name+": "+miss.Bug)
	}
	for _, miss := range conformance.NearMisses() {
		assert.Contains(t, b.String(), strings.ReplaceAll(miss.Name, "*", `\*`)+": "+miss.Bug)
	}
}

// TestRuleList: it fits the terminal, unless a word does not.
func TestRuleList(t *testing.T) {
	t.Parallel()
	rules, contract := defaultRules(t)
	var b bytes.Buffer
	require.NoError(t, report.WriteRuleList(&b, rules, contract, 40))
	for line := range strings.Lines(b.String()) {
		if !strings.Contains(line, "://") {
			assert.LessOrEqual(t, utf8.RuneCountInString(line), 40+len("\n"), line)
		}
	}
	for _, rule := range rules {
		assert.Contains(t, "\n"+b.String(), "\n"+rule.ID+" ("+string(rule.Level()))
	}
}

// TestColumn: the sentences of the module's own rules begin in the same column, whether a report is written as a whole
// or result by result.
func TestColumn(t *testing.T) {
	t.Parallel()
	rules, contract := defaultRules(t)
	var r conformance.Report
	var single bytes.Buffer
	for _, rule := range rules {
		result := conformance.Result{Rule: rule.Text(contract), Outcome: conformance.Passed}
		r.Results = append(r.Results, result)
		require.NoError(t, report.Style{}.WriteResult(&single, result))
	}
	whole := write(t, &r, report.Text)
	assert.True(t, strings.HasPrefix(whole, single.String()+"\n"), "%s\n%s", whole, single.String())
}
