package contract_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
)

// faults are the ways in which a server can be wrong.
var faults = []group{
	{"IDs", idFaults}, {"near misses", nearFaults()}, {"not seen", blindSpots}, {"credentials", credentialFaults},
	{"tokens", tokenFaults()}, {"methods", methodFaults}, {"delete", deleteFaults}, {"content", contentFaults},
	{"redirects and secrets", otherFaults}, {"wire", wireFaults}, {"all wrong", allWrong},
}

// TestFaults: a faulty server violates the rules that it should, and no others; and there is a fault for every rule.
func TestFaults(t *testing.T) {
	t.Parallel()
	if *printMatrix {
		fmt.Println("F fails, W warns, · passes, - has nothing left to look at, blank: not asked for")
	}
	var wants strings.Builder
	for _, g := range faults {
		for _, r := range g.rows {
			wants.WriteString(r.want + " ")
		}
	}
	for i, rule := range rules() {
		assert.Contains(t, wants.String(), " "+rule.ID+" ", "no fault")
		if *printMatrix {
			fmt.Println(letters()[i:i+1], rule.ID)
		}
	}
	test(t, faults...)
}

// TestSound: a server that differs in an allowed way conforms, strictly, and every rule is judged.
func TestSound(t *testing.T) {
	t.Parallel()
	test(t, group{"sound", soundServers})
}

// TestDeadEnds: where nothing can be said about a server, the check says why, and soon.
func TestDeadEnds(t *testing.T) {
	t.Parallel()
	test(t, group{"dead ends", deadEnds})
}

// TestEachRuleAlone: a rule is passed by a sound server without the others, too.
func TestEachRuleAlone(t *testing.T) {
	t.Parallel()
	for _, rule := range rules() {
		test(t, group{"alone", []row{{rule.ID, sound, only(rule.ID)}}})
	}
}

// only has these rules checked.
func only(rules ...string) change { return func(s *subject) { s.options.Only = rules } }

// TestEveryNearMissCounts: a server that takes one near miss of an ID for its own is found, and by that one alone.
func TestEveryNearMissCounts(t *testing.T) {
	t.Parallel()
	for _, parameter := range contract.Parameters() {
		for _, miss := range conformance.NearMisses() {
			if miss.For == nil || miss.For(parameter) {
				exact := func(own, id string) bool { return id == miss.Change(own) }
				found(t, strings.ReplaceAll(parameter.Name, "_", "-"), miss.Name, as(near(parameter.Name, exact), ownPath))
			}
		}
	}
	for _, miss := range conformance.TokenMisses() {
		exact := func(own, token string) bool { return token == miss.Change(own) }
		found(t, "credentials", miss.Name, as(nearToken(exact), ownToken))
	}
}

// found asserts that the rule about near misses of something finds a fault with one of its probes.
func found(t *testing.T, thing, probe string, fault change) {
	t.Helper()
	rule := "near-miss-" + thing
	t.Run(rule+": "+probe, func(t *testing.T) {
		t.Parallel()
		// Without the rule delete, the target's own task ID is not used.
		report := row{probe, "F " + rule, fault.and(only(rule, "delete"))}.check(t)
		i := slices.IndexFunc(report.Results, func(r conformance.Result) bool { return r.Rule.ID == rule })
		require.Len(t, report.Results[i].Violations, 1)
		assert.Equal(t, []string{rule + "/" + strings.ReplaceAll(probe, " ", "-")}, report.Results[i].Violations[0].Probes)
	})
}

