package conformance_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
)

// TestRulesetIsRefused: a rule that could not be reported, or whose requests could hit what nobody named, is an error,
// and nothing is sent.
func TestRulesetIsRefused(t *testing.T) {
	t.Parallel()
	good := func() conformance.Rule {
		return conformance.Rule{
			ID: "x", Level: conformance.MUST, Demands: "x", Sources: []conformance.Source{{Text: "x"}},
			Probes: []conformance.Probe{{Name: "x"}}, Check: func(*conformance.Judgement, *conformance.Answer) {},
		}
	}
	for says, change := range map[string]func(*conformance.Rule){
		`rule "X y": an ID is of`:      func(r *conformance.Rule) { r.ID = "X y" },
		`its level is "MAY"`:           func(r *conformance.Rule) { r.Level = "MAY" },
		"does not say what it demands": func(r *conformance.Rule) { r.Demands = "" },
		"or where that is written":     func(r *conformance.Rule) { r.Sources = nil },
		"it has no Check":              func(r *conformance.Rule) { r.Check = nil },
		"there are two of this ID":     func(r *conformance.Rule) { r.ID = "other" },
		"a probe has no name":          func(r *conformance.Rule) { r.Probes[0].Name = "" },
		"there is another probe other": func(r *conformance.Rule) { r.Probes[0].Name = "other" },
		`method "get" is not of`:       func(r *conformance.Rule) { r.Probes[0].Method = "get" },
		"would leave the path":         func(r *conformance.Rule) { r.Probes[0].TaskID = conformance.MalformedID("..") },
		`task_id "a/b" would leave`:    func(r *conformance.Rule) { r.Probes[0].TaskID = conformance.MalformedID("a/b") },
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			server, target := newTarget(t)
			other, rule := good(), good()
			other.ID, other.Probes[0] = "other", conformance.Probe{Name: "other", Method: http.MethodPut}
			change(&rule)
			_, err := conformance.Run(t.Context(), target, conformance.Ruleset(other, rule))
			require.ErrorContains(t, err, says)
			assert.Empty(t, server.Requests())
		})
	}
	_, target := newTarget(t)
	_, err := conformance.Run(t.Context(), target, conformance.Ruleset())
	require.ErrorContains(t, err, "there are no rules")
}

// TestOwnRulesDeleteNothing: a rule of one's own that does not say that it deletes never gets at the task, unless rules
// that do are in the run too.
func TestOwnRulesDeleteNothing(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	rule := conformance.Rule{
		ID: "own", Level: conformance.MUST, Demands: "x", Sources: []conformance.Source{{Text: "x"}},
		Probes: []conformance.Probe{{Name: "own"}},
		Check:  func(*conformance.Judgement, *conformance.Answer) {},
	}
	_, err := conformance.Run(t.Context(), target, conformance.Ruleset(rule))
	require.NoError(t, err)
	require.Len(t, server.Requests(), 1)
	assert.NotContains(t, server.Requests()[0].Target, target.TaskID)

	report, err := conformance.Run(t.Context(), target,
		conformance.Ruleset(append([]conformance.Rule{rule}, conformance.Rules()...)...))
	require.NoError(t, err)
	assert.True(t, conformsStrictly(report), "beside rules that delete it has no part in that")

	rule.Deletes = true
	target.TaskID = string(server.NewTask().TaskID)
	_, err = conformance.Run(t.Context(), target, conformance.Ruleset(rule))
	require.NoError(t, err)
	requests := server.Requests()
	assert.Contains(t, requests[len(requests)-1].Target, target.TaskID)
}

// TestObserversSeeAll: a rule that looks at answers looks at all of a run, wherever it stands in the list.
func TestObserversSeeAll(t *testing.T) {
	t.Parallel()
	_, target := newTarget(t)
	seen := map[string]int{}
	observer := conformance.Rule{
		ID: "own", Level: conformance.MUST, Demands: "x", Sources: []conformance.Source{{Text: "x"}},
		Check: func(_ *conformance.Judgement, a *conformance.Answer) { seen[a.Probe]++ },
	}
	last := observer
	last.ID, last.Probes = "last", []conformance.Probe{{Name: "last", Method: http.MethodTrace}}
	last.Check = func(*conformance.Judgement, *conformance.Answer) {}
	list := append([]conformance.Rule{observer}, conformance.Rules()...)
	report, err := conformance.Run(t.Context(), target, conformance.Ruleset(append(list, last)...))
	require.NoError(t, err)
	assert.Positive(t, seen["last"])
	assert.Positive(t, seen["delete-twice"])
	assert.Len(t, report.Results, len(list)+1)
}

