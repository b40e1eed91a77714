package contract_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the top of the repository, where openapi.yaml is.
const root = ".."

func readFile(tb testing.TB, path ...string) string {
	tb.Helper()
	content, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	require.NoError(tb, err)
	return string(content)
}
