package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/report"
)

// TestSentIsSent: the page says that a rule gets generated IDs if, and only if, a run sends some for it.
func TestSentIsSent(t *testing.T) {
	t.Parallel()
	own, unknown := conformance.Probe{Name: "own"}, conformance.Probe{Name: "unknown", TaskID: conformance.UnknownID}
	for name, probes := range map[string][]conformance.Probe{
		"none": {own}, "first": {unknown, own}, "second": {own, unknown}, "both": {unknown, {
			Name: "malformed", TaskID: conformance.MalformedID("~x"),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules := []conformance.Rule{{
				ID: "rule", Level: conformance.MUST, Demands: "x", Sources: []conformance.Source{{Text: "x"}}, Probes: probes,
				Check: func(*conformance.Judgement, *conformance.Answer) {},
			}}
			r := check(t, nil, nil, conformance.Ruleset(rules...), conformance.Examples(3))
			var page bytes.Buffer
			require.NoError(t, report.WriteRules(&page, rules))
			says := strings.Contains(page.String(), "Then as many with a generated ID")
			assert.Equal(t, r.Generated > 0, says, "%d generated", r.Generated)
		})
	}
}

// TestSent: the page of the rules says what each one sends, and what of that may hit the named task.
func TestSent(t *testing.T) {
	t.Parallel()
	const (
		exposed = " for the named task if one is named, which a faulty server may then delete already here."
		drawn   = " Then as many with a generated ID of the same kind as --examples says."
	)
	deletion := conformance.Probe{Name: "first"}
	for says, rule := range map[string]conformance.Rule{
		"Nothing by itself; it looks at the answers to all requests.": {},
		"1 request: for the named task.": {
			Deletes: true, Probes: []conformance.Probe{{Name: "x"}},
		},
		"1 request: for a task that nobody has.": {Probes: []conformance.Probe{{Name: "x"}}},
		"2 requests: for the named task (that of earlier); the same again.": {
			Deletes: true, Probes: []conformance.Probe{deletion, {Name: "x"}},
		},
		"1 request: for an unknown task." + drawn: {
			Probes: []conformance.Probe{{Name: "x", TaskID: conformance.UnknownID}},
		},
		"1 request: for an unknown instance. It is" + exposed + drawn: {
			Probes: []conformance.Probe{{Name: "x", InstanceID: conformance.UnknownID}},
		},
		`1 request: with project\_id "\~x". It is` + exposed + drawn: {
			Probes: []conformance.Probe{{Name: "x", ProjectID: conformance.MalformedID("~x")}},
		},
		"2 requests: PUT; PATCH, with an altered token. They are" + exposed: {Probes: []conformance.Probe{
			{Name: "x", Method: "PUT"}, {Name: "y", Method: "PATCH", Credentials: conformance.AlteredCredentials},
		}},
		"3 requests: with no credentials; with an empty token; with a made-up token, for an unknown task. " +
			"Those for no other task are" + exposed: {Probes: []conformance.Probe{
			{Name: "x", Credentials: conformance.NoCredentials}, {Name: "y", Credentials: conformance.EmptyCredentials},
			{Name: "z", Credentials: conformance.MadeUpCredentials, TaskID: conformance.UnknownID},
		}},
	} {
		rule.ID = "rule"
		var page bytes.Buffer
		require.NoError(t, report.WriteRules(&page, []conformance.Rule{
			{ID: "earlier", Deletes: true, Probes: []conformance.Probe{deletion}}, rule,
		}))
		assert.Contains(t, page.String(), "\n**Sent.** "+says+"\n")
	}
	assert.Equal(t, []string{"own", "unknown", `"a\tb"`, "the target's credentials"}, []string{
		conformance.OwnID.String(), conformance.UnknownID.String(), conformance.MalformedID("a\tb").String(),
		conformance.OwnCredentials.String(),
	})
}
