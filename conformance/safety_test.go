package conformance

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func defaultContract(t *testing.T) *Contract {
	t.Helper()
	c, err := DefaultContract()
	require.NoError(t, err)
	return c
}

// ownIDs are values that targets have: of letters and digits, of digits alone, short and long ones.
var ownIDs = map[string][]string{
	"project_id": {"0e5a9c6e2c8f4b1d9a7c3f5e8b2d4a61", strings.Repeat("0", 32)},
	"instance_id": {
		"69b3e5c4-6b0f-4e0c-9a55-2f6d0c8d7b1e", "69B3E5C4-6B0F-4E0C-9A55-2F6D0C8D7B1E",
		"00000000-0000-0000-0000-000000000000", "11111111-1111-1111-1111-111111111111",
	},
	"task_id": {
		"8abfa7b372160bfd0172165864064079", strings.Repeat("1", 32), "x", "ab", "-_", "_a_task_", "task-of-a-kind-17",
		strings.Repeat("Z", 64),
	},
}

// TestNearMissesMatchNothingElse: whatever the target's own value is, what is sent in its place carries it whole, or
// with one character replaced, or at least half of it; the contract does not allow it, or it is surely nobody's; and it
// stays in its segment.
func TestNearMissesMatchNothingElse(t *testing.T) {
	t.Parallel()
	c := defaultContract(t)
	for _, p := range c.Parameters() {
		for _, own := range ownIDs[p.Name] {
			for _, miss := range nearMisses {
				value, err := NearID(miss).value(c, p, own, "")
				if err != nil {
					require.ErrorIs(t, err, errNotSent)
					continue
				}
				where := p.Name + " " + own + " " + miss.Name + " " + value
				assert.NotEqual(t, own, value, where)
				assert.True(t, miss.NeverAssigned || c.CheckID(p.Name, value) != nil, where)
				assert.True(t, carries(value, own), where)
				assert.True(t, safeSegment(value), where)
				assert.NotEmpty(t, strings.Trim(value, "*%_?,;"), where) // never a bare wildcard
				path := c.pathOf(map[string]string{p.Name: value})
				assert.True(t, safePath(path), where)
				assert.Equal(t, strings.Count(c.path, "/"), strings.Count(path, "/"), where)
			}
		}
	}
}

// carries reports whether a value has another one whole, half of it, or all but one character in a row before and after
// another, whatever its case and its hyphens.
func carries(value, own string) bool {
	plain := strings.NewReplacer("-", "", "%", "").Replace(strings.ToLower(value))
	own = strings.ReplaceAll(strings.ToLower(own), "-", "")
	if own == "" {
		return true // it had nothing but hyphens
	}
	half := len(own) / 2 // where a character may be replaced
	without := strings.NewReplacer("0", "")
	return strings.Contains(without.Replace(plain), without.Replace(own)) ||
		strings.Contains(plain, own[:half]) && strings.Contains(plain, own[half+1:]) ||
		strings.Contains(plain, own[1:]) || plain == own[:len(own)-1]
}

// TestMadeUpIDs: they are what the contract allows, of the form of the target's own, and another one every time. A
// contract that leaves no room for one gets none.
func TestMadeUpIDs(t *testing.T) {
	t.Parallel()
	c := defaultContract(t)
	for _, p := range c.Parameters() {
		for _, own := range append(ownIDs[p.Name], "") {
			first, second := c.madeUpID(p, own), c.madeUpID(p, own)
			require.NotEmpty(t, first)
			assert.NotEqual(t, first, second)
			require.NoError(t, c.CheckID(p.Name, first))
		}
	}
	for pattern, tc := range map[string]struct {
		own      string
		possible bool
	}{
		`^[0-9A-F]{32}$`: {strings.Repeat("A0", 16), true},
		`^[0-9]{3}$`:     {"123", false},
		`^(a|b)$`:        {"a", false},
		`^0{40}$`:        {"", false},
	} {
		c := defaultContract(t)
		c.parameter("task_id").schema.Pattern = pattern
		assert.Equal(t, tc.possible, c.madeUpID(c.parameters[2], tc.own) != "", pattern)
	}
}

