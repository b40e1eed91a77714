package contract_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestImportFromAnotherModule builds and runs a program outside this module, imported as the README says. In place of
// go mod tidy, which asks a module proxy, it starts from the versions that this module was tested with; .ci/run has the
// README's commands as they stand.
func TestImportFromAnotherModule(t *testing.T) {
	t.Parallel()
	checkout, err := filepath.Abs(root)
	require.NoError(t, err)
	dir := t.TempDir()
	for name, content := range map[string]string{
		"main.go": readFile(t, "contract_test", "testdata", "program.go"),
		"go.sum":  readFile(t, "go.sum"),
		"go.mod":  strings.Replace(readFile(t, "go.mod"), "github.com/dmstask/dmstask", "example.com/program", 1),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	script := readmeBlock(t, "sh", "go mod edit")
	script = strings.NewReplacer("=../dmstask", "="+checkout, "go mod tidy", "go run .").Replace(script)
	out := shell(t, dir, []string{"GOPROXY=off"}, script)
	assert.Contains(t, out, "deleted: true")
}

// shell runs a script, which must succeed, and returns what it prints.
func shell(t *testing.T, dir string, env []string, script string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-eu")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = strings.NewReader(script)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", script, out)
	return string(out)
}
