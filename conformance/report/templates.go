package report

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"io"
	"regexp"
	"strings"
	"text/template"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/internal/printable"
)

//go:embed report.html *.tmpl
var files embed.FS

var functions = map[string]any{
	"cdata": cdata, "count": count, "effort": effort, "escape": escape, "explanation": explanation, "fence": fenced,
	"fix": fix, "got": got, "level": level, "lines": lines, "nothingJudged": nothingJudged,
	"outcomes": outcomes, "overview": overview, "probes": probes, "problem": problem, "remarks": remarks,
	"requestLine": requestLine, "requests": requests, "results": with, "took": took, "totals": totals,
	"verdict": verdict, "web": webAddress.MatchString,
	"list": func(items ...any) []any { return items }, // for a template that takes one value
}

var (
	pages = htmltemplate.Must(htmltemplate.New("").Funcs(functions).ParseFS(files, "report.html"))
	texts = template.Must(template.New("").Funcs(functions).ParseFS(files, "*.tmpl"))
)

func execute(t interface {
	ExecuteTemplate(io.Writer, string, any) error
}, name string, data any) (string, error) {
	var b strings.Builder
	err := t.ExecuteTemplate(&b, name, data)
	return b.String(), err
}

func toHTML(r *conformance.Report) (string, error) {
	content, err := execute(pages, "report.html", cleanReport(r))
	return disarm(content, "&#58;", "&#91;"), err
}

func toJUnit(r *conformance.Report) (string, error) {
	content, err := execute(texts, "junit.xml.tmpl", cleanReport(r))
	return disarmText(content), err // some CI systems print what failed into a log
}

func toMarkdown(r *conformance.Report) (string, error) {
	return execute(texts, "summary.md.tmpl", cleanReport(r))
}

// overview is the text of a report in Markdown. It holds everything that a server may have influenced: in a code block,
// nobody is mentioned and nothing is a link. An issue on GitHub can have 65,536 characters.
func overview(r *conformance.Report) string {
	const longest = 60_000
	p := page{Style: Style{Width: 100}}
	p.summary(r)
	for _, outcome := range outcomes()[:2] { // failed and warned
		for _, result := range with(r, outcome) {
			p.out.WriteByte('\n')
			p.result(result)
		}
	}
	return printable.Cut(p.text(), longest)
}

// explanation is all about the violations of a rule.
func explanation(r conformance.Result) string {
	p := page{Style: Style{Verbose: true, Width: 100}}
	p.violations(r)
	return p.text()
}

// cdata makes a text stand for itself in XML, as people who open the file can read it.
func cdata(text string) string {
	return "<![CDATA[" + strings.ReplaceAll(text, "]]>", "]]]]><![CDATA[>") + "]]>"
}

// totals are the counts of testcases, as attributes. There is one more testcase if the run is not complete, since
// skipped rules alone would be green.
func totals(r *conformance.Report) string {
	failures, errors := r.Count(conformance.Failed), 0
	if r.Strict {
		failures += r.Count(conformance.Warned)
	}
	if problem(r) != "" {
		errors = 1
	}
	return fmt.Sprintf(`tests="%d" failures="%d" errors="%d" skipped="%d" time="%.3f"`,
		len(r.Results)+errors, failures, errors, r.Count(conformance.Skipped), r.Duration)
}

// took is how long the requests of a rule took. A rule that looks at the responses to others has none.
func took(r conformance.Result) (seconds float64) {
	for _, e := range r.Exchanges {
		seconds += e.Duration
	}
	return seconds
}

// special are the characters that mean something in Markdown, apart from underscores: those are within words here.
var special = regexp.MustCompile("[\\\\`*<>|~&\\[\\]]")

// escape makes a text stand for itself in Markdown.
func escape(text string) string { return special.ReplaceAllString(text, `\$0`) }

var backticks = regexp.MustCompile("`{3,}")

// fenced is a block of code with a fence longer than any run of backticks in it (CommonMark 0.31 section 4.5).
func fenced(language, text string) string {
	fence := "```"
	for _, run := range backticks.FindAllString(text, -1) {
		fence = max(fence, run+"`") // all are backticks: the longest is the greatest
	}
	return fence + language + "\n" + strings.TrimRight(text, "\n") + "\n" + fence
}

// webAddress is what may be made a link.
var webAddress = regexp.MustCompile(`^https?://[^<>\s"]+$`)