// TestFormIsKept: what is made up has the form of the target's own, so that its form alone is no reason to refuse it.
func TestFormIsKept(t *testing.T) {
	t.Parallel()
	form := func(text string) string {
		return strings.Map(func(r rune) rune {
			switch {
			case unicode.IsDigit(r):
				return '9'
			case unicode.IsLower(r):
				return 'a'
			case unicode.IsUpper(r):
				return 'A'
			}
			return r
		}, strings.NewReplacer("-", "x", "_", "x").Replace(text))
	}
	for _, own := range []string{"Task-42_xYz-17", "abC.dEf-09=.zz=Yx.0123456789"} {
		made, _ := like(own, false)
		assert.NotEqual(t, own, made)
		for _, text := range []string{made, altered(own), otherEnd(own)} {
			assert.Equal(t, form(own), form(text))
		}
	}
	made, _ := like("00000000-0000-7000-b000-000000000000", true)
	assert.Regexp(t, "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-b[0-9a-f]{3}-[0-9a-f]{12}$", made)
}

// TestSafeSegment: what is decoded twice on the way stays in its segment, too.
func TestSafeSegment(t *testing.T) {
	t.Parallel()
	for value, safe := range map[string]bool{
		"a": true, "~x~": true, `not"a'task<>`: true, "a b": true, "é": true, "a..b": true, "%38a": true, "a%": true,
		"a;v=1": true, "a.json": true, "a?": true, "a\x00": true,
		"": false, ".": false, "..": false, "a/b": false, "../x": false, `a\b`: false, "..;a=b": false, ".;": false,
		"%2e": false, "%2E%2e": false, ".%2e": false, "%2f": false, "a%2fb": false, "a%5Cb": false,
		"%252e%252e": false, "%252f": false, "%25%32%65": false,
	} {
		assert.Equal(t, safe, safeSegment(value), value)
	}
}

func TestSafePath(t *testing.T) {
	t.Parallel()
	for path, safe := range map[string]bool{
		"": true, "/v2/a/b": true, "/a%20b": true, "/a..b": true, "/...": true,
		"/": false, "//": false, "/a//b": false, "/a/": false, "/a/.": false, "/a/..": false, "/a/%2e%2E": false,
		"/a/.%2e": false, "/a%2Fb": false, "/a%2f..%2fb": false, "/%": false,
	} {
		assert.Equal(t, safe, safePath(path), path)
	}
}

// TestUnsafeRequestsAreNotSent: even if a probe were made wrongly, its request would not leave.
func TestUnsafeRequestsAreNotSent(t *testing.T) {
	t.Parallel()
	c := defaultContract(t)
	for _, value := range []string{"", ".", "..", "a/b", "8abfa7b372160bfd0172165864064079"} {
		ids := map[string]string{"project_id": "p", "instance_id": "i", "task_id": value}
		s := &Session{contract: c, endpoint: &url.URL{Scheme: "http", Host: "a"}, target: Target{
			Token: "made-up", IDs: map[string]string{"task_id": "8abfa7b372160bfd0172165864064079"},
		}}
		_, err := s.request(t.Context(), &Exchange{Contract: c, Method: http.MethodDelete, IDs: ids})
		assert.ErrorContains(t, err, "not sent: ", value)
	}
}

// TestRulesAreRefused: a rule that could not be reported is an error.
func TestRulesAreRefused(t *testing.T) {
	t.Parallel()
	sound := func() Rule {
		return Rule{ID: "a", Says: "A.", Demands: []Demand{{MUST, OpenAPI, Documented(4)}}, Probes: []Probe{{Name: "a"}}}
	}
	for want, change := range map[string]func(*Rule){
		`rule "A b": its ID must`:             func(r *Rule) { r.ID = "A b" },
		"rule a: it has no Says":              func(r *Rule) { r.Says = "" },
		"rule a: a demand has no Check":       func(r *Rule) { r.Demands[0].Check = nil },
		"rule a: a demand has no Check or no": func(r *Rule) { r.Demands[0].Source = Source{} },
		"rule a: a probe has no name":         func(r *Rule) { r.Probes[0].Name = "" },
	} {
		r := sound()
		change(&r)
		require.ErrorContains(t, valid([]Rule{r}), want)
	}
	require.NoError(t, valid([]Rule{sound()}))
	require.ErrorContains(t, valid([]Rule{sound(), sound()}), "be unique")
	require.Error(t, valid(nil))
}
