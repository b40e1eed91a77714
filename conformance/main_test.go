package conformance_test

import (
	"testing"

	"github.com/dmstask/dmstask"
	"github.com/dmstask/dmstask/internal/lint"
)

// TestMain runs no test unless the contract is sound: else each would fail for the same reason.
func TestMain(m *testing.M) {
	lint.OrExit(dmstask.Contract())
	m.Run()
}
