package contract_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestClosedPipe: who reads the first line of the output only, as head -1 does, still gets the report in a file, and is
// told that something was lost.
func TestClosedPipe(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, r.Close())
	t.Cleanup(func() { _ = w.Close() })
	file := filepath.Join(t.TempDir(), "new.xml")
	var stderr bytes.Buffer
	//nolint:gosec // G204: the command of this repository
	cmd := exec.CommandContext(t.Context(), binary(t), "--verbose", "--report=junit="+file)
	cmd.Stdout, cmd.Stderr = w, &stderr
	_ = cmd.Run()
	assert.Equal(t, 2, cmd.ProcessState.ExitCode())
	assert.Contains(t, stderr.String(), "writing the report: ")
	content, err := os.ReadFile(file) //nolint:gosec // G304: a file of this test
	require.NoError(t, err)
	assert.Contains(t, string(content), "</testsuites>")
}
