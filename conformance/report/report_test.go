package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask"
	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/report"
	"github.com/dmstask/dmstask/internal/lint"
)

func TestMain(m *testing.M) {
	lint.OrExit(dmstask.Contract())
	m.Run()
}

var update = flag.Bool("update", false, "write the golden files and docs/rules.md")

// golden compares a text with a file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o750))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
	}
	want, err := os.ReadFile(file) //nolint:gosec // G304: a file of this repository
	require.NoError(t, err)
	assert.Equal(t, string(want), got, "if the new text is right: go test ./conformance/report -update")
}

var rfc = conformance.Source{Text: "RFC 9110 section 15", URL: "https://www.rfc-editor.org/rfc/rfc9110#section-15"}

// result is the result of a rule, with as many violations as there are answers.
func result(id string, outcome conformance.Outcome, answers ...conformance.Violation) conformance.Result {
	r := conformance.Result{
		Rule: conformance.RuleText{
			ID: id, Level: conformance.MUST, Sources: []conformance.Source{rfc},
			Demands: "An unknown thing gets 404, or at least a documented 4xx of the contract.",
			Why:     "Clients cannot notice a wrong ID.", Fix: "Look the thing up, and answer 404.",
		},
		Outcome: outcome,
	}
	if outcome == conformance.Skipped {
		r.Reason = "not judged: the server is gone"
	} else {
		r.Exchanges = []conformance.Evidence{evidence(id, "")}
	}
	for _, v := range answers {
		v.Source, v.Level = rfc, conformance.MUST
		if outcome == conformance.Warned {
			v.Level = conformance.SHOULD
		}
		v.Count = max(v.Count, 1)
		for i := range v.Count {
			v.Probes = append(v.Probes, fmt.Sprintf("%s/probe-%d", id, i))
		}
		r.Violations = append(r.Violations, v)
	}
	return r
}

// evidence is a request and its answer with this body.
func evidence(probe, body string) conformance.Evidence {
	return conformance.Evidence{
		Probe: probe, Duration: 0.0125,
		Request: "DELETE /v2/0123456789abcdef0123456789abcdef/instances/x/tasks/y HTTP/1.1\r\nX-Auth-Token: [none]\r\n\r\n",
		Response: "HTTP/1.1 103 Early Hints\r\nContent-Type: a/b\r\n\r\nHTTP/1.1 500 Internal Server Error\r\n" +
			"Content-Type: text/html\r\nLocation: /\r\n\r\n" + body,
	}
}

// kinds of violations, one for each part of an answer.
var kinds = []conformance.Violation{
	{
		Expected: "a documented 4xx: 400, 401, 403, 404, 405, 408 or 429", Where: conformance.StatusLine, Count: 16,
		Got: "500 Internal Server Error, text/html <h1>no</h1>", Example: evidence("p", "<h1>no</h1>\n"),
	},
	{Expected: "one JSON document", Got: "HTML", Where: conformance.Content, Example: evidence("p", "one\ntwo")},
	{
		Expected: "no redirect", Got: "a redirect", Where: "location", Count: 2, Example: evidence("p", ""),
		Advice: "Take the login page away.",
	},
	{Expected: "a response", Got: "EOF", Example: conformance.Evidence{Probe: "p", Request: "GET /", Error: "EOF"}},
}

