package contract_test

import (
	"encoding/xml"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// A ciJob is what there is to say about a job of docs/ci.md, whatever system it is for.
type ciJob struct {
	text    string
	check   string   // the command that makes the reports
	always  []string // what runs after it, also if it failed
	reports []string // the files that go to the system
}

// ciBlocks returns the code of docs/ci.md in one language.
func ciBlocks(t *testing.T, language string) (blocks []string) {
	t.Helper()
	fenced := regexp.MustCompile("(?ms)^```" + language + "\n(.*?)^```$")
	for _, block := range fenced.FindAllStringSubmatch(readFile(t, "docs", "ci.md"), -1) {
		blocks = append(blocks, block[1])
	}
	return blocks
}

func gitHubJob(t *testing.T, text string) ciJob {
	t.Helper()
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct {
				If, Uses, Run string
				With          struct{ Path string }
			}
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(text), &workflow))
	job := ciJob{text: text, reports: []string{"summary"}}
	for _, step := range workflow.Jobs["conformance"].Steps {
		switch {
		case strings.HasPrefix(step.Run, "dms-conformance "):
			job.check = step.Run
		case step.If == "always()" && step.Run != "":
			job.always = append(job.always, step.Run)
		case step.If == "always()" && strings.HasPrefix(step.Uses, "actions/upload-artifact@"):
			job.reports = append(job.reports, strings.Fields(step.With.Path)...)
		}
	}
	return job
}

func gitLabJob(t *testing.T, text string) ciJob {
	t.Helper()
	var pipeline map[string]struct {
		Script    []string
		Artifacts struct {
			When    string
			Paths   []string
			Reports struct{ JUnit string }
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(text), &pipeline))
	job := pipeline["dms-conformance"]
	require.NotEmpty(t, job.Script)
	assert.Equal(t, "always", job.Artifacts.When)
	return ciJob{
		text:    text,
		check:   job.Script[len(job.Script)-1],
		reports: append(job.Artifacts.Paths, job.Artifacts.Reports.JUnit),
	}
}

// TestCIJobs runs what the jobs of docs/ci.md run, and looks for the reports that they upload: for a server that
// conforms, one that does not, one that cannot be checked, and none at all.
func TestCIJobs(t *testing.T) {
	t.Parallel()
	blocks := ciBlocks(t, "yaml")
	require.Len(t, blocks, 2)
	for name, job := range map[string]ciJob{"GitHub": gitHubJob(t, blocks[0]), "GitLab": gitLabJob(t, blocks[1])} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.True(t, strings.HasPrefix(job.check, "dms-conformance "), job.check)
			require.Contains(t, job.reports, "conformance.xml")
			assert.NotContains(t, job.text, "DMS_TASK_ID", "a job that runs by itself deletes nothing")
			documented(t, job)

			t.Run("conforms", func(t *testing.T) { job.run(t, newSubject(), "", 0) })
			t.Run("does not", func(t *testing.T) {
				s := newSubject()
				s.server.Wrap(redirect(noToken, http.StatusFound, "https://login.example.com/")(s))
				job.run(t, s, "", 1)
			})
			t.Run("refused", func(t *testing.T) { job.run(t, newSubject(), "DMS_TOKEN=wrong-token", 2) })
			t.Run("down", func(t *testing.T) { job.run(t, newSubject(), "DMS_ENDPOINT=http://127.0.0.1:1", 2) })
			t.Run("not set", func(t *testing.T) {
				out := shell(t, t.TempDir(), []string{"DMS_ENDPOINT=", "PATH=" + pathWith(t)}, "! ("+job.check+")\n")
				assert.NotContains(t, out, "conforms", "the embedded server has been checked in place of yours")
			})
		})
	}
}

