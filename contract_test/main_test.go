package contract_test

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/dmstask/dmstask"
	"github.com/dmstask/dmstask/internal/lint"
)

// TestMain runs no test unless the contract is sound and, if all tests are asked for, what the vendor's pages say: else
// many would fail for that. It has less garbage collected, which would be a quarter of the time of these tests.
func TestMain(m *testing.M) {
	lint.OrExit(dmstask.Contract())
	flag.Parse()
	lines := differences(dmstask.Contract())
	if len(lines) > 0 && flag.Lookup("test.run").Value.String() == "" {
		fmt.Println(strings.Join(lines, "\n"))
		os.Exit(1)
	}
	debug.SetGCPercent(400) // with the small heap of these tests, that saves a quarter of their time
	m.Run()
}
