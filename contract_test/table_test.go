package contract_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/report"
)

var printMatrix = flag.Bool("matrix", false, "print which rule finds which fault")

// A row is a server, and what the check must report. want lists exactly the rules that are violated, in their order:
// F before a rule is a failure, W a warning, as in "F delete W error-code". If want ends with " …", there may be more.
// Or want is one of the constants below.
type row struct {
	name, want string
	apply      change
}

const (
	sound    = "sound" // every rule is judged, and passes without a warning
	unseen   = ""      // the server is faulty, but the check is known not to notice
	unusable = "! "    // and parts of the error: the check gives up after a few requests
	unclear  = "? "    // and parts of the error: the deletion cannot be judged

	// The task no longer exists, and no response showed its deletion: the check cannot tell that from a wrong task ID.
	vanished = unclear + "the service has no such task; is the task ID right? If it is, one of the"
)

// A group is a part of the table.
type group struct {
	name string
	rows []row
}

// test runs the check against the servers of a table. With -matrix, it then prints rules × servers.
func test(t *testing.T, table ...group) {
	t.Helper()
	for _, g := range slices.Backward(table) { // cleanup functions run in reverse order
		lines := make([]string, len(g.rows))
		t.Cleanup(func() {
			if *printMatrix {
				fmt.Printf("\n%s %s, %d\n%s", letters(), strings.ToUpper(g.name), len(lines), strings.Join(lines, ""))
			}
		})
		for i, r := range g.rows {
			t.Run(g.name+": "+r.name, func(t *testing.T) {
				t.Parallel()
				lines[i] = cells(r.check(t)) + " " + r.name + "\n"
			})
		}
	}
}

func (r row) check(t *testing.T) *conformance.Report {
	t.Helper()
	s := newSubject(t, r.apply)
	var result *conformance.Report
	var err error
	run := func(ctx context.Context) { result, err = conformance.Run(ctx, s.target, s.options) }
	if s.target.Handler == nil { // over sockets, which need a real clock
		run(t.Context())
	} else { // with a fake clock: nothing has to wait, and nothing is late on a busy machine
		synctest.Test(t, func(t *testing.T) { run(t.Context()) })
	}
	found, text := violated(result), &strings.Builder{}
	_ = report.Style{}.Write(text, result) // a Builder returns no errors
	if len(s.Token) >= 16 {
		assert.NotContains(t, fmt.Sprint(err, *result), s.Token)
	}
	for prefix, requests := range map[string]int{unusable: 25, unclear: 110} {
		if parts, ok := strings.CutPrefix(r.want, prefix); ok {
			for part := range strings.SplitSeq(parts, " … ") {
				require.ErrorContains(t, err, part)
			}
			assert.Equal(t, conformance.NotChecked, result.Verdict(), text)
			assert.True(t, r.want != vanished || found == "", text)
			assert.LessOrEqual(t, result.Requests, requests)
			return result
		}
	}
	require.NoError(t, err)
	if some, ok := strings.CutSuffix(r.want, " …"); ok {
		assert.Contains(t, found, some, text)
		return result
	}
	if r.want == sound {
		assert.Equal(t, cmp.Or(len(s.options.Only), len(rules())), result.Count(conformance.Passed), text)
		deletes := slices.ContainsFunc(result.Results, func(r conformance.Result) bool { return r.Rule.Deletes })
		assert.Equal(t, !deletes, s.HasTask(s.task))
		r.want = ""
	}
	assert.Equal(t, r.want, found, text)
	assert.Equal(t, !strings.Contains(r.want, "F "), result.Conforms())
	result.Strict = true
	assert.Equal(t, r.want == "", result.Conforms())
	return result
}

// marks are the cells of the matrix.
var marks = map[conformance.Outcome]string{
	conformance.Passed: "·", conformance.Warned: "W", conformance.Failed: "F", conformance.Skipped: "-",
}

// cells returns a line of the matrix. Rules that were not asked for stay blank.
func cells(report *conformance.Report) string {
	outcomes := map[string]string{}
	for _, r := range report.Results {
		outcomes[r.Rule.ID] = marks[r.Outcome]
	}
	var line strings.Builder
	for _, rule := range rules() {
		line.WriteString(cmp.Or(outcomes[rule.ID], " "))
	}
	return line.String()
}

// letters are the columns of the matrix, one for each rule.
func letters() string { return "abcdefghijklmnopqrstuvwxyz"[:len(rules())] }

// violated returns the violated rules in the form of a row.
func violated(report *conformance.Report) string {
	var list []string
	for _, r := range report.Results {
		if r.Outcome == conformance.Failed || r.Outcome == conformance.Warned {
			list = append(list, marks[r.Outcome]+" "+r.Rule.ID)
		}
	}
	return strings.Join(list, " ")
}

const all = "project_id instance_id task_id"

// each makes a row for each parameter. In name and want, {} stands for "project", "instance" or "task", {id} for
// "project-id" and so on, and {unknown} for the rule about unknown IDs.
func each(parameters, name, want string, f func(parameter string) change) (list []row) {
	for parameter := range strings.FieldsSeq(parameters) {
		thing := strings.TrimSuffix(parameter, "_id")
		rule := strings.Replace("unknown-"+thing, "unknown-project", "foreign-project", 1)
		fill := strings.NewReplacer("{}", thing, "{id}", thing+"-id", "{unknown}", rule)
		list = append(list, row{fill.Replace(name), fill.Replace(want), f(parameter)})
	}
	return list
}

// eachSays makes a row for each parameter and each response: see saying.
func eachSays(parameters, name, want string, m idMatch, texts ...string) (list []row) {
	for _, text := range texts {
		list = append(list, each(parameters, name+": "+text, want, func(p string) change { return says(m(p), text) })...)
	}
	return list
}

// allSay makes a row for each response: see saying.
func allSay(name, want string, m match, texts ...string) []row {
	return many(name+": ", want, func(text string) change { return says(m, text) }, texts...)
}

// many makes a row for each text, which is the name as well.
func many(name, want string, f func(text string) change, texts ...string) (list []row) {
	for _, text := range texts {
		list = append(list, row{name + text, want, f(text)})
	}
	return list
}

// paired makes a row for each pair of a name and a text.
func paired(name, want string, f func(text string) change, pairs ...string) (list []row) {
	for pair := range slices.Chunk(pairs, 2) {
		list = append(list, row{name + pair[0], want, f(pair[1])})
	}
	return list
}

// deletesFor makes two rows: a server that takes requests for deletions of the task, and one that does so secretly.
func deletesFor(name, want string, m match, by edit) []row {
	return []row{
		{name + ": deletes", want, takes(m, by)}, {name + ": deletes, says otherwise", vanished, secretly(m, by)},
	}
}
