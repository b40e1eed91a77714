package report_test

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/report"
)

// TestVerdictSaysNoMore: a server of which a part was not looked at conforms as far as it was checked, and every format
// says how far that is.
func TestVerdictSaysNoMore(t *testing.T) {
	t.Parallel()
	noTask := func(target *conformance.Target) { target.TaskID = "" }
	for name, tc := range map[string]struct {
		report   *conformance.Report
		text     string // after the endpoint
		headline string
		scope    string // on one line
		lists    []string
		leftOut  string
	}{
		"all": {check(t, nil, nil), " conforms to contract 1.0.2\n", " conforms", "", nil, ""},
		"not all": {
			check(t, nil, noTask), " conforms to contract 1.0.2, as far as it was checked\n",
			" conforms, as far as it was checked",
			"15 of 18 rules were judged. Not judged: delete, delete-empty, delete-twice (no task ID was given).",
			[]string{"\nnot judged: delete, delete-empty, delete-twice (no task ID was given)\n"}, "",
		},
		"left out": {
			check(t, nil, nil, conformance.Skip("framing", "error-code")),
			" conforms to contract 1.0.2, as far as it was checked\n", " conforms, as far as it was checked",
			"16 of 18 rules were judged. Left out: framing, error-code.",
			[]string{"\nleft out: framing, error-code\n"}, "framing, error-code",
		},
		"does not": {
			check(t, always(500, ""), nil), " does not conform to contract 1.0.2\n", " does not conform",
			"16 of 18 rules were judged. Not judged: delete-empty (there was no 204 to look at); " +
				"delete-twice (the task was not deleted the first time).",
			[]string{
				"\nfailed: unknown-task, unknown-instance, ", "\nnot judged: delete-empty (there was no 204 to look at)\n",
				"\nnot judged: delete-twice (the task was not deleted the first time)\n",
			}, "",
		},
		"stopped": {
			check(t, always(401, ""), nil), " could not be checked: the server refuses the credentials", " could not be checked",
			"5 of 18 rules were judged. Not judged: unknown-task, unknown-instance, malformed-project-id, " +
				"malformed-instance-id, malformed-task-id, missing-credentials, invalid-credentials, foreign-project, " +
				"unsupported-method, safe-methods, delete, delete-empty, delete-twice (the server refuses the credentials).",
			[]string{"\nfailed: error-response\n", "\nnot judged: unknown-task, "}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := write(t, tc.report, report.Text)
			assert.Contains(t, text, "\n"+tc.report.Endpoint+tc.text)
			for _, list := range tc.lists {
				assert.Contains(t, text, list)
			}
			html, markdown := write(t, tc.report, report.HTML), write(t, tc.report, report.Markdown)
			assert.Contains(t, html, "<title>"+tc.report.Endpoint+tc.headline+"</title>")
			assert.Contains(t, markdown, " "+tc.report.Endpoint+tc.headline+"\n\n")
			if tc.scope == "" {
				for _, content := range []string{text, html, markdown} {
					assert.NotRegexp(t, "(?i)not judged|left out|rules were judged", content)
				}
			} else {
				assert.Contains(t, html, "<p>"+tc.scope+"</p>")
				// What is in brackets may be of the server.
				scope := strings.NewReplacer(" (", " (`", ")", "`)").Replace(tc.scope)
				assert.Contains(t, markdown, "\n"+scope+"\n")
			}
			properties := junitProperties(t, write(t, tc.report, report.JUnit))
			leftOut, ok := properties["left_out"]
			assert.Equal(t, tc.leftOut != "", ok)
			assert.Equal(t, tc.leftOut, leftOut)
		})
	}
}

func junitProperties(t *testing.T, content string) map[string]string {
	t.Helper()
	var document struct {
		Properties []struct {
			Name  string `xml:"name,attr"`
			Value string `xml:"value,attr"`
		} `xml:"testsuite>properties>property"`
	}
	require.NoError(t, xml.Unmarshal([]byte(content), &document))
	properties := map[string]string{}
	for _, p := range document.Properties {
		properties[p.Name] = p.Value
	}
	return properties
}

// TestJUnitHost: the host is that of the server, and none where it is not known.
func TestJUnitHost(t *testing.T) {
	t.Parallel()
	for endpoint, want := range map[string]string{
		"https://dms.example.com/api": ` hostname="dms.example.com"`,
		"http://127.0.0.1:8080":       ` hostname="127.0.0.1:8080"`,
		"http://[::1]:8080":           ` hostname="[::1]:8080"`,
		"":                            "",
		"://":                         "",
	} {
		content := write(t, &conformance.Report{Endpoint: endpoint}, report.JUnit)
		if want == "" {
			assert.NotContains(t, content, "hostname", endpoint)
		} else {
			assert.Contains(t, content, want, endpoint)
		}
	}
}

// TestJUnitProperties: a CI system keeps what it takes to make the run again.
func TestJUnitProperties(t *testing.T) {
	t.Parallel()
	r := conformance.Report{ProjectID: "p", InstanceID: "i", TaskID: "t", Seed: 7, Examples: 3}
	got := junitProperties(t, write(t, &r, report.JUnit))
	for name, value := range map[string]string{
		"project_id": "p", "instance_id": "i", "task_id": "t", "seed": "7", "examples": "3",
	} {
		assert.Equal(t, value, got[name], name)
	}
	r.TaskID = ""
	assert.NotContains(t, junitProperties(t, write(t, &r, report.JUnit)), "task_id")
}

// TestWarningsThatCount: of a strict run every format says why a server that fails nothing does not conform.
func TestWarningsThatCount(t *testing.T) {
	t.Parallel()
	r := conformance.Report{Results: []conformance.Result{
		{Rule: conformance.Rule{ID: "a"}, Outcome: conformance.Passed},
		{Rule: conformance.Rule{ID: "b"}, Outcome: conformance.Warned, Violations: make([]conformance.Violation, 1)},
	}}
	for _, strict := range []bool{false, true} {
		r.Strict = strict
		text := write(t, &r, report.Text)
		says := "1 passed, 0 failed, 1 warned, 0 skipped"
		if strict {
			says = "1 passed, 0 failed, 1 warned (which count: strict), 0 skipped"
		}
		assert.Contains(t, text, "\n"+says+" (")
		assert.Contains(t, text, "\nwarned: b\n")
		assert.NotContains(t, text, "\nfailed: ")
		assert.Contains(t, write(t, &r, report.Markdown), "\n"+says+"\n")
		_, counted, _ := strings.Cut(says, " failed, 1")
		counted, _, _ = strings.Cut(counted, ",")
		assert.Contains(t, write(t, &r, report.HTML), "<b>1</b>"+counted+"</li>")
	}
}
