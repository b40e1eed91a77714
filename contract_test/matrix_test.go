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
	cells       string
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
	cells := make([]string, 0, len(report.Results))
	for _, result := range report.Results {
		cells = append(cells, fmt.Sprintf("%2s", marks[result.Outcome]))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rows = append(m.rows, row{group, name, strings.Join(cells, " ")})
}

// String is the matrix, with a number for each rule.
func (m *matrix) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b strings.Builder
	b.WriteString("F fails, W warns, · passes, - has nothing left to look at\n\n")
	numbers := make([]string, 0, len(conformance.Rules()))
	for i, rule := range conformance.Rules() {
		numbers = append(numbers, fmt.Sprintf("%2d", i+1))
		fmt.Fprintf(&b, "%2d %s\n", i+1, rule.ID)
	}
	slices.SortFunc(m.rows, func(a, b row) int {
		return cmp.Or(strings.Compare(a.group, b.group), strings.Compare(a.name, b.name))
	})
	group := ""
	for _, r := range m.rows {
		if r.group != group {
			group = r.group
			fmt.Fprintf(&b, "\n%-44s%s\n", strings.ToUpper(group), strings.Join(numbers, " "))
		}
		fmt.Fprintf(&b, "%-44s%s\n", r.name, r.cells)
	}
	fmt.Fprintf(&b, "\n%d servers, %d rules\n\n", len(m.rows), len(numbers))
	return b.String()
}
