package report

import (
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/internal/printable"
)

// WriteRuleList writes a short list of the rules, as text for a terminal of this width; 0 means 80 characters.
func WriteRuleList(w io.Writer, rules []conformance.Rule, c *conformance.Contract, width int) error {
	p := page{Style: Style{Width: width}}
	for _, rule := range rules {
		r := clean(rule.Text(c))
		deletes := map[bool]string{true: ", deletes"}[r.Deletes]
		p.out.WriteString(r.ID + " (" + string(r.Level) + deletes + ")\n")
		p.hang("    ", 0, dim, r.Demands)
		for _, s := range r.Sources {
			p.hang("    source: ", 0, dim, where(s))
		}
	}
	return p.send(w)
}

// WriteRules writes a description of the rules, as a page of Markdown.
func WriteRules(w io.Writer, rules []conformance.Rule, c *conformance.Contract) error {
	content, err := execute(texts, "rules.md.tmpl", map[string]any{"Rules": rules, "Contract": c})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, printable.Lines(content))
	return err
}

// A requestGroup has the requests of a rule that differ from the operation itself in the same respects.
type requestGroup struct {
	Differ   string // in what; "" for the operation itself
	Requests []request
	Bugs     bool // there is a request with a Bug
}

// A request is what a rule sends.
type request struct {
	Says string // the difference from the operation itself
	Bug  string // of a server that takes it for the operation itself, if that is known
}

// requests returns what a rule sends.
func requests(rule conformance.Rule, c *conformance.Contract) (groups []requestGroup) {
	for _, probe := range rule.Probes {
		differ, q := difference(probe, c)
		i := slices.IndexFunc(groups, func(g requestGroup) bool { return g.Differ == differ })
		if i < 0 {
			i, groups = len(groups), append(groups, requestGroup{Differ: differ})
		}
		groups[i].Requests = append(groups[i].Requests, q)
		groups[i].Bugs = groups[i].Bugs || q.Bug != ""
	}
	return groups
}

// difference returns in which respects a request differs from the operation itself, and how.
func difference(p conformance.Probe, c *conformance.Contract) (differ string, q request) {
	var respects, says []string
	add := func(respect, how string) {
		const longest = 100 // of a value, in bytes
		respects, says = append(respects, respect), append(says, printable.Cut(how, longest))
	}
	if p.Method != "" {
		add("another method", p.Method)
	}
	for _, parameter := range c.Parameters() {
		if id, ok := p.IDs[parameter.Name]; ok {
			add("another "+parameter.Name, id.String())
			q.Bug = id.Bug()
		}
	}
	if name := p.Credentials.String(); name != (conformance.Credentials{}).String() {
		add("other credentials", name)
		for _, miss := range conformance.TokenMisses() {
			if conformance.NearToken(miss).String() == name {
				q.Bug = miss.Bug
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Header)) {
		add("one more header field", name+": "+p.Header[name])
	}
	q.Says = strings.Join(says, " + ")
	return strings.Join(respects, " and "), q
}
