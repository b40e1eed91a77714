package contract_test

import (
	"os"
	"testing"

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
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s := newSubject()
			t.Cleanup(s.server.Close)
			s.server.Wrap(f.apply(s))
			report, err := conformance.Run(t.Context(), s.target())
			require.NoError(t, err)
			got := map[string]conformance.Outcome{}
			for _, result := range report.Results {
				if result.Outcome == conformance.Failed || result.Outcome == conformance.Warned {
					got[result.Rule.ID] = result.Outcome
				}
			}
			assert.Equal(t, map[string]conformance.Outcome{f.rule: f.outcome}, got)
			assert.Equal(t, f.outcome != conformance.Failed, report.Conforms(false))
			assert.False(t, report.Conforms(true))
		})
	}
}

// TestEveryRuleCanFail: there is a fault for every rule.
func TestEveryRuleCanFail(t *testing.T) {
	t.Parallel()
	noticed := map[string]bool{}
	for _, f := range faults {
		noticed[f.rule] = true
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
	report, err := conformance.Run(t.Context(), target)
	require.NoError(t, err)
	for _, result := range report.Results {
		t.Run(result.Rule.ID, func(t *testing.T) {
			switch result.Outcome {
			case conformance.Failed:
				t.Errorf("%+v", result.Violations)
			case conformance.Warned:
				t.Logf("warning: %+v", result.Violations)
			case conformance.Skipped:
				t.Skip(result.Reason)
			case conformance.Passed:
			}
		})
	}
}
