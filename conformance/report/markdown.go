package report

import (
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/internal/printable"
)

func writeMarkdown(w io.Writer, r *conformance.Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s %s\n\n", icons[verdict(r)], markdown(headlineOf(r)))
	reason := func(text string) string { return code(printable.Cut(text, noteLength)) }
	for _, line := range []string{
		code(printable.Cut(r.Error, exchangeLength)), scopeIn(r, markdown, reason), markdown(tally(r)), markdown(subject(r)),
		markdown(levels(r)),
	} {
		if line != "" {
			b.WriteString(line + "\n\n")
		}
	}
	b.WriteString("| | |\n| --- | --- |\n")
	for _, f := range facts(r) {
		fmt.Fprintf(&b, "| %s | %s |\n", f.Name, markdown(f.Value))
	}
	b.WriteString("\n| | rule | level | |\n| --- | --- | --- | --- |\n")
	for _, result := range r.Results {
		name := markdown(result.Rule.ID)
		if len(result.Violations) > 0 {
			name = fmt.Sprintf("[%s](#%s)", name, url.PathEscape(result.Rule.ID))
		}
		fmt.Fprintf(&b, "| %s %s | %s | %s | %s |\n", icons[string(result.Outcome)], result.Outcome, name,
			levelOf(result), markdownNote(result))
	}
	for _, result := range r.Results {
		if len(result.Violations) > 0 {
			markdownViolations(&b, result)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// markdownNote says in a cell of the table what became of a rule. What a server may have a part in is code: a name in
// it calls nobody, and an address leads nowhere.
func markdownNote(r conformance.Result) string {
	if len(r.Violations) > 0 {
		v := worstFirst(r)[0]
		return markdown("expected "+printable.Cut(v.Expected, noteLength)+"; got ") +
			codeInTable(printable.Cut(v.Got, noteLength))
	}
	if r.Reason != "" {
		return codeInTable(printable.Cut(r.Reason, noteLength))
	}
	return markdown(printable.Cut(r.Rule.Demands, noteLength))
}

// How much Markdown shows of what a server sent, in bytes: an issue of GitHub takes 65,536 characters in all.
const (
	noteLength     = 200
	exchangeLength = 1 << 10
)

// markdownViolations writes what is wrong by one example, the worst: most servers get a thing wrong in the
// same way each time, and the other formats have them all.
func markdownViolations(b *strings.Builder, r conformance.Result) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n", markdown(r.Rule.ID), markdown(r.Rule.Demands))
	for _, part := range []struct{ name, text string }{{"Why", r.Rule.Why}, {"Mend it", r.Rule.Mend}} {
		if part.text != "" {
			fmt.Fprintf(b, "\n**%s.** %s\n", part.name, markdown(part.text))
		}
	}
	v := worstFirst(r)[0]
	fmt.Fprintf(b, "\n- expected (%s): %s\n- got: %s\n- source: %s\n", v.Level,
		markdown(printable.Cut(v.Expected, noteLength)), code(printable.Cut(v.Got, noteLength)), link(v.Source))
	if v.Exchange != nil {
		markdownExchange(b, v.Exchange)
	}
	if more := len(r.Violations) - 1 + r.More; more > 0 {
		fmt.Fprintf(b, "\n… and %s\n", count(more, "more violation"))
	}
}

func markdownExchange(b *strings.Builder, x *conformance.Exchange) {
	fmt.Fprintf(b, "- probe: %s\n", markdown(x.Probe))
	text := printable.Cut(strings.TrimSpace(printable.Lines(x.Request)), exchangeLength) + "\n\n" +
		printable.Cut(printable.Lines(x.Response), exchangeLength)
	if x.Error != "" {
		text += "\n" + printable.Cut(x.Error, noteLength)
	}
	b.WriteString("\n" + fenced("http", text))
}

// icons of verdicts and outcomes, always beside a word.
var icons = map[string]string{
	conforms: "✅", conformsNot: "❌", notChecked: "❔",
	string(conformance.Passed): "✅", string(conformance.Failed): "❌", string(conformance.Warned): "⚠️",
	string(conformance.Skipped): "➖",
}

// markdown makes a text stand for itself.
func markdown(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch r {
		case '\\', '`', '*', '_', '[', ']', '<', '>', '|', '#', '&', '~':
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func link(s conformance.Source) string {
	if !webAddress(s.URL) {
		return markdown(sourceText(s))
	}
	return fmt.Sprintf("[%s](<%s>)", markdown(s.Text), s.URL)
}

// webAddress reports whether a URL may be made a link of.
func webAddress(url string) bool {
	web := strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://")
	return web && !strings.ContainsAny(url, "<> \n\"")
}

// fenced is a block of code whose fence is longer than any in it.
func fenced(language, text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + language + "\n" + strings.TrimRight(text, "\n") + "\n" + fence + "\n"
}
