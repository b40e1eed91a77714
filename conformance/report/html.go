package report

import (
	_ "embed"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/internal/printable"
)

//go:embed report.html
var page string

var pageTemplate = template.Must(template.New("report").Funcs(template.FuncMap{"web": webAddress}).Parse(page))

// htmlPage is what the template shows.
type htmlPage struct {
	*conformance.Report
	Verdict  string // as a class name and as a word
	AsFarAs  string
	Headline string
	Subject  string
	Levels   string
	Scope    string
	Facts    []fact
	Counts   []htmlCount
	Rules    []htmlResult // as they were judged
	Violated []htmlResult // failed ones first
	Others   []htmlResult
}

type htmlCount struct {
	Outcome conformance.Outcome
	Count   int
	Remark  string
}

type htmlResult struct {
	conformance.Result
	Symbol     string // of the outcome, beside the word
	Level      string
	Exchanges  []htmlExchange
	Violations []htmlViolation
}

type htmlViolation struct {
	conformance.Violation
	Exchange *htmlExchange
}

type htmlExchange struct {
	Probe    string
	Request  string
	Response []segment
	Marked   bool // a part of the response
	Error    string
}

// symbols of outcomes, for those who see no colours.
var symbols = map[conformance.Outcome]string{
	conformance.Passed: "✓", conformance.Failed: "✗", conformance.Warned: "!", conformance.Skipped: "–",
}

// Date is when the run began, for machines.
func (p htmlPage) Date() string { return p.Started.UTC().Format(time.RFC3339) }

func writeHTML(w io.Writer, r *conformance.Report) error {
	p := htmlPage{
		Report: r, Verdict: verdict(r), AsFarAs: asFarAs(r), Headline: headlineOf(r), Subject: subject(r),
		Levels: levels(r), Scope: scope(r), Facts: facts(r),
	}
	for _, result := range r.Results {
		p.Rules = append(p.Rules, newHTMLResult(result))
	}
	for _, outcome := range outcomes {
		p.Counts = append(p.Counts, htmlCount{outcome, r.Count(outcome), remark(r, outcome)})
		for _, result := range p.Rules {
			switch {
			case result.Outcome != outcome:
			case len(result.Violations) > 0:
				p.Violated = append(p.Violated, result)
			default:
				p.Others = append(p.Others, result)
			}
		}
	}
	return pageTemplate.Execute(w, p)
}

func newHTMLResult(r conformance.Result) htmlResult {
	shown := htmlResult{Result: r, Symbol: symbols[r.Outcome], Level: string(levelOf(r))}
	if r.Rule.Deletes {
		shown.Level += ", deletes"
	}
	for _, v := range worstFirst(r) {
		shown.Violations = append(shown.Violations, htmlViolation{v, newHTMLExchange(v.Exchange, v.Offending)})
	}
	for _, x := range r.Exchanges {
		shown.Exchanges = append(shown.Exchanges, *newHTMLExchange(x, nil))
	}
	return shown
}

func newHTMLExchange(x *conformance.Exchange, faults []conformance.Span) *htmlExchange {
	if x == nil {
		return nil
	}
	shown := &htmlExchange{
		Probe: x.Probe, Request: strings.TrimSpace(printable.Lines(x.Request)), Error: x.Error,
		Response: segments(x.Response, faults),
	}
	for i, s := range shown.Response {
		shown.Response[i].Text = printable.Lines(s.Text)
	}
	shown.Marked = slices.ContainsFunc(shown.Response, func(s segment) bool { return s.Marked })
	return shown
}
