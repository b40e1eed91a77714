package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/internal/printable"
)

func writeMarkdown(w io.Writer, r *conformance.Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s %s\n\n", icons[verdict(r)], markdown(headlineOf(r)))
	if r.Error != "" {
		fmt.Fprintf(&b, "%s. %d of %d rules were judged.\n\n", markdown(r.Error), judged(r), len(r.Results))
	}
	fmt.Fprintf(&b, "%d passed, %d failed, %d warned, %d skipped\n\n", r.Count(conformance.Passed),
		r.Count(conformance.Failed), r.Count(conformance.Warned), r.Count(conformance.Skipped))
	b.WriteString("| | |\n| --- | --- |\n")
	for _, f := range facts(r) {
		fmt.Fprintf(&b, "| %s | %s |\n", f.Name, markdown(f.Value))
	}
	b.WriteString("\n| | rule | level | |\n| --- | --- | --- | --- |\n")
	for _, result := range r.Results {
		note := cmp.Or(headline(result), result.Reason, result.Rule.Demands)
		fmt.Fprintf(&b, "| %s %s | %s | %s | %s |\n", icons[string(result.Outcome)], result.Outcome,
			markdown(result.Rule.ID), result.Rule.Level, markdown(note))
	}
	for _, result := range r.Results {
		if len(result.Violations) > 0 {
			markdownViolations(&b, result)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func markdownViolations(b *strings.Builder, r conformance.Result) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n", markdown(r.Rule.ID), markdown(r.Rule.Demands))
	if r.Rule.Mend != "" {
		fmt.Fprintf(b, "\nMend it: %s\n", markdown(r.Rule.Mend))
	}
	for _, v := range r.Violations {
		fmt.Fprintf(b, "\n- expected (%s): %s\n- got: %s\n- source: %s\n", v.Level, markdown(v.Expected),
			markdown(v.Got), link(v.Source))
		if v.Exchange == nil {
			continue
		}
		text := strings.TrimSpace(printable.Lines(v.Exchange.Request)) + "\n\n" + printable.Lines(v.Exchange.Response)
		if v.Exchange.Error != "" {
			text += "\n" + v.Exchange.Error
		}
		b.WriteString("\n" + fenced("http", text))
	}
	if r.More > 0 {
		fmt.Fprintf(b, "\n… and %d more\n", r.More)
	}
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
