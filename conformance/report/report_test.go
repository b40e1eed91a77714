package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/report"
)

// check runs the rules against the embedded server, changed by wrap.
func check(
	t *testing.T, wrap func(http.Handler) http.Handler, change func(*conformance.Target), options ...conformance.Option,
) *conformance.Report {
	t.Helper()
	server := clienttest.NewServer()
	t.Cleanup(server.Close)
	task := server.NewTask()
	if wrap != nil {
		server.Wrap(wrap)
	}
	target := conformance.Target{
		Endpoint: server.URL, ProjectID: string(task.ProjectID), InstanceID: string(task.InstanceID),
		TaskID: string(task.TaskID), Token: server.Token,
	}
	if change != nil {
		change(&target)
	}
	r, _ := conformance.Run(t.Context(), target, options...)
	require.NotNil(t, r)
	return r
}

// always answers every request alike.
func always(status int, body string) func(http.Handler) http.Handler {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		})
	}
}

// hangUp closes the connection of requests without a token.
func hangUp(own http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Auth-Token") == "" {
			panic(http.ErrAbortHandler)
		}
		own.ServeHTTP(w, r)
	})
}

// hostile is what a server may send to whoever reads a report.
const hostile = "</pre><script>alert(1)</script> | `````` \x1b[2J\x00\x07 \u202egnp.exe " +
	"\u009b2J \U000e0001 ]]> <!-- \xff\xfe & ' \" \r\n\r\n# x"

// reports are of every kind.
func reports(t *testing.T) map[string]*conformance.Report {
	t.Helper()
	noTask := func(target *conformance.Target) { target.TaskID = "" }
	return map[string]*conformance.Report{
		"conforms":     check(t, nil, nil),
		"skipped":      check(t, nil, noTask),
		"does not":     check(t, always(500, hostile), nil),
		"no answer":    check(t, hangUp, nil),
		"strict":       check(t, always(404, `{"error_code":"x","error_msg":"m"}`), noTask, conformance.Strict()),
		"not checked":  check(t, always(401, ""), nil),
		"many":         check(t, always(500, ""), nil, conformance.Examples(5)),
		"nothing sent": check(t, nil, func(target *conformance.Target) { target.Endpoint = "http://127.0.0.1:1" }),
		"zero":         {},
		"hand-made": {
			Endpoint: "https://x.example.com", Operation: "DELETE /", Version: "0", ContractVersion: hostile, Error: hostile,
			LeftOut: []string{hostile},
			Results: []conformance.Result{{
				Exchanges: []*conformance.Exchange{{Probe: hostile, Request: hostile, Response: hostile, Error: hostile}},
				Rule: conformance.Rule{
					ID: "x", Level: conformance.MUST, Demands: hostile, Mend: hostile, Why: hostile,
					Sources: []conformance.Source{{Text: hostile, URL: "javascript:alert(1)"}},
				},
				Outcome: conformance.Failed,
				Violations: []conformance.Violation{{
					Level: conformance.MUST, Expected: hostile, Got: hostile,
					Source:    conformance.Source{Text: hostile, URL: "javascript:alert(1)"},
					Exchange:  &conformance.Exchange{Probe: "x", Request: hostile, Response: hostile, Error: hostile},
					Offending: []conformance.Span{{Start: -1, End: 3}, {Start: 2, End: 5}, {Start: 90, End: 9000}, {Start: 7, End: 6}},
				}},
			}},
		},
	}
}

func write(t *testing.T, r *conformance.Report, f report.Format) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, report.Write(&b, r, f))
	return b.String()
}

// TestNothingSteersTheReader: whatever a server sends, a report in any format is text, and text only.
func TestNothingSteersTheReader(t *testing.T) {
	t.Parallel()
	for name, r := range reports(t) {
		for _, format := range report.Formats() {
			content := write(t, r, format)
			assert.True(t, utf8.ValidString(content), "%s %s", name, format)
			assert.NotContains(t, content, "\x1b", "%s %s", name, format)
			assert.NotContains(t, content, "\x00", "%s %s", name, format)
			assert.NotContains(t, content, "\u202e", "%s %s", name, format)
			assert.NotContains(t, content, "\u009b", "%s %s", name, format) // CSI, as \x1b[ is
		}
		html := write(t, r, report.HTML)
		assert.NotContains(t, html, "<script", name)
		assert.NotContains(t, html, `href="javascript`, name)
		assert.NotRegexp(t, `(?i)<(img|link|iframe|object|embed|base|form|input)\b|url\(|@import|\bsrc=|\bon\w+=`, html, name)
		assert.Contains(t, html, `default-src 'none'`)
	}
}

