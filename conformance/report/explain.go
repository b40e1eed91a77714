package report

import (
	"fmt"
	"strings"

	"github.com/dmstask/dmstask/conformance"
)

// explanation says all about the violations of a rule, for formats that take a text.
func explanation(r conformance.Result) string {
	var b strings.Builder
	Style{Verbose: true}.violations(&b, r)
	if marksFaults(r) {
		fmt.Fprintf(&b, "%s%s\n", margin, legend)
	}
	return disarm(b.String()) // some print it into a log
}

// headline says in one line what is wrong.
func headline(r conformance.Result) string {
	if len(r.Violations) == 0 {
		return ""
	}
	v := worstFirst(r)[0]
	return fmt.Sprintf("expected %s; got %s", v.Expected, v.Got)
}
