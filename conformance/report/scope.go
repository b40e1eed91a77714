package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dmstask/dmstask/conformance"
)

// A gap is a reason why rules were not judged.
type gap struct {
	Reason string
	Rules  []string
}

func (g gap) String() string { return g.in(plain, plain) }

// in writes the rules, and the reason, which a server may have a part in.
func (g gap) in(own, foreign func(string) string) string {
	return fmt.Sprintf("%s (%s)", own(strings.Join(g.Rules, ", ")), foreign(g.Reason))
}

// plain is a text as it is.
func plain(text string) string { return text }

// gaps returns why rules were not judged, each reason once.
func gaps(r *conformance.Report) (list []gap) {
	for _, result := range r.Results {
		if result.Outcome != conformance.Skipped {
			continue
		}
		reason := strings.TrimPrefix(result.Reason, "not judged: ")
		i := slices.IndexFunc(list, func(g gap) bool { return g.Reason == reason })
		if i < 0 {
			i, list = len(list), append(list, gap{Reason: reason})
		}
		list[i].Rules = append(list[i].Rules, result.Rule.ID)
	}
	return list
}

// complete reports whether every rule was judged.
func complete(r *conformance.Report) bool {
	return len(r.LeftOut) == 0 && r.Count(conformance.Skipped) == 0
}

// judged says how many rules were judged, of all that there are.
func judged(r *conformance.Report) string {
	return fmt.Sprintf("%d of %d rules were judged", len(r.Results)-r.Count(conformance.Skipped),
		len(r.Results)+len(r.LeftOut))
}

// scope says what was looked at and what was not, or nothing where that was all there is.
func scope(r *conformance.Report) string { return scopeIn(r, plain, plain) }

// scopeIn writes words of our own in one way, and those that a server may have a part in in another.
func scopeIn(r *conformance.Report, own, foreign func(string) string) string {
	if r.Error == "" && complete(r) {
		return ""
	}
	says := judged(r) + "."
	if list := gaps(r); len(list) > 0 {
		reasons := make([]string, 0, len(list))
		for _, g := range list {
			reasons = append(reasons, g.in(own, foreign))
		}
		says += " Not judged: " + strings.Join(reasons, "; ") + "."
	}
	if len(r.LeftOut) > 0 {
		says += " Left out: " + own(strings.Join(r.LeftOut, ", ")) + "."
	}
	return says
}
