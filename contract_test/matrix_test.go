package contract_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dmstask/dmstask/conformance"
)

var printMatrix = flag.Bool("matrix", false, "print which rule notices which fault")

// A matrix shows rules × servers. It is printed when the test that fills it is over, if -matrix asks for it.
type matrix struct {
	mu   sync.Mutex
	rows []row
}

type row struct {
	group, name string
	cells       map[string]string // by rule
}

// marks are the cells of a matrix.
var marks = map[conformance.Outcome]string{
	conformance.Passed: "·", conformance.Warned: "W", conformance.Failed: "F", conformance.Skipped: "-",
}

func newMatrix(t *testing.T) *matrix {
	t.Helper()
	m := &matrix{}
	t.Cleanup(func() {
		if *printMatrix {
			fmt.Fprint(os.Stdout, m)
		}
	})
	return m
}

func (m *matrix) add(group, name string, report *conformance.Report) {
	cells := map[string]string{}
	for _, result := range report.Results {
		cells[result.Rule.ID] = marks[result.Outcome]
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rows = append(m.rows, row{group, name, cells})
}

// String is the matrix, with a letter for each rule.
func (m *matrix) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b strings.Builder
	b.WriteString("F fails, W warns, · passes, - has nothing left to look at, blank: not asked for\n\n")
	slices.SortFunc(m.rows, func(a, b row) int {
		return cmp.Or(strings.Compare(a.group, b.group), strings.Compare(a.name, b.name))
	})
	var letters strings.Builder
	for i, rule := range rules() {
		letters.WriteRune(rune('a' + i))
		fmt.Fprintf(&b, "%c %s\n", 'a'+i, rule.ID)
	}
	for i, r := range m.rows {
		if i == 0 || r.group != m.rows[i-1].group {
			fmt.Fprintf(&b, "\n%s %s\n", &letters, strings.ToUpper(r.group))
		}
		for _, rule := range rules() {
			b.WriteString(cmp.Or(r.cells[rule.ID], " "))
		}
		b.WriteString(" " + r.name + "\n")
	}
	fmt.Fprintf(&b, "\n%d servers, %d rules\n\n", len(m.rows), letters.Len())
	return b.String()
}
