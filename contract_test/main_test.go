package contract_test

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/dmstask/dmstask"
	"github.com/dmstask/dmstask/internal/lint"
)

// TestMain runs no test unless the contract is sound and what the vendor's pages say: else many would fail for that.
func TestMain(m *testing.M) {
	lint.OrExit(dmstask.Contract())
	if lines := differences(dmstask.Contract()); len(lines) > 0 {
		fmt.Println(strings.Join(lines, "\n"))
		os.Exit(1)
	}
	debug.SetGCPercent(400) // with the small heap of these tests, that saves a quarter of their time
	os.Exit(m.Run())
}