// reports are of every kind, by name.
func reports() map[string]*conformance.Report {
	passed, skipped := result("good", conformance.Passed), result("unknown", conformance.Skipped)
	passed.NotSent = []string{"good/odd: the contract allows it"}
	skipped.Rule.Deletes = true
	failed := result("near-miss-credentials-of-a-user", conformance.Failed, kinds[0])
	warned := result("odd", conformance.Warned, kinds[0])
	eleven := &conformance.Report{Results: []conformance.Result{warned, passed, skipped, failed}}
	for i := range 10 {
		eleven.Results = append(eleven.Results, result(fmt.Sprintf("bad-%d", i), conformance.Failed, kinds[i%len(kinds):]...))
	}
	eleven.Results[4].More, eleven.Results[4].Violations[1].Level = 2, conformance.SHOULD
	all := map[string]*conformance.Report{
		"conforms":    {Results: []conformance.Result{passed}},
		"in-part":     {Results: []conformance.Result{passed, skipped}, LeftOut: []string{"delete", "framing"}},
		"one":         {Results: []conformance.Result{failed, passed}, DeletedBy: "near-miss-credentials-of-a-user/probe-0"},
		"eleven":      eleven,
		"not-checked": {Results: []conformance.Result{skipped, skipped}, Error: "the server does not respond: no connection"},
		"incomplete":  {Results: []conformance.Result{failed, skipped, passed}, Error: "the server is gone: EOF"},
		"strict":      {Results: []conformance.Result{warned, passed}, Strict: true, ShortToken: true},
		"warned":      {Results: []conformance.Result{warned, passed}},
		"empty":       {},
	}
	for _, r := range all {
		r.Endpoint, r.Operation, r.OperationID = "https://dms.example.com", "DELETE /{task_id}", "DeleteBackgroundTask"
		r.Version, r.ContractVersion, r.IDs = "1.2.3", "1.0.2", map[string]string{"task_id": "y"}
		r.Started, r.Duration = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), 1.5
		r.Requests, r.WrongCredentials = 77, 14
	}
	all["hostile"] = hostileReport()
	return all
}

// hostile is what a server may send to whoever reads a report.
const hostile = "</pre><script>alert(1)</script> | `````` @you \x1b[2J\x00\x07 \u202egnp.exe \u009b2J \U000e0001 ]]> " +
	"<!-- \xff\xfe & ' \" ##vso[task.complete]\r\n::error::x\n````\n# y"

// hostileReport has it in every text.
func hostileReport() *conformance.Report {
	r := &conformance.Report{
		IDs: map[string]string{hostile: hostile}, LeftOut: []string{""},
		Results: []conformance.Result{result("", conformance.Failed, kinds...), result("", conformance.Skipped)},
	}
	fill(reflect.ValueOf(r).Elem())
	return r
}

func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if kind := v.Type().Name(); kind != "Outcome" && kind != "Level" {
			v.SetString(hostile)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			fill(v.Index(i))
		}
	}
}

func write(t *testing.T, r *conformance.Report, f report.Format) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, report.Write(&b, r, f))
	return b.String()
}

// TestGolden: what a report looks like. Wherever its texts come from, it steers nothing.
func TestGolden(t *testing.T) {
	t.Parallel()
	for name, r := range reports() {
		before := write(t, r, report.JSON)
		contents := map[string]string{}
		for _, format := range report.Formats() {
			contents[string(format)] = write(t, r, format)
		}
		var b bytes.Buffer
		require.NoError(t, report.Style{Verbose: true, Width: 100}.Write(&b, r))
		contents["verbose"] = b.String()
		for format, content := range contents {
			golden(t, filepath.Join("testdata", name+"."+format), content)
			assert.True(t, utf8.ValidString(content), "%s %s", name, format)
			assert.NotRegexp(t, `[^\n\PC]`, content, "%s %s: control and format characters", name, format)
			assert.NotRegexp(t, `(?m)^\s*::|##(vso)?\[`, content, "%s %s: commands of CI systems", name, format)
		}
		assert.Equal(t, before, write(t, r, report.JSON), "a report is not changed by being written")
	}
}

