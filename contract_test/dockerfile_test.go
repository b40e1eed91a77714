package contract_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDockerfile: what the image is built of is enough to build the command. No docker is asked.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	build, _, _ := strings.Cut(readFile(t, "Dockerfile"), "FROM scratch")
	copies := regexp.MustCompile(`(?m)^COPY (.+) (\S+)$`).FindAllStringSubmatch(build, -1)
	require.NotEmpty(t, copies)
	for _, c := range copies {
		for source := range strings.FieldsSeq(c[1]) {
			from, to := filepath.Join(root, source), filepath.Join(dir, c[2])
			if info, err := os.Stat(from); err == nil && info.IsDir() { //nolint:gosec // G703: of this repository
				require.NoError(t, os.CopyFS(to, os.DirFS(from)))
				continue
			}
			content, err := os.ReadFile(from) //nolint:gosec // G304: a file of this repository
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(to, source), content, 0o600)) //nolint:gosec // G703: likewise
		}
	}
	require.Contains(t, build, "./cmd/dms-conformance")
	command := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", "command", "./cmd/dms-conformance")
	command.Dir = dir
	out, err := command.CombinedOutput()
	require.NoError(t, err, string(out))
}
