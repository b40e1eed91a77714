package contract_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// TestCIJobs: the jobs of docs/ci.md are YAML, the command knows their flags and variables, and what they run leaves
// the reports that they upload, whatever becomes of the check.
func TestCIJobs(t *testing.T) {
	t.Parallel()
	blocks := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindAllStringSubmatch(readFile(t, "docs", "ci.md"), -1)
	require.Len(t, blocks, 2)
	help := readFile(t, "cmd", "dms-conformance", "help.go")
	command := binary(t)
	for i, name := range []string{"GitHub", "GitLab"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job := blocks[i][1]
			require.NoError(t, yaml.Unmarshal([]byte(job), new(map[string]any)))
			for _, word := range regexp.MustCompile(`--[a-z0-9]+|DMS_[A-Z_]+`).FindAllString(job, -1) {
				assert.Contains(t, help, word)
			}
			assert.NotContains(t, job, "DMS_TASK_ID")

			run := regexp.MustCompile(`dms-conformance --timeout[^\n]*(\n +--[^\n]*)*`).FindString(job)
			require.NotEmpty(t, run)
			for _, token := range []string{"good", "wrong"} {
				s := newSubject()
				t.Cleanup(s.server.Close)
				env := []string{
					"DMS_ENDPOINT=" + s.server.URL, "DMS_PROJECT_ID=" + string(s.task.ProjectID),
					"DMS_INSTANCE_ID=" + string(s.task.InstanceID), "DMS_TOKEN=" + s.server.Token,
				}
				script := strings.Join(strings.Fields(strings.Replace(run, "dms-conformance", command, 1)), " ") + "\n"
				if token == "wrong" {
					env[3] = "DMS_TOKEN=wrong-token"
					script = strings.TrimSpace(script) + " || test $? = 2\n"
				}
				dir := t.TempDir()
				shell(t, dir, env, script)
				for _, file := range regexp.MustCompile(`conformance\.(xml|html|md)`).FindAllString(job, -1) {
					info, err := os.Stat(filepath.Join(dir, file))
					require.NoError(t, err)
					assert.Positive(t, info.Size())
				}
				assert.True(t, s.server.HasTask(s.task))
			}
		})
	}
}