// documented looks every flag and variable of a job up in the help of the command.
func documented(t *testing.T, job ciJob) {
	t.Helper()
	help := readFile(t, "cmd", "dms-conformance", "help.go")
	words := regexp.MustCompile(`--[a-z0-9-]+|\bDMS_[A-Z_]+`)
	known := map[string]bool{}
	for _, word := range words.FindAllString(help, -1) {
		known[word] = true
	}
	used := append(words.FindAllString(job.check, -1), regexp.MustCompile(`\bDMS_[A-Z_]+`).FindAllString(job.text, -1)...)
	require.NotEmpty(t, used)
	for _, word := range used {
		assert.True(t, known[word], "%s is not in the help", word)
	}
}

// run runs the check of a job with the variables that the job would have, where env may change one.
func (job ciJob) run(t *testing.T, s subject, env string, status int) {
	t.Helper()
	t.Cleanup(s.server.Close)
	dir := t.TempDir()
	script := fmt.Sprintf("status=0; (%s) || status=$?; test $status = %d\n%s\n",
		job.check, status, strings.Join(job.always, "\n"))
	out := shell(t, dir, []string{
		"DMS_ENDPOINT=" + s.server.URL, "DMS_PROJECT_ID=" + string(s.task.ProjectID),
		"DMS_INSTANCE_ID=" + string(s.task.InstanceID), "DMS_TASK_ID=", "DMS_TOKEN=" + s.server.Token,
		"GITHUB_STEP_SUMMARY=" + filepath.Join(dir, "summary"), "PATH=" + pathWith(t), env,
	}, script)
	assert.NotContains(t, out, s.server.Token)
	files := os.DirFS(dir)
	for _, name := range job.reports {
		content, err := fs.ReadFile(files, name)
		require.NoError(t, err)
		assert.NotEmpty(t, content, name)
		assert.Less(t, len(content), 1<<20, "%s: more than GitHub takes for a summary", name)
		assert.NotContains(t, string(content), s.server.Token, name)
	}
	var junit struct {
		Errors   int `xml:"errors,attr"`
		Failures int `xml:"failures,attr"`
	}
	content, err := fs.ReadFile(files, "conformance.xml")
	require.NoError(t, err)
	require.NoError(t, xml.Unmarshal(content, &junit))
	assert.Equal(t, status == 1, junit.Failures > 0, "%s", content)
	assert.Equal(t, status == 2, junit.Errors > 0, "%s", content)
	assert.True(t, s.server.HasTask(s.task))
}

// pathWith returns a PATH on which the command is.
func pathWith(t *testing.T) string {
	t.Helper()
	return filepath.Dir(binary(t)) + string(os.PathListSeparator) + os.Getenv("PATH")
}

// TestCIWithoutToken: the clouds.yaml of docs/ci.md needs an access key from the environment, and nothing else.
func TestCIWithoutToken(t *testing.T) {
	t.Parallel()
	blocks := ciBlocks(t, "yml")
	require.Len(t, blocks, 1)
	s := newSubject()
	t.Cleanup(s.server.Close)
	clouds := strings.NewReplacer(
		"https://iam.eu-de.otc.t-systems.com/v3", s.server.IdentityURL(),
		"project_name: eu-de", "project_name: "+s.server.ProjectName,
	).Replace(blocks[0])
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "clouds.yaml"), []byte(clouds), 0o600))
	out := shell(t, dir, []string{
		"OS_CLIENT_CONFIG_FILE=clouds.yaml", "OS_ACCESS_KEY=" + s.server.AccessKey, "OS_SECRET_KEY=" + s.server.SecretKey,
		"DMS_INSTANCE_ID=" + string(s.task.InstanceID), "DMS_ENDPOINT=", "DMS_PROJECT_ID=", "DMS_TASK_ID=", "DMS_TOKEN=",
		"PATH=" + pathWith(t),
	}, "dms-conformance --cloud=dms\n")
	assert.Contains(t, out, s.server.URL+" conforms")
	assert.True(t, s.server.HasTask(s.task))
}
