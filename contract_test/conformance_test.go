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

// faults is the table of faulty servers.
var faults = []group{
	{"IDs", idFaults}, {"near misses", nearFaults()}, {"not seen", blindSpots}, {"credentials", credentialFaults},
	{"tokens", tokenFaults()}, {"methods", methodFaults}, {"delete", deleteFaults}, {"content", contentFaults},
	{"redirects and secrets", otherFaults}, {"wire", wireFaults}, {"all wrong", allWrong},
}

// TestFaults: each faulty server violates exactly the rules that it should, and each rule finds a fault.
func TestFaults(t *testing.T) {
	t.Parallel()
	if *printMatrix {
		fmt.Println("F fails, W warns, · passes, - has nothing left to look at, blank: not asked for")
	}
	for i, rule := range rules() {
		violates := func(r row) bool { return slices.Contains(strings.Fields(r.want), rule.ID) }
		hasFault := func(g group) bool { return slices.ContainsFunc(g.rows, violates) }
		assert.True(t, slices.ContainsFunc(faults, hasFault), "no server violates %s", rule.ID)
		if *printMatrix {
			fmt.Println(letters()[i:i+1], rule.ID)
		}
	}
	test(t, faults...)
}

// TestSound: a server that differs in a way that the contract allows passes every rule, without a warning.
func TestSound(t *testing.T) {
	t.Parallel()
	test(t, group{"sound", soundServers})
}

// TestDeadEnds: if a server cannot be judged, the check says why, after a few requests.
func TestDeadEnds(t *testing.T) {
	t.Parallel()
	test(t, group{"dead ends", deadEnds})
}

// TestEachRuleAlone: the embedded server passes each rule even if the check runs no other.
func TestEachRuleAlone(t *testing.T) {
	t.Parallel()
	for _, rule := range rules() {
		test(t, group{"alone", []row{{rule.ID, sound, only(rule.ID)}}})
	}
}

// only limits the check to these rules.
func only(rules ...string) change { return func(s *subject) { s.options.Only = rules } }

// TestEveryNearMissCounts: a server that accepts a single near miss is found, by the request with that near miss.
func TestEveryNearMissCounts(t *testing.T) {
	t.Parallel()
	for _, parameter := range contract.Parameters() {
		for _, miss := range conformance.NearMisses() {
			if miss.For == nil || miss.For(parameter) {
				exactly := mistakenID(func(own, id string) bool { return id == miss.Change(own) })(parameter.Name)
				found(t, "near-miss-"+strings.ReplaceAll(parameter.Name, "_", "-"), miss.Name, takes(exactly, ownPath))
			}
		}
	}
	for _, miss := range conformance.TokenMisses() {
		exactly := mistakenToken(func(own, token string) bool { return token == miss.Change(own) })
		found(t, "near-miss-credentials", miss.Name, takes(exactly, ownToken))
	}
}

// found asserts that a near-miss rule finds a fault, with this probe and no other.
func found(t *testing.T, rule, probe string, fault change) {
	t.Helper()
	t.Run(rule+": "+probe, func(t *testing.T) {
		t.Parallel()
		// The rule delete makes the check use near misses of the real task ID.
		report := row{probe, "F " + rule, fault.and(only(rule, "delete"))}.check(t)
		i := slices.IndexFunc(report.Results, func(r conformance.Result) bool { return r.Rule.ID == rule })
		require.Len(t, report.Results[i].Violations, 1)
		assert.Equal(t, []string{rule + "/" + strings.ReplaceAll(probe, " ", "-")}, report.Results[i].Violations[0].Probes)
	})
}

