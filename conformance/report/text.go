package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/dmstask/dmstask/conformance"
)

// A Style is how a report is written to a terminal: result by result, as they become known, and then the summary.
type Style struct {
	Color   bool // with ANSI escape sequences
	Verbose bool // with requests, responses and sources of all rules, and all kinds of violations
	Width   int  // how long lines may get, in characters, unless a word is longer; the default is 80
	Column  int  // how wide the column of rule IDs is in WriteResult; the default suits the rules of this module
}

// longestID is the length of near-miss-credentials.
const longestID = 21

// Write writes a whole report. If nothing could be judged, it lists the rules only if it is verbose.
func (s Style) Write(w io.Writer, r *conformance.Report) error { return s.write(w, r, (*page).report) }

// WriteSummary writes the summary, which is at the end of a report.
func (s Style) WriteSummary(w io.Writer, r *conformance.Report) error {
	return s.write(w, r, (*page).summary)
}

func (s Style) write(w io.Writer, r *conformance.Report, part func(*page, *conformance.Report)) error {
	if r == nil {
		return errNil
	}
	p := page{Style: s}
	part(&p, cleanReport(r))
	return p.send(w)
}

// WriteResult writes a line for the rule, and for each kind of violation what was expected, what came, what was sent,
// what to do, and where that is documented.
func (s Style) WriteResult(w io.Writer, r conformance.Result) error {
	p := page{Style: s}
	p.result(clean(r))
	return p.send(w)
}

func toText(r *conformance.Report) (string, error) {
	var b strings.Builder
	err := Style{}.Write(&b, r)
	return b.String(), err
}

// A page is text in a style, line by line.
type page struct {
	Style
	out strings.Builder
}

func (p *page) text() string { return disarmText(p.out.String()) }

func (p *page) send(w io.Writer) error {
	_, err := io.WriteString(w, p.text())
	return err
}

// The layout of what is below a result.
const (
	margin = "      "
	column = 10 // for expected, got, …
	shown  = 3  // how many kinds of violations, and names of probes, are written unless all are asked for
)

// words begin the line of a rule.
var words = map[conformance.Outcome]string{
	conformance.Passed: "pass", conformance.Warned: "WARN", conformance.Failed: "FAIL", conformance.Skipped: "skip",
}

var paints = map[conformance.Outcome]paint{
	conformance.Passed: green, conformance.Warned: yellow, conformance.Failed: red, conformance.Skipped: dim,
}

func (p *page) report(r *conformance.Report) {
	for _, result := range r.Results {
		p.Column = max(p.Column, utf8.RuneCountInString(result.Rule.ID))
	}
	if p.Verbose || !nothingJudged(r) {
		for _, result := range r.Results {
			p.result(result)
		}
		p.out.WriteByte('\n')
	}
	p.summary(r)
}

func (p *page) result(r conformance.Result) {
	word := words[r.Outcome]
	head := fmt.Sprintf("%-4s  %-6s  %-*s  ", word, level(r), cmp.Or(p.Column, longestID), r.Rule.ID)
	p.hang(head, len(word), paints[r.Outcome], cmp.Or(r.Reason, r.Rule.Demands))
	p.violations(r)
	if p.Verbose {
		p.details(r)
	}
}

// violations writes what is wrong. What kinds of violations have in common is written once, after the last of them.
func (p *page) violations(r conformance.Result) {
	list := r.Violations
	if !p.Verbose {
		list = list[:min(shown, len(list))]
	}
	for i, v := range list {
		if i > 0 && p.Verbose {
			p.out.WriteByte('\n')
		}
		p.item("expected", v.Expected+" ("+string(v.Level)+")")
		p.item("got", got(v))
		if p.Verbose {
			p.item("probes", probes(r, v, len(v.Probes)))
			p.exchange(v.Example, v.Where)
		} else {
			p.item("probes", probes(r, v, shown))
			p.line("sent", column, requestLine(v.Example)) // not wrapped: it is to be copied
		}
		last := i == len(list)-1
		if last || fix(r, list[i+1]) != fix(r, v) {
			p.item("fix", fix(r, v))
		}
		if last || list[i+1].Source != v.Source {
			p.item("source", where(v.Source))
		}
	}
	if more := len(r.Violations) - len(list); more > 0 {
		p.hang(margin, 0, dim, "… and "+count(more, "more kind")+" (--verbose shows all)")
	}
	if r.More > 0 {
		p.hang(margin, 0, dim, "… and "+count(r.More, "more kind")+", not kept in the report")
	}
}