// TestMarkdownIsFenced: nothing of an exchange gets out of its block.
func TestMarkdownIsFenced(t *testing.T) {
	t.Parallel()
	var outside strings.Builder
	fence := ""
	for line := range strings.Lines(write(t, reports(t)["hand-made"], report.Markdown)) {
		ticks := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case fence == "" && len(ticks) >= 3:
			fence = ticks
		case fence != "" && strings.TrimSpace(line) == fence:
			fence = ""
		case fence == "":
			outside.WriteString(line)
		}
	}
	assert.Empty(t, fence)
	assert.NotRegexp(t, `(^|[^\\])<script`, outside.String())
	assert.NotRegexp(t, "(?m)^# x", outside.String())
	assert.NotContains(t, outside.String(), "](<javascript")
}

// compiledSchema is the schema. A strict one allows no field that it does not describe.
func compiledSchema(t *testing.T, strict bool) *jsonschema.Schema {
	t.Helper()
	document := parsed(t, string(report.Schema()))
	if strict {
		document.(map[string]any)["additionalProperties"] = false
		walk(document, func(object map[string]any, key string) {
			if key == "properties" && object["type"] == "object" {
				object["additionalProperties"] = false
			}
		})
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource("report.json", document))
	schema, err := compiler.Compile("report.json")
	require.NoError(t, err)
	return schema
}

func parsed(t *testing.T, content string) any {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(content))
	require.NoError(t, err)
	return document
}

// TestSchema: every report in JSON is valid.
func TestSchema(t *testing.T) {
	t.Parallel()
	schema := compiledSchema(t, false)
	for name, r := range reports(t) {
		if name == "zero" || name == "hand-made" {
			continue // no run makes them
		}
		document := parsed(t, write(t, r, report.JSON))
		require.NoError(t, schema.Validate(document), name)
		document.(map[string]any)["of_a_later_version"] = true
		assert.NoError(t, schema.Validate(document), "what is added later breaks no program that validates")
	}
}

// TestSchemaIsStrict: a report of which any field is renamed or has another type is not valid, and every field is
// described.
func TestSchemaIsStrict(t *testing.T) {
	t.Parallel()
	schema := compiledSchema(t, true)
	optional := map[string]bool{"project_id": true, "instance_id": true, "task_id": true, "url": true, "offending": true,
		"more": true, "exchanges": true, "left_out": true}
	changed, all := 0, reports(t)
	for _, name := range []string{"many", "skipped", "not checked", "no answer"} {
		document := parsed(t, write(t, all[name], report.JSON))
		walk(document, func(object map[string]any, key string) {
			value := object[key]
			delete(object, key)
			if !optional[key] && (key != "error" || name != "not checked" && name != "no answer") {
				require.Error(t, schema.Validate(document), "%s: without %s", name, key)
			}
			object[key+"_"] = value
			require.Error(t, schema.Validate(document), "%s: renamed %s", name, key)
			delete(object, key+"_")
			object[key] = []any{map[string]any{}}
			require.Error(t, schema.Validate(document), "%s: another type of %s", name, key)
			object[key] = value
			changed++
		})
		require.NoError(t, schema.Validate(document))
	}
	assert.Greater(t, changed, 500)
	walk(parsed(t, string(report.Schema())), func(object map[string]any, key string) {
		properties, ok := object["properties"].(map[string]any)
		if !ok || key != "properties" || object["if"] != nil {
			return
		}
		for name, property := range properties {
			_, described := property.(map[string]any)["description"]
			_, refers := property.(map[string]any)["$ref"]
			_, condition := property.(map[string]any)["const"]
			_, choice := property.(map[string]any)["enum"]
			assert.True(t, described || refers || condition || choice, name)
		}
	})
}

