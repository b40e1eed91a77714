package conformance

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/dmstask/dmstask/internal/codes"
)

// dashed returns the name of a parameter as it appears in the IDs of rules.
func dashed(name string) string { return strings.ReplaceAll(name, "_", "-") }

// probeName returns the name of a probe of a rule that differs from the others in this.
func probeName(rule, what string) string { return rule + "/" + strings.ReplaceAll(what, " ", "-") }

// unknownProbe is the name of the first probe of [UnknownRule], and of the rule.
func unknownProbe(p Parameter) string { return "unknown-" + dashed(strings.TrimSuffix(p.Name, "_id")) }

// unusual are IDs that a contract may allow and that programs do not expect. No ID of the vendor begins with a hyphen.
var unusual = map[string]func(string) string{
	"upper case":    strings.ToUpper,
	"short":         func(id string) string { return "-" + id[:min(5, len(id))] },
	"underscore":    replaceMiddle("_"),
	"64 characters": func(id string) string { return strings.Repeat(id, 1+64/len(id))[:64] },
}

// UnknownRule is about IDs of a path parameter that the contract allows and nobody has. For the last parameter it tries
// unusual ones too.
func UnknownRule(p Parameter) Rule {
	what, name := strings.TrimSuffix(p.Name, "_id"), unknownProbe(p)
	unknown := map[string]ID{p.Name: UnknownID()}
	rule := Rule{
		ID:   name,
		Says: "An unknown " + what + " gets {404}, or at least a documented 4xx.",
		Why: "If the response is 204 for something that never existed, a client does not notice a wrong ID. If it is 5xx, " +
			"the client retries in vain.",
		Fix:    "Look up the " + what + " within the rest of the path, and answer {404} if it does not exist.",
		Probes: []Probe{{Name: name, IDs: unknown}},
		Demands: []Demand{
			{MUST, OpenAPI, Documented(4)},
			{SHOULD, ErrorCodes, Unless(func(x *Exchange) bool {
				// Where the vendor leaves the format open, and for unusual IDs, a service may have a narrower one.
				narrower := p.Format == "" && codes.Says(x.ErrorCode()) == "a malformed "+p.Name
				return x.Status == http.StatusBadRequest && (narrower || x.Probe.Name != name)
			}, Status(http.StatusNotFound))},
			{SHOULD, ErrorCodes, Unless(isOneOf(http.StatusBadRequest), Code("an unknown "+what))},
		},
	}
	if !p.Last {
		return rule
	}
	for _, kind := range slices.Sorted(maps.Keys(unusual)) {
		rule.Probes = append(rule.Probes, Probe{
			Name: probeName(name, kind), IDs: map[string]ID{p.Name: UnusualID(kind, unusual[kind])},
		})
	}
	rule.Probes = append(rule.Probes, Probe{
		Name: name + "/browser", IDs: unknown, Header: map[string]string{"Accept": "text/html,*/*;q=0.8"},
	})
	return rule
}

// CaseRule is about a UUID in capital letters, which is the same one (RFC 9562 section 4). It is tried with an unknown
// ID of the last parameter.
func CaseRule(p, last Parameter) Rule {
	name, plain := "case-of-"+dashed(p.Name), unknownProbe(last)
	capitals := NearID(NearMiss{Name: "in the other case", Change: otherCase, NeverAssigned: true})
	return Rule{
		ID:   name,
		Says: "The " + p.Name + " gets the same response in upper case as in lower case.",
		Why:  "UUIDs are case-insensitive, and some programs print them in upper case.",
		Fix:  "Compare UUIDs case-insensitively.",
		Probes: []Probe{
			{Name: plain, IDs: map[string]ID{last.Name: UnknownID()}},
			{Name: name, IDs: map[string]ID{p.Name: capitals, last.Name: UnknownID()}},
		},
		Demands: []Demand{
			{MUST, OpenAPI, Unless(func(x *Exchange) bool { return x.Probe.Name == plain }, UnlessLike(plain, Documented(4)))},
			{SHOULD, RFC("9562", "4"), func(x *Exchange) *Finding {
				other := x.Answer(plain)
				if other == nil || other.Status == x.Status && other.ErrorCode() == x.ErrorCode() {
					return nil
				}
				want := strings.TrimSpace("the response in the other case: " + statusText(other.Status) + " " + other.ErrorCode())
				return &Finding{Want: want, Where: StatusLine}
			}},
		},
	}
}

