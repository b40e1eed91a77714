package conformance

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// WriteText writes a result for people: a line for the rule, and for each violation what was sent, what came back,
// what was expected and where that is written.
func (r Result) WriteText(w io.Writer) error {
	var b strings.Builder
	mark := map[Outcome]string{Passed: "pass", Warned: "WARN", Failed: "FAIL", Skipped: "skip"}[r.Outcome]
	fmt.Fprintf(&b, "%-4s  %-6s  %-21s  %s\n", mark, r.Rule.Level, r.Rule.ID, cmp.Or(r.Reason, r.Rule.Demands))
	for i, v := range r.Violations {
		if i == shown {
			fmt.Fprintf(&b, "      … and %d more; a report in JSON has them all\n", len(r.Violations)-shown)
			break
		}
		fmt.Fprintf(&b, "      sent      %s\n", indent(v.Exchange.Request))
		fmt.Fprintf(&b, "      got       %s\n", printable(v.Got))
		fmt.Fprintf(&b, "      expected  %s (%s)\n", printable(v.Expected), v.Level)
		fmt.Fprintf(&b, "      source    %s\n", strings.TrimSpace(v.Source.Text+" "+v.Source.URL))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// shown is how many violations of a rule are written out: a server that gets a thing wrong does so every time.
const shown = 3

// WriteSummary writes the last line of a text report.
func (r *Report) WriteSummary(w io.Writer, strict bool) error {
	verdict := "conforms"
	if !r.Conforms(strict) {
		verdict = "does not conform"
	}
	_, err := fmt.Fprintf(w, "\n%s %s to contract %s:\n"+
		"%d passed, %d failed, %d warned, %d skipped (%d requests, %.0f ms)\n",
		r.Endpoint, verdict, r.ContractVersion,
		r.Count(Passed), r.Count(Failed), r.Count(Warned), r.Count(Skipped), r.Requests, r.Duration*1000)
	return err
}

// WriteJSON writes a report as one JSON document.
func (r *Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(r)
}

// printable makes what a server sent fit for a line on a terminal, which it must not steer.
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

// indent writes the lines of a message under each other.
func indent(message string) string {
	var lines []string
	for line := range strings.Lines(strings.TrimSpace(message)) {
		lines = append(lines, printable(strings.TrimRight(line, "\r\n")))
	}
	return strings.Join(lines, "\n                ")
}
