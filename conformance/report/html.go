package report

import (
	_ "embed"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/internal/printable"
)

//go:embed report.html
var page string

var pageTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"text": printable.Lines, "web": webAddress, "level": ruleLevel,
}).Parse(page))

// htmlPage is what the template shows.
type htmlPage struct {
	*conformance.Report
	Verdict  string // as a class name and as a word
	Headline string
	Facts    []fact
	Judged   int
	Counts   []htmlCount
	Violated []htmlResult // failed ones first
	Others   []htmlResult
}

type htmlCount struct {
	Outcome conformance.Outcome
	Count   int
}

type htmlResult struct {
	conformance.Result
	Shown []htmlViolation
}

type htmlViolation struct {
	conformance.Violation
	Response []segment
}

// Date is when the run began, for machines.
func (p htmlPage) Date() string { return p.Started.UTC().Format(time.RFC3339) }

func writeHTML(w io.Writer, r *conformance.Report) error {
	p := htmlPage{Report: r, Verdict: verdict(r), Headline: headlineOf(r), Facts: facts(r), Judged: judged(r)}
	for _, outcome := range outcomes {
		p.Counts = append(p.Counts, htmlCount{outcome, r.Count(outcome)})
		for _, result := range r.Results {
			if result.Outcome != outcome {
				continue
			}
			shown := newHTMLResult(result)
			if len(result.Violations) > 0 {
				p.Violated = append(p.Violated, shown)
			} else {
				p.Others = append(p.Others, shown)
			}
		}
	}
	return pageTemplate.Execute(w, p)
}

func newHTMLResult(r conformance.Result) htmlResult {
	shown := htmlResult{Result: r}
	for _, v := range r.Violations {
		hv := htmlViolation{Violation: v}
		if v.Exchange != nil {
			exchange := *v.Exchange
			exchange.Request = strings.TrimSpace(exchange.Request)
			hv.Exchange = &exchange
			hv.Response = segments(v.Exchange.Response, v.Offending)
			for i, s := range hv.Response {
				hv.Response[i].Text = printable.Lines(s.Text)
			}
		}
		shown.Shown = append(shown.Shown, hv)
	}
	return shown
}
