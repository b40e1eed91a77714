package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/dmstask/dmstask/conformance"
)

// WriteRuleList writes the rules in short, as text.
func WriteRuleList(w io.Writer, rules []conformance.Rule) error {
	var b strings.Builder
	for _, r := range rules {
		r = cleanRule(r)
		fmt.Fprintf(&b, "%s (%s)\n    %s\n", r.ID, ruleLevel(r), r.Demands)
		for _, s := range r.Sources {
			fmt.Fprintf(&b, "    source: %s\n", s.Text)
			if s.URL != "" {
				fmt.Fprintf(&b, "            %s\n", s.URL)
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func ruleLevel(r conformance.Rule) string {
	if r.Deletes {
		return string(r.Level) + ", deletes"
	}
	return string(r.Level)
}

const rulesIntro = `# Rules

What the check demands of a server. A violated MUST means that the server does not conform; a violated SHOULD is a
warning, or with --strict the same. Some rules of level MUST have a part that is a SHOULD, which their sentence says.
Rules marked "deletes" delete the record of the one task that was named, and are skipped if none was.

"Sent" is what a rule asks the server for: with the credentials of the target and for what was named to the check, where
nothing else is said. An ID that was not named is made up. A request that is of several rules is made once.

An example is an answer that the check takes for a violation; {token} stands for the token of the request.

`

// WriteRules writes all about the rules, as Markdown.
func WriteRules(w io.Writer, rules []conformance.Rule) error {
	var b strings.Builder
	b.WriteString(rulesIntro)
	for _, r := range rules {
		fmt.Fprintf(&b, "- [%s](#%s) (%s)\n", r.ID, r.ID, ruleLevel(r))
	}
	shared := map[string]string{}
	for _, r := range rules {
		r = cleanRule(r)
		fmt.Fprintf(&b, "\n## %s\n\n**%s.** %s\n", r.ID, ruleLevel(r), markdown(r.Demands))
		if r.Why != "" {
			fmt.Fprintf(&b, "\n**Why.** %s\n", markdown(r.Why))
		}
		fmt.Fprintf(&b, "\n**Sent.** %s\n", markdown(sent(r, shared)))
		for _, p := range r.Probes {
			shared[p.Name] = cmp.Or(shared[p.Name], r.ID)
		}
		links := make([]string, 0, len(r.Sources))
		for _, s := range r.Sources {
			links = append(links, link(s))
		}
		fmt.Fprintf(&b, "\n**Source.** %s\n", strings.Join(links, "; "))
		if r.Example != "" {
			fmt.Fprintf(&b, "\n**A violation.**\n\n%s", fenced("http", r.Example))
		}
		if r.Mend != "" {
			fmt.Fprintf(&b, "\n**Mend it.** %s\n", markdown(r.Mend))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
