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

// A row is a server made of the embedded one, and what the check must say of it: the rules that are violated, and no
// others, in their order, as in "F delete W error-code"; the same with " …", where others may be too; or one of the
// constants below.
type row struct {
	name, want string
	apply      change
}

const (
	sound  = "sound" // every rule is judged, and passed without a warning
	unseen = ""      // a fault that the check is known not to find
	vain   = "! "    // with why: nothing can be said, and soon
	doubt  = "? "    // with why: the deletion cannot be judged

	// The task has gone, and no answer says so: the check cannot tell that from a wrong task ID.
	open = doubt + "the service has no such task; is the task ID right? If it is, one of the"
)

// A group is a part of a table of rows.
type group struct {
	name string
	rows []row
}

// test checks the servers of a table, and prints a matrix of rules × servers if -matrix asks for it.
func test(t *testing.T, table ...group) {
	t.Helper()
	for _, g := range slices.Backward(table) { // as what is to be printed last is registered first
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
	if s.target.Handler == nil {
		run(t.Context())
	} else { // in memory, where time is made up: no row has to wait, and a busy machine makes no answer late
		synctest.Test(t, func(t *testing.T) { run(t.Context()) })
	}
	found, why := strings.Join(violated(result), " "), &strings.Builder{}
	_ = report.Style{}.Write(why, result) // into a builder
	if len(s.Token) >= 16 {
		assert.NotContains(t, fmt.Sprint(err, *result), s.Token)
	}
	for prefix, requests := range map[string]int{vain: 25, doubt: 110} {
		if text, ok := strings.CutPrefix(r.want, prefix); ok {
			for part := range strings.SplitSeq(text, " … ") {
				require.ErrorContains(t, err, part)
			}
			assert.Equal(t, conformance.NotChecked, result.Verdict(), why)
			assert.True(t, r.want != open || found == "", why)
			assert.LessOrEqual(t, result.Requests, requests)
			return result
		}
	}
	require.NoError(t, err)
	if some, ok := strings.CutSuffix(r.want, " …"); ok {
		assert.Contains(t, found, some, why)
		return result
	}
	if r.want == sound {
		assert.Equal(t, cmp.Or(len(s.options.Only), len(rules())), result.Count(conformance.Passed), why)
		deletes := slices.ContainsFunc(result.Results, func(r conformance.Result) bool { return r.Rule.Deletes })
		assert.Equal(t, !deletes, s.HasTask(s.task))
		r.want = ""
	}
	assert.Equal(t, r.want, found, why)
	assert.Equal(t, !strings.Contains(r.want, "F "), result.Conforms())
	result.Strict = true
	assert.Equal(t, r.want == "", result.Conforms())
	return result
}

// marks are the cells of the matrix. What was not asked for stays blank.
var marks = map[conformance.Outcome]string{
	conformance.Passed: "·", conformance.Warned: "W", conformance.Failed: "F", conformance.Skipped: "-",
}

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

// letters are what heads the columns of the matrix, one for each rule.
func letters() string { return "abcdefghijklmnopqrstuvwxyz"[:len(rules())] }

// violated returns the rules that a report says are violated, as a row has them.
func violated(report *conformance.Report) (list []string) {
	for _, r := range report.Results {
		if r.Outcome == conformance.Failed || r.Outcome == conformance.Warned {
			list = append(list, marks[r.Outcome]+" "+r.Rule.ID)
		}
	}
	return list
}

const all = "project_id instance_id task_id"

// each makes a row for each parameter. In its texts {} stands for what the ID is of, {id} for the parameter as it
// stands in the IDs of rules, and {unknown} for the rule about unknown ones.
func each(parameters, name, want string, f func(parameter string) change) (list []row) {
	for parameter := range strings.FieldsSeq(parameters) {
		thing := strings.TrimSuffix(parameter, "_id")
		rule := map[bool]string{true: "foreign-project", false: "unknown-" + thing}[thing == "project"]
		fill := strings.NewReplacer("{}", thing, "{id}", thing+"-id", "{unknown}", rule)
		list = append(list, row{fill.Replace(name), fill.Replace(want), f(parameter)})
	}
	return list
}

// eachSays makes a row of each answer for each parameter.
func eachSays(parameters, name, want string, m func(parameter string) match, texts ...string) (list []row) {
	for _, text := range texts {
		list = append(list, each(parameters, name+": "+text, want, func(p string) change { return says(m(p), text) })...)
	}
	return list
}

// allSay makes a row of each answer.
func allSay(name, want string, m match, texts ...string) (list []row) {
	return many(name+": ", want, func(text string) change { return says(m, text) }, texts...)
}

// many makes rows of texts, each of which is a name as well.
func many(name, want string, f func(text string) change, texts ...string) (list []row) {
	for _, text := range texts {
		list = append(list, row{name + text, want, f(text)})
	}
	return list
}

// paired makes rows of pairs of a name and a text.
func paired(name, want string, f func(text string) change, pairs ...string) (list []row) {
	for pair := range slices.Chunk(pairs, 2) {
		list = append(list, row{name + pair[0], want, f(pair[1])})
	}
	return list
}

// take makes a server that takes the requests that match for those that may delete, and one that does so secretly.
func take(name, want string, m match, may func(c *call)) []row {
	return []row{{name + ": deletes", want, as(m, may)}, {name + ": deletes, says otherwise", open, secretly(m, may)}}
}
