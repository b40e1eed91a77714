package contract_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance"
)

// rules are those that are checked.
func rules() []conformance.Rule { return conformance.DeleteBackgroundTask.Rules(contract) }

// TestFaults: a faulty server violates the rules that it should, and no others. A rule that has nothing left to look at
// may be skipped.
func TestFaults(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	for _, group := range slices.Sorted(maps.Keys(faults)) {
		for _, f := range faults[group] {
			t.Run(group+": "+f.name, func(t *testing.T) {
				t.Parallel()
				s := newSubject(t, f.apply)
				report, err := conformance.Run(t.Context(), s.target, s.options)
				require.NotNil(t, report)
				m.add(group, f.name, report)
				if f.rules == open {
					assert.Empty(t, violated(report))
					require.ErrorContains(t, err, "the service has no such task; is the task ID right? If it is, one of the")
					assert.Equal(t, conformance.NotChecked, report.Verdict())
					return
				}
				require.NoError(t, err)
				if f.rules == unseen {
					assert.Empty(t, violated(report))
					return
				}
				assert.ElementsMatch(t, pairs(f.rules), violated(report), details(report))
				assert.Equal(t, !strings.Contains(f.rules, "F "), report.Conforms())
				report.Strict = true
				assert.False(t, report.Conforms())
			})
		}
	}
}

// TestEmbeddedServerConforms: every rule is judged, and passed without a warning, with few requests.
func TestEmbeddedServerConforms(t *testing.T) {
	t.Parallel()
	s := newSubject(t, unchanged)
	report, err := conformance.Run(t.Context(), s.target, s.options)
	require.NoError(t, err)
	for _, result := range report.Results {
		assert.Equal(t, conformance.Passed, result.Outcome, details(report))
	}
	assert.Len(t, report.Results, len(rules()))
	assert.LessOrEqual(t, report.Requests, 110)
	assert.Len(t, s.server.Requests(), report.Requests)
	assert.False(t, s.server.HasTask(s.task))
}

// TestEachRuleAlone: a rule is passed by a sound server without the others, too.
func TestEachRuleAlone(t *testing.T) {
	t.Parallel()
	for _, rule := range rules() {
		t.Run(rule.ID, func(t *testing.T) {
			t.Parallel()
			s := newSubject(t, unchanged)
			s.options.Only = []string{rule.ID}
			report, err := conformance.Run(t.Context(), s.target, s.options)
			require.NoError(t, err)
			require.Len(t, report.Results, 1)
			assert.Equal(t, conformance.Passed, report.Results[0].Outcome, details(report))
			assert.Equal(t, !rule.Deletes, s.server.HasTask(s.task))
		})
	}
}

// TestEveryRuleCanFail: there is a fault for every rule.
func TestEveryRuleCanFail(t *testing.T) {
	t.Parallel()
	noticed := map[string]bool{}
	for _, group := range faults {
		for _, f := range group {
			for _, pair := range pairs(f.rules) {
				noticed[strings.TrimLeft(pair, "FW ")] = true
			}
		}
	}
	for _, rule := range rules() {
		assert.True(t, noticed[rule.ID], "no fault fails %s", rule.ID)
	}
}

// TestEveryNearMissCounts: a server that takes one near miss of an ID for its own is found, and by that one alone.
func TestEveryNearMissCounts(t *testing.T) {
	t.Parallel()
	for _, parameter := range contract.Parameters() {
		rule := "near-miss-" + strings.ReplaceAll(parameter.Name, "_", "-")
		for _, miss := range conformance.NearMisses() {
			if miss.For == nil || miss.For(parameter) {
				alike := func(own, id string) bool { return id == miss.Change(own) }
				found(t, rule, miss.Name, as(near(parameter.Name, alike), ownPath))
			}
		}
	}
	for _, miss := range conformance.TokenMisses() {
		found(t, "near-miss-credentials", miss.Name,
			as(nearToken(func(own, token string) bool { return token == miss.Change(own) }), ownToken))
	}
}

// found asserts that a rule finds a fault with one of its probes.
func found(t *testing.T, rule, probe string, fault change) {
	t.Helper()
	t.Run(rule+": "+probe, func(t *testing.T) {
		t.Parallel()
		s := newSubject(t, fault)
		s.options.Only = []string{rule, "delete"} // without which the target's own task ID is not used
		report, err := conformance.Run(t.Context(), s.target, s.options)
		require.NoError(t, err)
		assert.Equal(t, []string{"F " + rule}, violated(report), details(report))
		i := slices.IndexFunc(report.Results, func(r conformance.Result) bool { return r.Rule.ID == rule })
		require.Len(t, report.Results[i].Violations, 1, details(report))
		assert.Equal(t, []string{rule + "/" + strings.ReplaceAll(probe, " ", "-")}, report.Results[i].Violations[0].Probes)
	})
}

// TestLive checks a real endpoint, the same as the command dms-conformance does.
func TestLive(t *testing.T) {
	t.Parallel()
	target := conformance.Target{Endpoint: os.Getenv("DMS_ENDPOINT"), Token: os.Getenv("DMS_TOKEN")}
	target.IDs = map[string]string{}
	if target.Endpoint == "" {
		t.Skip("set DMS_ENDPOINT, DMS_TOKEN, DMS_PROJECT_ID and DMS_INSTANCE_ID to check a real endpoint; " +
			"with DMS_TASK_ID too, the record of that task is deleted")
	}
	for name := range segments {
		if id := os.Getenv("DMS_" + strings.ToUpper(name)); id != "" {
			target.IDs[name] = id
		}
	}
	report, err := conformance.Run(t.Context(), target, conformance.Options{})
	require.NoError(t, err)
	assert.True(t, report.Conforms(), details(report))
}

// violated returns the rules that a report says are violated, as a row has them.
func violated(report *conformance.Report) (list []string) {
	for _, result := range report.Results {
		if result.Outcome == conformance.Failed || result.Outcome == conformance.Warned {
			list = append(list, marks[result.Outcome]+" "+result.Rule.ID)
		}
	}
	return list
}

// pairs splits "F delete W error-code" in two.
func pairs(rules string) (list []string) {
	for pair := range slices.Chunk(strings.Fields(rules), 2) {
		list = append(list, strings.Join(pair, " "))
	}
	return list
}

// details says why.
func details(report *conformance.Report) string {
	var text strings.Builder
	for _, result := range report.Results {
		fmt.Fprintf(&text, "%s %s %s\n", marks[result.Outcome], result.Rule.ID, result.Reason)
		for _, v := range result.Violations {
			fmt.Fprintf(&text, "\t%s, not %s %v\n", v.Got, v.Expected, v.Probes)
		}
	}
	return text.String()
}
