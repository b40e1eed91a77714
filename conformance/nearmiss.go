package conformance

import (
	"fmt"
	"strings"
)

// A NearMiss is a change of the target's own value that a careless server does not notice, so that it mistakes the
// result for that value. The result can match nothing but the target's own value: it contains all of it, or all but one
// character. It is never empty or a dot segment, and has no slash.
type NearMiss struct {
	Name   string                  // how reports call it
	Bug    string                  // what is wrong with a server that takes it for the target's own
	Change func(own string) string // returns own where it cannot be changed like this
	For    func(Parameter) bool    // optional: for which path parameters; the default is all

	// NeverAssigned says that no service assigns the result, even if the contract allows it. Without it, a result that the
	// contract allows is not sent.
	NeverAssigned bool
}

// NearMisses returns the table of near misses of an ID.
func NearMisses() []NearMiss { return append([]NearMiss(nil), nearMisses...) }

var nearMisses = []NearMiss{
	{"with a digit after it", "compares prefixes", after("0"), nil, true},
	{"with a digit before it", "compares suffixes, or parses numbers", before("0"), nil, true},
	// No more than one character: IDs that the same process of the vendor generates begin alike.
	{"without its last character", "searches by prefix", cutLast, nil, true},
	{"without its first character", "searches by suffix", cutFirst, nil, true},
	{"in the other case", "ignores case", otherCase, notUUID, true},
	{"with a space after it", "trims whitespace", after(" "), nil, false},
	{"with a space before it", "trims whitespace", before(" "), nil, false},
	{"with a newline after it", "lets $ match before a newline", after("\n"), nil, false},
	{"with a zero byte after it", "treats a zero byte as the end", after("\x00"), nil, false},
	{"with a semicolon after it", "strips matrix parameters", after(";v=1"), notProject, false},
	{"with an extension", "strips file extensions", after(".json"), last, false},
	{"with % after it", "matches with LIKE", after("%"), notProject, false},
	{"with * after it", "matches with globs", after("*"), last, false},
	{"with _ for a character", "matches with LIKE", replaceMiddle("_"), last, true},
	{"with ? for a character", "matches with globs", replaceMiddle("?"), last, false},
	{"with a full-width character", "normalizes Unicode (NFKC)", fullWidth, notProject, false},
	{"encoded twice", "decodes twice", encoded, nil, false},
	{"twice, with a comma", "accepts lists", func(own string) string { return own + "," + own }, last, false},
	{"without hyphens", "parses UUIDs leniently", func(own string) string { return strings.ReplaceAll(own, "-", "") },
		uuid, false},
	{"in braces", "parses UUIDs leniently", func(own string) string { return "{" + own + "}" }, uuid, false},
	{"as a URN", "parses UUIDs leniently", before("urn:uuid:"), uuid, false},
	{"with short groups", "parses UUIDs leniently", shortGroups, uuid, false},
	{"as a UUID", "parses UUIDs leniently", hyphens, lastNotUUID, true},
}

func last(p Parameter) bool    { return p.Last }
func uuid(p Parameter) bool    { return p.Format == "uuid" }
func notUUID(p Parameter) bool { return !uuid(p) }

func lastNotUUID(p Parameter) bool { return p.Last && !uuid(p) }

// notProject leaves out what needs a lookup: a project is compared with that of the token.
func notProject(p Parameter) bool { return p.Name != project }

func after(suffix string) func(string) string { return func(own string) string { return own + suffix } }
func before(prefix string) func(string) string {
	return func(own string) string { return prefix + own }
}

func cutLast(own string) string  { return own[:len(own)-1] }
func cutFirst(own string) string { return own[1:] }

func firstHalf(own string) string  { return own[:(len(own)+1)/2] }
func secondHalf(own string) string { return own[len(own)/2:] }

// otherCase turns small letters into capitals, or where there are none, capitals into small letters.
func otherCase(own string) string {
	if upper := strings.ToUpper(own); upper != own {
		return upper
	}
	return strings.ToLower(own)
}

func replaceMiddle(with string) func(string) string {
	return func(own string) string { return own[:len(own)/2] + with + own[len(own)/2+1:] }
}

// fullWidth replaces the first letter or digit by its full-width form, U+FF01 to U+FF5E.
func fullWidth(own string) string {
	return string(rune(own[0])-'!'+'\uff01') + own[1:]
}

func encoded(own string) string { return fmt.Sprintf("%%%02X%s", own[0], own[1:]) }

// shortGroups leaves out a leading zero of a group, as numbers can do without. If no group has one, a group gets one
// more.
func shortGroups(own string) string {
	groups := strings.Split(own, "-")
	for i, group := range groups {
		if i > 0 && strings.HasPrefix(group, "0") {
			groups[i] = group[1:]
			return strings.Join(groups, "-")
		}
	}
	groups[len(groups)-1] = "0" + groups[len(groups)-1]
	return strings.Join(groups, "-")
}

// hyphens writes 32 digits as a UUID.
func hyphens(own string) string {
	if len(own) != 32 {
		return own
	}
	return strings.Join([]string{own[:8], own[8:12], own[12:16], own[16:20], own[20:]}, "-")
}

// A TokenMiss is a change of the target's own token that a careless server does not notice.
type TokenMiss struct {
	Name   string
	Bug    string
	Change func(token string) string // returns token where it cannot be changed like this
}

// TokenMisses returns the table of near misses of a token.
func TokenMisses() []TokenMiss { return append([]TokenMiss(nil), tokenMisses...) }

var tokenMisses = []TokenMiss{
	{"with a character after it", "compares prefixes", after("A")},
	{"its first half", "compares the first characters only", firstHalf},
	{"its second half", "compares the last characters only", secondHalf},
	{"in the other case", "ignores case", otherCase},
	{"of the same length", "checks the length or the format only", altered},
	{"with another end", "compares the first characters only, or does not verify the signature", otherEnd},
}

// altered changes the third quarter of a token.
func altered(token string) string { return alter(token, len(token)/2, len(token)*3/4) }

// otherEnd changes a few characters near the end of a token, where a JSON Web Token has its signature. The very last
// ones may be padding, or bits that do not count.
func otherEnd(token string) string {
	return alter(token, max(len(token)*3/4, len(token)-16), len(token)-3)
}

// alter changes the characters of a token from one place up to another, or if that changes nothing, the middle.
func alter(token string, from, to int) string {
	b := []byte(token)
	for i := from; i < to; i++ {
		b[i] = neighbor(b[i])
	}
	if middle := len(b) / 2; string(b) == token {
		if b[middle] = neighbor(b[middle]); string(b) == token {
			b[middle] = 'x'
		}
	}
	return string(b)
}

// neighbor returns another character of the same kind, if there is one. The dots of a JSON Web Token stay.
func neighbor(b byte) byte {
	switch {
	case b >= '0' && b <= '9':
		return '0' + (b-'0'+1)%10
	case b >= 'a' && b <= 'z':
		return 'a' + (b-'a'+1)%26
	case b >= 'A' && b <= 'Z':
		return 'A' + (b-'A'+1)%26
	case b == '.', b == '=': // which make a token what it is
		return b
	}
	return 'x'
}