// deadEnds are servers that cannot be judged.
var deadEnds = slices.Concat(
	many("", unusable+conformance.ErrWrongEndpoint.Error(), alwaysSays, "404 DMS.00404001", "404 APIG.0101", "404 page",
		"404", "405 page", "405 DMS.00405001", "403 page", "400 page", "410 page", "421 page"),
	many("", unusable+conformance.ErrUnavailable.Error(), alwaysSays,
		"502 page", "503 page", "504 page", "502 APIG.0202", "504 APIG.0203"),
	many("", unusable+conformance.ErrCredentialsRefused.Error(), alwaysSays,
		"401 DMS.10240101", "401 APIG.0301", "401 page"),
	allSay("everything", unusable+"the server throttles the check: 429", everything,
		"429 APIG.0308 after 0", "429 page after 0", "429 APIG.0308 after 86400"),
	many("", noAnswer, rawTo(everything),
		"", "SSH-2.0-OpenSSH_9.7\r\n", "220 mx.example.com ESMTP\r\n", "\x15\x03\x01\x00\x02\x02\x0a"),
	many("wrong path, without credentials: ", unusable+conformance.ErrWrongEndpoint.Error(), func(text string) change {
		return says(authenticated, "404 APIG.0101").and(says(stranger, text))
	}, "401 APIG.0301", "403 APIG.0302", "429 APIG.0308 after 0"),
	allSay("user may call no API", forbidden, authenticated, "403 APIG.0302"),
	allSay("user may not delete this task", forbidden, ownTask, "403 DMS.10240306", "403 DMS.00403003"),
	allSay("task still runs", unclear+"name a finished task", ownTask, "400 DMS.00400017"),
	allSay("instance is busy", unclear+"try again later", ownTask, "400 DMS.00400026"),
	[]row{
		{"throttles who has no credentials", unclear + "the server throttles", says(noCredentials, "429 APIG.0308 after 0")},
		{"token has expired", refused + "DMS.10240102", func(s *subject) { s.ExpireToken(s.Token) }},
		{"token of another project", refused + "DMS.10240104", func(s *subject) { s.AddToken(s.Token, aProject) }},
		{"wrong token", refused + "DMS.10240101", func(s *subject) { s.target.Token += "0" }},
		{"task still runs, by its state", unclear + "name a finished task", func(s *subject) { s.AddRunningTask(s.task) }},
		{"delete: 502", unclear + "502", says(ownTask, "502 page")},
		{"token expires during the run", unclear + conformance.ErrCredentialsRefused.Error() + " that",
			says(authenticated.and(after(20)), "401 DMS.10240102")},
		{"wrong token, methods come first", refused + "DMS.10240101", func(s *subject) {
			says(everything.but(method("DELETE")), "405 DMS.00405001")(s)
			s.target.Token += "0"
		}},
		{"redirects to https", unusable + "did you mean https://", answers(everything, func(c *call) clienttest.Answer {
			return saying("301 https://" + c.Host + c.URL.Path)
		})},
		{"user may call no API, task not named", unusable + conformance.ErrCredentialsRefused.Error() + " … APIG.0302",
			says(authenticated, "403 APIG.0302").and(func(s *subject) { delete(s.target.IDs, "task_id") })},
		{"wrong token, 403 without one", refused + "DMS.10240101", func(s *subject) {
			says(noCredentials, "403 APIG.0302")(s)
			s.target.Token += "0"
		}},
		{"no such task", vanished, func(s *subject) { s.target.IDs["task_id"] = strings.Repeat("0a", 16) }},
		{"no such instance", vanished, func(s *subject) { s.target.IDs["instance_id"] = uuid }},
		{"locks out after one wrong token", unclear + "lock", locks(1, "401 DMS.10240101")},
		{"panics on everything", noAnswer + "closed the connection", handle(everything, func(*call) { panic("a fault") })},
		{"refuses connections", noAnswer + "refused", func(s *subject) { s.Close(); s.target.Endpoint = s.URL }},
		{"greets with the token", noAnswer, written(everything, func(c *call) string { return "SSH-2.0-" + c.token() }, nil)},
		{"accepts connections and says nothing", noAnswer + "no full response within", stall(everything, "")},
	},
)

var (
	noAnswer = unusable + conformance.ErrNoAnswer.Error() + " … "
	refused  = unusable + conformance.ErrCredentialsRefused.Error() + ": 401 … "
)

const forbidden = unclear + "dms:instance:deleteBackgroundTask"

func alwaysSays(text string) change { return says(everything, text+" after 0") }
