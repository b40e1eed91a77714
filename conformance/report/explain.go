package report

import (
	"fmt"
	"strings"

	"github.com/dmstask/dmstask/conformance"
)

// explanation says all about the violations of a rule, for formats that take a text.
func explanation(r conformance.Result) string {
	var b strings.Builder
	for _, v := range r.Violations {
		Style{Verbose: true}.violation(&b, v)
		b.WriteByte('\n')
	}
	Style{}.item(&b, "mend", r.Rule.Mend)
	if r.More > 0 {
		fmt.Fprintf(&b, "… and %d more\n", r.More)
	}
	return b.String()
}

// headline says in one line what is wrong.
func headline(r conformance.Result) string {
	if len(r.Violations) == 0 {
		return ""
	}
	v := r.Violations[0]
	return fmt.Sprintf("expected %s; got %s", v.Expected, v.Got)
}