// details writes what there is to know about a rule, beyond its violations.
func (p *page) details(r conformance.Result) {
	for _, reason := range r.NotSent {
		p.item("not sent", reason)
	}
	if len(r.Violations) > 0 {
		return
	}
	for _, source := range r.Rule.Sources {
		p.item("source", where(source))
	}
	for _, e := range r.Exchanges {
		p.item("probe", e.Probe)
		p.exchange(e, "")
	}
}

// exchange writes a request and its response. Lines at fault are marked in a log without color, too.
func (p *page) exchange(e conformance.Evidence, where conformance.Where) {
	for text := range strings.SplitSeq(strings.TrimSpace(e.Request), "\n") {
		p.line("→", 2, text)
	}
	for _, l := range lines(e.Response, where) {
		if l.Marked {
			p.line(">", 2, p.paint(reverse, l.Text))
		} else {
			p.line("←", 2, l.Text)
		}
	}
	if e.Error != "" {
		p.line("←", 2, e.Error)
	}
}

func (p *page) summary(r *conformance.Report) {
	says, color := strings.TrimSpace(r.Endpoint+" "+verdict(r)), red
	if why := problem(r); why != "" {
		says += "; " + why
	}
	if r.Conforms() {
		color = green
	}
	p.hang("", len(says), color, says)
	p.hang("", 0, dim, fmt.Sprintf("%d failed, %d warned, %d skipped, %d passed", r.Count(conformance.Failed),
		r.Count(conformance.Warned), r.Count(conformance.Skipped), r.Count(conformance.Passed)))
	p.hang("", 0, dim, effort(r))
	for _, outcome := range outcomes()[:2] { // failed and warned
		var ids []string
		for _, result := range with(r, outcome) {
			ids = append(ids, result.Rule.ID)
		}
		if len(ids) > 0 {
			p.hang("", len(outcome), paints[outcome], string(outcome)+": "+strings.Join(ids, ", "))
		}
	}
	for _, remark := range remarks(r) {
		p.hang("", 0, dim, remark)
	}
}

// item writes a text with its name, if there is one.
func (p *page) item(name, text string) {
	if text != "" {
		p.hang(fmt.Sprintf("%s%-*s", margin, column, name), len(margin)+len(name), dim, text)
	}
}

// line writes a text that is not wrapped.
func (p *page) line(name string, column int, text string) {
	gap := strings.Repeat(" ", column-utf8.RuneCountInString(name))
	p.out.WriteString(strings.TrimRight(margin+p.paint(dim, name)+gap+text, " ") + "\n")
}

// hang writes a head and a text, which is wrapped next to the head, or below it if the head takes more than half of the
// line. The first bytes are painted.
func (p *page) hang(head string, painted int, color paint, text string) {
	for i, line := range wrap(head, text, cmp.Or(p.Width, 80)) {
		if i == 0 {
			painted = min(painted, len(line))
			line = p.paint(color, line[:painted]) + line[painted:]
		}
		p.out.WriteString(line + "\n")
	}
}

// wrap breaks a text at blanks.
func wrap(head, text string, width int) (lines []string) {
	length := utf8.RuneCountInString(head)
	begun := length > width/2 // there is something before which the line can be broken
	indent := cmp.Or(length, 2)
	if begun {
		indent = len(margin)
	}
	current := head
	for i, word := range strings.Split(text, " ") {
		n := utf8.RuneCountInString(word)
		switch {
		case begun && length+1+n > width:
			lines = append(lines, strings.TrimRight(current, " "))
			current, length = strings.Repeat(" ", indent), indent
		case i > 0:
			current, length = current+" ", length+1
		}
		current, length = current+word, length+n
		begun = begun || word != ""
	}
	return append(lines, strings.TrimRight(current, " "))
}

// A paint is an attribute of ANSI escape sequences (ECMA-48 section 8.3.117, SGR).
type paint string

const (
	green   paint = "32"
	yellow  paint = "33"
	red     paint = "1;31"
	dim     paint = "2"
	reverse paint = "7"
)

func (s Style) paint(p paint, text string) string {
	if !s.Color || text == "" {
		return text
	}
	return "\x1b[" + string(p) + "m" + text + "\x1b[0m"
}
