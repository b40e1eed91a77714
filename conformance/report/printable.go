package report

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/dmstask/dmstask/conformance"
)

// printable makes what a server sent fit for one line, which it must not steer: not on a terminal, and not by marks
// that turn the direction of writing.
func printable(line string) string {
	var b strings.Builder
	for _, r := range line {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}

// printableText does so for several lines.
func printableText(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(printable(strings.TrimRight(line, "\r\n")))
		if strings.HasSuffix(line, "\n") {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// clean returns a report of which all but requests and responses is printable: those have several lines, and spans that
// count their bytes.
func clean(r *conformance.Report) *conformance.Report {
	c := *r
	for _, field := range []*string{
		&c.Version, &c.Endpoint, &c.ProjectID, &c.InstanceID, &c.TaskID, &c.Operation, &c.ContractVersion, &c.Error,
	} {
		*field = printable(*field)
	}
	c.Results = make([]conformance.Result, 0, len(r.Results))
	for _, result := range r.Results {
		c.Results = append(c.Results, cleanResult(result))
	}
	return &c
}

func cleanResult(r conformance.Result) conformance.Result {
	r.Reason, r.Rule = printable(r.Reason), cleanRule(r.Rule)
	r.Violations = slices.Clone(r.Violations)
	for i := range r.Violations {
		v := &r.Violations[i]
		v.Expected, v.Got, v.Source = printable(v.Expected), printable(v.Got), cleanSource(v.Source)
		if v.Exchange != nil {
			x := *v.Exchange
			x.Probe, x.Error = printable(x.Probe), printable(x.Error)
			v.Exchange = &x
		}
	}
	return r
}

func cleanRule(r conformance.Rule) conformance.Rule {
	for _, field := range []*string{&r.ID, &r.Demands, &r.Why, &r.Mend} {
		*field = printable(*field)
	}
	r.Sources = slices.Clone(r.Sources)
	for i, s := range r.Sources {
		r.Sources[i] = cleanSource(s)
	}
	return r
}

func cleanSource(s conformance.Source) conformance.Source {
	return conformance.Source{Text: printable(s.Text), URL: printable(s.URL)}
}