// walk calls f for every field of every object.
func walk(value any, f func(object map[string]any, key string)) {
	switch v := value.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for key := range v {
			keys = append(keys, key)
		}
		for _, key := range keys {
			f(v, key)
			walk(v[key], f)
		}
	case []any:
		for _, element := range v {
			walk(element, f)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	all := reports(t)
	for name, verdict := range map[string]string{
		"conforms": "conforms", "skipped": "conforms", "does not": "does not conform", "strict": "does not conform",
		"not checked": "not checked", "nothing sent": "not checked",
	} {
		var document struct {
			SchemaVersion int            `json:"schema_version"`
			Verdict       string         `json:"verdict"`
			Counts        map[string]int `json:"counts"`
			Results       []any          `json:"results"`
		}
		require.NoError(t, json.Unmarshal([]byte(write(t, all[name], report.JSON)), &document))
		assert.Equal(t, 1, document.SchemaVersion)
		assert.Equal(t, verdict, document.Verdict, name)
		sum := 0
		for _, n := range document.Counts {
			sum += n
		}
		assert.Len(t, document.Results, sum)
	}
	assert.Contains(t, write(t, &conformance.Report{}, report.JSON), `"results": []`)
}

// junit is what CI systems read.
type junit struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
	Suites   []struct {
		Tests int `xml:"tests,attr"`
		Cases []struct {
			Class   string     `xml:"classname,attr"`
			Name    string     `xml:"name,attr"`
			Time    float64    `xml:"time,attr"`
			Failure *junitNote `xml:"failure"`
			Error   *junitNote `xml:"error"`
			Skipped *junitNote `xml:"skipped"`
			Output  string     `xml:"system-out"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

type junitNote struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

func TestJUnit(t *testing.T) {
	t.Parallel()
	for name, r := range reports(t) {
		content := write(t, r, report.JUnit)
		var got junit
		require.NoError(t, xml.Unmarshal([]byte(content), &got), name)
		require.Len(t, got.Suites, 1)
		cases := got.Suites[0].Cases
		failures, skipped := 0, 0
		for i, result := range r.Results {
			assert.Equal(t, result.Rule.ID, cases[i].Name)
			assert.Equal(t, "dms-conformance", cases[i].Class)
			fails := result.Outcome == conformance.Failed || result.Outcome == conformance.Warned && r.Strict
			require.Equal(t, fails, cases[i].Failure != nil, "%s %s", name, result.Rule.ID)
			require.Equal(t, result.Outcome == conformance.Skipped, cases[i].Skipped != nil, "%s %s", name, result.Rule.ID)
			switch {
			case fails:
				failures++
				assert.NotEmpty(t, cases[i].Failure.Message)
				level := map[conformance.Outcome]string{conformance.Failed: "MUST", conformance.Warned: "SHOULD"}
				assert.Equal(t, level[result.Outcome], cases[i].Failure.Type)
				assert.Contains(t, cases[i].Failure.Text, "expected")
			case result.Outcome == conformance.Skipped:
				skipped++
				assert.Equal(t, result.Reason, cases[i].Skipped.Message)
			case result.Outcome == conformance.Warned:
				assert.Contains(t, cases[i].Output, "warning: expected")
			}
		}
		errs := 0
		if r.Error != "" {
			errs = 1
			assert.NotNil(t, cases[len(cases)-1].Error, name)
		}
		assert.Equal(t, failures, got.Failures, name)
		assert.Equal(t, skipped, got.Skipped, name)
		assert.Equal(t, errs, got.Errors, name)
		assert.Equal(t, len(cases), got.Tests, name)
		assert.Len(t, cases, len(r.Results)+errs, name)
		assert.Equal(t, r.Conforms(), got.Failures+got.Errors == 0, name)
	}
}

// TestJUnitForPeople: the explanation is readable where the file itself is opened, and a rule takes the time of its
// requests, whether it is kept or not.
func TestJUnitForPeople(t *testing.T) {
	t.Parallel()
	request := &conformance.Exchange{Probe: "a/b", Request: "DELETE /\r\n\r\n", Response: "<b>]]></b>", Duration: 0.25}
	content := write(t, &conformance.Report{Results: []conformance.Result{
		{
			Rule: conformance.Rule{ID: "kept"}, Outcome: conformance.Passed,
			Exchanges: []*conformance.Exchange{request, request},
		},
		{
			Rule: conformance.Rule{ID: "violated"}, Outcome: conformance.Warned, Exchanges: []*conformance.Exchange{request},
			Violations: []conformance.Violation{{Level: conformance.SHOULD, Expected: `"quiet" & calm`, Exchange: request}},
		},
	}}, report.JUnit)
	assert.Contains(t, content, `name="kept" time="0.500"`)
	assert.Contains(t, content, `name="violated" time="0.250"`)
	assert.Contains(t, content, "\n      expected  \"quiet\" & calm (SHOULD)\n")
	var got junit
	require.NoError(t, xml.Unmarshal([]byte(content), &got))
	assert.Contains(t, got.Suites[0].Cases[1].Output, "← <b>]]></b>\n")
}

// TestText: the explanation comes first, the exchange with Verbose only, and the fault is marked.
func TestText(t *testing.T) {
	t.Parallel()
	all := reports(t)
	short := write(t, all["many"], report.Text)
	assert.Contains(t, short, "\n      … and 1 more violation (--verbose shows it)\n      mend")
	assert.Regexp(t, `\n      … and \d+ more violations \(--verbose shows 9 of them\)\n      mend`, short)
	assert.NotContains(t, short, "→")
	for line := range strings.Lines(short) {
		if !strings.Contains(line, "/v2/") && !strings.Contains(line, "http") {
			assert.LessOrEqual(t, utf8.RuneCountInString(line), 121, line)
		}
	}
	for _, tc := range []struct {
		style report.Style
		marks string
	}{
		{report.Style{Verbose: true}, "\n      > HTTP/1.1 500 Internal Server Error\n"},
		{report.Style{Verbose: true, Color: true}, "\x1b[7mHTTP/1.1 500 Internal Server Error\x1b[0m\n"},
	} {
		var b bytes.Buffer
		for _, result := range all["many"].Results {
			require.NoError(t, tc.style.WriteResult(&b, result))
		}
		assert.Contains(t, b.String(), tc.marks)
		assert.Contains(t, b.String(), "X-Auth-Token: [redacted]")
	}
	assert.Contains(t, write(t, all["not checked"], report.Text),
		"could not be checked: the server refuses the credentials")
	assert.Contains(t, write(t, all["not checked"], report.Text), "5 of 18 rules were judged")
	assert.Contains(t, write(t, all["no answer"], report.Text), "got       the server closed the connection")
}

// TestHTMLMarksTheFault: and says what the report is about.
func TestHTMLMarksTheFault(t *testing.T) {
	t.Parallel()
	r := check(t, always(500, ""), nil)
	r.Started = time.Date(2026, 11, 23, 22, 0, 0, 0, time.UTC)
	html := write(t, r, report.HTML)
	for _, says := range []string{
		"<mark>HTTP/1.1 500 Internal Server Error</mark>",
		`<time datetime="2026-11-23T22:00:00Z">23 November 2026, 22:00:00 UTC`,
		`✗ </span>Does not conform`, r.ProjectID, r.InstanceID, r.TaskID, r.ContractVersion, r.Endpoint,
		`<a href="https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6">`, "Mend it:", `id="unknown-task"`,
	} {
		assert.Contains(t, html, says)
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	r := reports(t)["does not"]
	for _, format := range report.Formats() {
		got, err := report.ParseFormat(string(format))
		require.NoError(t, err)
		assert.Equal(t, format, got)
		require.ErrorIs(t, report.Write(full{}, r, format), errFull, format)
	}
	_, err := report.ParseFormat("xml")
	require.ErrorContains(t, err, `format "xml" is not known; it is text, json, junit, html or markdown`)
	require.ErrorContains(t, report.Write(io.Discard, &conformance.Report{}, "xml"), "is not known")
	for _, format := range report.Formats() {
		require.ErrorContains(t, report.Write(io.Discard, nil, format), "there is no report to write", format)
	}
}

var errFull = errors.New("no space left")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestRules(t *testing.T) {
	t.Parallel()
	var page, list bytes.Buffer
	require.NoError(t, report.WriteRules(&page, conformance.Rules()))
	require.NoError(t, report.WriteRuleList(&list, conformance.Rules()))
	for _, rule := range conformance.Rules() {
		assert.Contains(t, page.String(), "\n## "+rule.ID+"\n")
		assert.Contains(t, page.String(), strings.TrimSpace(rule.Example))
		assert.Contains(t, list.String(), rule.ID+" ("+string(rule.Level))
		for _, part := range []string{rule.Why, rule.Example, rule.Mend} {
			assert.NotEmpty(t, part, rule.ID)
		}
	}
}