// deadEnds are servers of which nothing can be said.
var deadEnds = slices.Concat(
	always(conformance.ErrWrongEndpoint, "404 DMS.00404001", "404 APIG.0101", "404 page", "404", "405 page",
		"405 DMS.00405001", "403 page", "400 page", "410 page", "421 page"),
	always(conformance.ErrUnavailable, "502 page", "503 page", "504 page", "502 APIG.0202", "504 APIG.0203"),
	always(conformance.ErrCredentialsRefused, "401 DMS.10240101", "401 APIG.0301", "401 page"),
	allSay("everything", vain+"the server throttles the check: 429", everything,
		"429 APIG.0308 after 0", "429 page after 0", "429 APIG.0308 after 86400"),
	many("", noAnswer, func(greeting string) change { return raw(everything, greeting) },
		"", "SSH-2.0-OpenSSH_9.7\r\n", "220 mx.example.com ESMTP\r\n", "\x15\x03\x01\x00\x02\x02\x0a"),
	many("no such API with credentials, without: ", vain+conformance.ErrWrongEndpoint.Error(), func(text string) change {
		return says(authenticated, "404 APIG.0101").and(says(stranger, text))
	}, "401 APIG.0301", "403 APIG.0302", "429 APIG.0308 after 0"),
	allSay("user may call no API", forbidden, authenticated, "403 APIG.0302"),
	allSay("user may not delete this task", forbidden, ownTask, "403 DMS.10240306", "403 DMS.00403003"),
	allSay("task still runs", doubt+"name a finished task", ownTask, "400 DMS.00400017"),
	allSay("instance is busy", doubt+"try again later", ownTask, "400 DMS.00400026"),
	[]row{
		{"throttles who has no credentials", doubt + "the server throttles", says(noCredentials, "429 APIG.0308 after 0")},
		{"token has expired", refused + "DMS.10240102", func(s *subject) { s.ExpireToken(s.Token) }},
		{"token of another project", refused + "DMS.10240104", func(s *subject) { s.AddToken(s.Token, aProject) }},
		{"wrong token", refused + "DMS.10240101", func(s *subject) { s.target.Token += "0" }},
		{"task still runs, by its state", doubt + "name a finished task", func(s *subject) { s.AddRunningTask(s.task) }},
		{"delete: 502", doubt + "502", says(ownTask, "502 page")},
		{"token expires during the run", doubt + conformance.ErrCredentialsRefused.Error() + " that", expires(20)},
		{"wrong token, methods come first", refused + "DMS.10240101", func(s *subject) {
			says(everything.but(method("DELETE")), "405 DMS.00405001")(s)
			s.target.Token += "0"
		}},
		{"redirects to https", vain + "did you mean https://", answers(everything, func(c *call) clienttest.Answer {
			return saying("301 https://" + c.Host + c.URL.Path)
		})},
		{"user may call no API, task not named", vain + conformance.ErrCredentialsRefused.Error() + " … APIG.0302",
			says(authenticated, "403 APIG.0302").and(func(s *subject) { delete(s.target.IDs, "task_id") })},
		{"wrong token, 403 without one", refused + "DMS.10240101", func(s *subject) {
			says(noCredentials, "403 APIG.0302")(s)
			s.target.Token += "0"
		}},
		{"no such task", open, func(s *subject) { s.target.IDs["task_id"] = strings.Repeat("0a", 16) }},
		{"no such instance", open, func(s *subject) { s.target.IDs["instance_id"] = uuid }},
		{"locks out after one wrong token", doubt + "lock", locks(1, "401 DMS.10240101")},
		{"panics on everything", noAnswer + "closed the connection", handle(everything, panics)},
		{"refuses connections", noAnswer + "refused", func(s *subject) { s.Close(); s.target.Endpoint = s.URL }},
		{"greets with the token", noAnswer, written(everything, func(c *call) string { return "SSH-2.0-" + c.token() })},
		{"accepts connections and says nothing", noAnswer + "no full response within", stall(everything, "")},
	},
)

// expires refuses the token after so many requests.
func expires(after int64) change {
	return says(authenticated.and(func(c *call) bool { return c.s.seen.Add(1) > after }), "401 DMS.10240102")
}

var (
	noAnswer = vain + conformance.ErrNoAnswer.Error() + " … "
	refused  = vain + conformance.ErrCredentialsRefused.Error() + ": 401 … "
)

const forbidden = doubt + "dms:instance:deleteBackgroundTask"

// always are servers that give everything the same answer.
func always(sentinel error, texts ...string) []row {
	return many("", vain+sentinel.Error(), func(text string) change { return says(everything, text+" after 0") }, texts...)
}
