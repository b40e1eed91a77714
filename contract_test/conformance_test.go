package contract_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance"
)

// TestEmbeddedServerConforms: every rule is judged, and passed without a warning.
func TestEmbeddedServerConforms(t *testing.T) {
	t.Parallel()
	s := newSubject()
	t.Cleanup(s.server.Close)
	report, err := conformance.Run(t.Context(), s.target())
	require.NoError(t, err)
	for _, result := range report.Results {
		assert.Equal(t, conformance.Passed, result.Outcome, "%s %s %v", result.Rule.ID, result.Reason, result.Violations)
	}
	assert.Len(t, report.Results, len(conformance.Rules()))
	assert.LessOrEqual(t, report.Requests, conformance.MaxRequests)
	assert.Len(t, s.server.Requests(), report.Requests)
	assert.False(t, s.server.HasTask(s.task))
}

// TestFaults: a faulty server fails the rule that it should, and no other. A rule that has nothing left to look at may
// be skipped.
func TestFaults(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	for _, group := range slices.Sorted(maps.Keys(faults)) {
		for _, f := range faults[group] {
			options := []conformance.Option{conformance.AnswerTimeout(2 * time.Second)}
			if group == "generated IDs" {
				options = append(options, conformance.Examples(60), conformance.Seed(1))
			}
			t.Run(group+": "+f.name, func(t *testing.T) {
				t.Parallel()
				s := newSubject()
				t.Cleanup(s.server.Close)
				s.server.Wrap(f.apply(s))
				report, err := conformance.Run(t.Context(), s.target(), options...)
				require.NoError(t, err)
				m.add(group, f.name, report)
				got := map[string]conformance.Outcome{}
				for _, result := range report.Results {
					if result.Outcome == conformance.Failed || result.Outcome == conformance.Warned {
						got[result.Rule.ID] = result.Outcome
					}
					if result.Rule.ID == "delete" && strings.Contains(f.name, "deletes, says") {
						assert.Contains(t, result.Violations[0].Expected, "if none of the requests before has deleted it")
					}
				}
				assert.Equal(t, map[string]conformance.Outcome{f.rule: f.outcome}, got)
				assert.Equal(t, f.outcome != conformance.Failed, report.Conforms())
				report.Strict = true
				assert.False(t, report.Conforms())
			})
		}
	}
}

// TestEveryRuleCanFail: there is a fault for every rule.
func TestEveryRuleCanFail(t *testing.T) {
	t.Parallel()
	noticed := map[string]bool{}
	for _, group := range faults {
		for _, f := range group {
			noticed[f.rule] = true
		}
	}
	for _, rule := range conformance.Rules() {
		assert.True(t, noticed[rule.ID], "no fault fails %s", rule.ID)
	}
}

// TestLive checks a real endpoint, the same as the command dms-conformance does.
func TestLive(t *testing.T) {
	t.Parallel()
	target := conformance.Target{
		Endpoint:   os.Getenv("DMS_ENDPOINT"),
		ProjectID:  os.Getenv("DMS_PROJECT_ID"),
		InstanceID: os.Getenv("DMS_INSTANCE_ID"),
		TaskID:     os.Getenv("DMS_TASK_ID"),
		Token:      os.Getenv("DMS_TOKEN"),
	}
	if target.Endpoint == "" {
		t.Skip("set DMS_ENDPOINT, DMS_TOKEN, DMS_PROJECT_ID and DMS_INSTANCE_ID to check a real endpoint; " +
			"with DMS_TASK_ID too, the record of that task is deleted")
	}
	conformance.Test(t, target)
}