// TestJSON: a report matches the schema, which knows no field that a report does not have.
func TestJSON(t *testing.T) {
	t.Parallel()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(report.Schema()))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource("schema.json", document))
	schema := compiler.MustCompile("schema.json")
	all := reports()
	var back conformance.Report
	require.NoError(t, json.Unmarshal([]byte(write(t, all["hostile"], report.JSON)), &back))
	assert.Equal(t, strings.ToValidUTF8(hostile, "\uFFFD\uFFFD"), back.Endpoint, "strings mean what they meant")
	delete(all, "hostile") // its IDs are none
	for name, r := range all {
		instance, err := jsonschema.UnmarshalJSON(strings.NewReader(write(t, r, report.JSON)))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(instance), name)
		assert.Equal(t, string(r.Verdict()), instance.(map[string]any)["verdict"])
		id := fmt.Sprint("urn:dmstask:report:", instance.(map[string]any)["schema_version"])
		assert.Equal(t, id, document.(map[string]any)["$id"])
	}
	require.Error(t, schema.Validate(map[string]any{}))
}

// TestJUnit: the counts are those of the testcases, and a run that is not complete is not green.
func TestJUnit(t *testing.T) {
	t.Parallel()
	for name, r := range reports() {
		junit := write(t, r, report.JUnit)
		require.NoError(t, xml.Unmarshal([]byte(junit), new(struct{})), name)
		element := func(name string) int { return strings.Count(junit, "<"+name+" ") }
		totals := fmt.Sprintf(`tests="%d" failures="%d" errors="%d" skipped="%d"`,
			element("testcase"), element("failure"), element("error"), element("skipped"))
		assert.Equal(t, 2, strings.Count(junit, totals), "%s: %s", name, totals)
		assert.Equal(t, !r.Conforms(), element("failure")+element("error") > 0, name)
	}
}

// TestHTML: no text of a server becomes an element, and every rule is there once.
func TestHTML(t *testing.T) {
	t.Parallel()
	elements := regexp.MustCompile(`<(script|img|iframe|object|embed|link|form|base)\b`)
	for name, r := range reports() {
		page := write(t, r, report.HTML)
		assert.NotRegexp(t, elements, page, name)
		for _, tag := range []string{"section", "details", "summary", "div", "dl", "ul", "li", "p", "pre", "span", "mark"} {
			opened := regexp.MustCompile("<"+tag+`[ >]`).FindAllString(page, -1)
			assert.Len(t, opened, strings.Count(page, "</"+tag+">"), "%s: %s", name, tag)
		}
		for _, result := range r.Results {
			if name != "hostile" && name != "not-checked" {
				assert.Equal(t, 1, strings.Count(page, ` id="`+result.Rule.ID+`"`), "%s %s", name, result.Rule.ID)
			}
		}
	}
}

// TestMarkdown: all that a server may have written is in one fence, which nothing in it ends.
func TestMarkdown(t *testing.T) {
	t.Parallel()
	r := reports()["hostile"]
	for range 12 { // 4,096 times as many
		r.Results = append(r.Results, r.Results...)
	}
	page := write(t, r, report.Markdown)
	fences := regexp.MustCompile("(?m)^`{3,}(text)?$").FindAllStringIndex(page, -1)
	require.Len(t, fences, 2)
	assert.NotContains(t, page[:fences[0][0]], "you")
	assert.Equal(t, "\n", page[fences[1][1]:])
	assert.Less(t, len(page), 65_536, "an issue of GitHub takes no more")
}

func TestFormats(t *testing.T) {
	t.Parallel()
	_, closed := io.Pipe()
	require.NoError(t, closed.Close())
	for _, format := range report.Formats() {
		parsed, err := report.ParseFormat(string(format))
		require.NoError(t, err)
		assert.Equal(t, format, parsed)
		require.Error(t, report.Write(io.Discard, nil, format))
		require.ErrorIs(t, report.Write(closed, &conformance.Report{}, format), io.ErrClosedPipe)
	}
	_, err := report.ParseFormat("pdf")
	require.EqualError(t, err, `unknown format "pdf"; the formats are text, json, junit, html, markdown`)
	require.Error(t, report.Write(io.Discard, &conformance.Report{}, "pdf"))
	require.Error(t, report.Style{}.WriteSummary(io.Discard, nil))
}