// TestChangedRules: what a caller takes out of a rule does not matter to its Check, and what a Check says is
// redacted, printable and short.
func TestChangedRules(t *testing.T) {
	t.Parallel()
	server, target := newTarget(t)
	server.Wrap(func(http.Handler) http.Handler {
		return clienttest.Answer{StatusCode: 405, Body: strings.Repeat("x", 1000), Header: http.Header{
			"Content-Type": {strings.Repeat("text/x", 1000)},
		}}
	})
	changed := conformance.Rules()
	for i := range changed {
		changed[i].Sources = changed[i].Sources[:1]
	}
	talkative := conformance.Rule{
		ID: "own", Level: conformance.MUST, Demands: "x", Sources: []conformance.Source{{Text: "x"}},
		Probes: []conformance.Probe{{Name: "own"}},
		Check: func(j *conformance.Judgement, _ *conformance.Answer) {
			j.Skip("\x1b[2J %s %s", target.Token, strings.Repeat("x", 1000))
		},
	}
	loud := talkative
	loud.ID, loud.Check = "loud", func(j *conformance.Judgement, _ *conformance.Answer) {
		j.Violated("MAY", conformance.Parts(conformance.StatusLine(), conformance.Part{}), conformance.Source{Text: "x"},
			"no "+target.Token, strings.Repeat("y", 1000))
	}
	report, err := conformance.Run(t.Context(), target, conformance.Ruleset(append(changed, talkative, loud)...))
	require.NoError(t, err)
	for _, result := range report.Results {
		assert.NotContains(t, result.Reason, target.Token)
		assert.Less(t, len(result.Reason), 400)
		for _, v := range result.Violations {
			assert.NotContains(t, v.Expected, target.Token)
			assert.Less(t, len(v.Got), 1200, result.Rule.ID)
			assert.Less(t, len(v.Expected), 400, result.Rule.ID)
		}
	}
	assert.Contains(t, outcomes(report)[conformance.Failed], "loud", "what is no SHOULD is a MUST")
}

// TestNotApplicable: a probe that makes no sense with a contract or a target is left out, and a rule is skipped if all
// of its probes are. What the contract allows is never sent as malformed: it could be somebody's.
func TestNotApplicable(t *testing.T) {
	t.Parallel()
	_, target := newTarget(t)
	rule := conformance.Rule{
		ID: "own", Level: conformance.MUST, Demands: "x", Sources: []conformance.Source{{Text: "x"}},
		Probes: []conformance.Probe{
			{Name: "a", TaskID: conformance.MalformedID("1")}, {Name: "b", TaskID: conformance.MalformedID("~")},
		},
		Check: func(*conformance.Judgement, *conformance.Answer) {},
	}
	for name, tc := range map[string]struct {
		change func(*conformance.Rule, *conformance.Target)
		sent   int
		reason string
	}{
		"one of two": {func(*conformance.Rule, *conformance.Target) {}, 1, ""},
		"all": {
			func(r *conformance.Rule, _ *conformance.Target) { r.Probes = r.Probes[:1] }, 0,
			`not applicable: the contract allows task_id "1"`,
		},
		"the contract's method": {
			func(r *conformance.Rule, _ *conformance.Target) {
				r.Probes = []conformance.Probe{{Name: "c", Method: http.MethodDelete}}
			}, 0, "not applicable: DELETE is the method of the contract",
		},
		"a signature to be altered": {
			func(r *conformance.Rule, target *conformance.Target) {
				r.Probes = []conformance.Probe{{Name: "d", Credentials: conformance.AlteredCredentials}}
				target.Token, target.Authorize = "", func(r *http.Request) error {
					r.Header.Set("Authorization", "SDK-HMAC-SHA256 Access=x, SignedHeaders=x, Signature=0123456789")
					r.Header.Set("X-Auth-Token", "beside it")
					return nil
				}
			}, 0, "not applicable: there is no token to be altered",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rule, target := rule, target
			tc.change(&rule, &target)
			report, err := conformance.Run(t.Context(), target, conformance.Ruleset(rule), conformance.Examples(0))
			require.NotNil(t, report, err)
			assert.Equal(t, tc.sent, report.Requests)
			assert.Equal(t, tc.reason, report.Results[0].Reason)
		})
	}
}

// TestRulesAreTheCallers: what is done to the list does not change the rules.
func TestRulesAreTheCallers(t *testing.T) {
	t.Parallel()
	list := conformance.Rules()
	list[0].ID, list[0].Sources[0].Text, list[0].Probes[0].Name = "x", "x", "x"
	again := conformance.Rules()
	assert.NotEqual(t, "x", again[0].ID)
	assert.NotEqual(t, "x", again[0].Sources[0].Text)
	assert.NotEqual(t, "x", again[0].Probes[0].Name)
}
