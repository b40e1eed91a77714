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

// TestMain stops before the tests if the contract does not pass the gate. If all tests are to run, the contract must
// also say what the vendor's pages say: otherwise many tests would fail for that one reason.
func TestMain(m *testing.M) {
	lint.OrExit(dmstask.Contract())
	flag.Parse()
	if lines := differences(dmstask.Contract()); len(lines) > 0 && flag.Lookup("test.run").Value.String() == "" {
		fmt.Println(strings.Join(lines, "\n"))
		os.Exit(1)
	}
	debug.SetGCPercent(400) // the heap is small: fewer collections save a quarter of the time
	m.Run()
}