// odd has characters that are special in URLs, SQL, HTML or JSON, and cannot be taken for an ID.
const odd = "~odd'\"<id>&+$|^`!@()[]{}: \u00a0é任😀~"

// MalformedRule is about values of a path parameter that the contract does not allow, and that have nothing to do with
// the target's own.
func MalformedRule(p Parameter) Rule {
	says, id := "a malformed "+p.Name, "malformed-"+dashed(p.Name)
	literal := func(name, value string) Probe {
		return Probe{Name: id + name, IDs: map[string]ID{p.Name: MalformedID(value)}}
	}
	answer := strings.TrimSpace("{400} " + strings.Join(codes.For(says), " or "))
	rule := Rule{
		ID:     id,
		Says:   "A malformed " + p.Name + " gets {400}, or at least a documented 4xx.",
		Why:    "Clients retry after a 5xx, which often means that the value was used before it was validated.",
		Fix:    "Validate " + p.Name + " against the contract before you use it; answer " + answer + ".",
		Probes: []Probe{literal("", "~not~an~id~"), literal("/odd", odd), literal("/long", strings.Repeat("0", 300))},
		Demands: []Demand{
			{MUST, OpenAPI, func(x *Exchange) *Finding {
				f := Documented(4)(x)
				if f != nil && x.Status/100 == 4 {
					f.Advice = fmt.Sprintf("The request is refused, but %d is not in the contract: it may be the default of a "+
						"framework. Answer %s.", x.Status, answer)
				}
				return f
			}},
			{SHOULD, ErrorCodes, Unless(func(x *Exchange) bool {
				// A malformed project is not that of the token either; a server may check either first. Where the format
				// of an ID is open, its length is open too.
				return p.Name == project && isOneOf(http.StatusUnauthorized, http.StatusForbidden)(x) ||
					p.Format == "" && x.Probe.Name == id+"/long"
			}, Status(http.StatusBadRequest))},
			{SHOULD, ErrorCodes, func(x *Exchange) *Finding {
				if x.Status != http.StatusBadRequest {
					return nil
				}
				return Code(says)(x)
			}},
		},
	}
	if p.Last {
		rule.Probes = append(rule.Probes, literal("/not-utf-8", "not\xffan\xc3id"))
	}
	return rule
}

// NearMissRule is about values that only resemble the target's own. If a value that has nothing to do with it gets the
// same response, the rule about that value judges it.
func NearMissRule(p Parameter) Rule {
	rule := Rule{
		ID:   "near-miss-" + dashed(p.Name),
		Says: "A value that only resembles the " + p.Name + " is refused with a documented 4xx.",
		Why:  "A server that mistakes one ID for another deletes what nobody asked it to delete.",
		Fix:  "Decode " + p.Name + " once, validate it against the contract as received, and compare the whole value.",
		Demands: []Demand{{MUST, OpenAPI, UnlessLike("malformed-"+dashed(p.Name), UnlessLike(unknownProbe(p),
			func(x *Exchange) *Finding {
				f := Documented(4)(x)
				if f != nil && x.Status/100 == 2 {
					f.Advice = "A server that accepts this " + p.Name + " probably " + x.Probe.IDs[p.Name].Bug() +
						": validate it as received, and compare the whole value."
				}
				return f
			}))}},
	}
	for _, miss := range nearMisses {
		if miss.For == nil || miss.For(p) {
			rule.Probes = append(rule.Probes, Probe{
				Name: probeName(rule.ID, miss.Name), IDs: map[string]ID{p.Name: NearID(miss)},
			})
		}
	}
	return rule
}
