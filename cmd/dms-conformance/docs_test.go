package main

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

// root is the top of the repository.
const root = "../.."

// blocks returns the code of a page in one language that has a text.
func blocks(t *testing.T, page, language, having string) (list []string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, page)) //nolint:gosec // G304: a page of this repository
	require.NoError(t, err)
	fenced := regexp.MustCompile("(?ms)^```" + language + "\n(.*?)^```$")
	for _, block := range fenced.FindAllStringSubmatch(string(content), -1) {
		if strings.Contains(block[1], having) {
			list = append(list, block[1])
		}
	}
	require.NotEmpty(t, list, having)
	return list
}

// login is redirected to by a server that has no other answer for a request without credentials.
func login(own http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Auth-Token") == "" && r.Header.Get("Authorization") == "" {
			http.Redirect(w, r, "https://login.example.com/", http.StatusFound)
			return
		}
		own.ServeHTTP(w, r)
	})
}

// A cloud stands for one: a server, its IDs instead of those of the pages, and a file with a cloud prod.
type cloud struct {
	*clienttest.Server
	dir, task string
}

func newCloud(t *testing.T) cloud {
	t.Helper()
	s := clienttest.New(t)
	c := cloud{s, t.TempDir(), string(s.NewTask().TaskID)}
	own := "auth: {auth_url: %q, ak: %s, sk: %s, project_name: %s}"
	own = fmt.Sprintf(own, s.IdentityURL(), s.AccessKey, s.SecretKey, s.ProjectName)
	for name, content := range map[string]string{"token": s.Token, "clouds.yaml": "clouds: {prod: {" + own + "}}"} {
		require.NoError(t, os.WriteFile(filepath.Join(c.dir, name), []byte(content), 0o600))
	}
	return c
}

func (c cloud) ref() client.TaskRef {
	return client.TaskRef{ProjectID: c.ProjectID, InstanceID: c.InstanceID, TaskID: client.TaskID(c.task)}
}

// shell runs a script with the command on its path, and returns what it prints and its exit status.
func (c cloud) shell(t *testing.T, script string, env ...string) (out string, status int) {
	t.Helper()
	script = strings.NewReplacer(
		"https://dms.eu-de.otc.t-systems.com", c.URL, "go run ./cmd/dms-conformance", "dms-conformance",
		"~/.dms-token", "token", "0e5a9c6e2c8f4b1d9a7c3f5e8b2d4a61", string(c.ProjectID),
		"69b3e5c4-6b0f-4e0c-9a55-2f6d0c8d7b1e", string(c.InstanceID), "8abfa7b372160bfd0172165864064079", c.task,
		"--contract openapi.yaml", "--contract "+abs(root, "openapi.yaml"),
	).Replace(script)
	cmd := exec.CommandContext(t.Context(), "sh", "-eu", "-c", script) //nolint:gosec // G204: of this repository
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), append([]string{"OS_CLIENT_CONFIG_FILE=clouds.yaml"}, env...)...)
	text, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil {
		require.ErrorAs(t, err, &exit)
	}
	assert.NotContains(t, string(text), c.Token)
	return string(text), cmd.ProcessState.ExitCode()
}

// TestPages runs the commands of the README and of docs/check.md as they stand. What takes the go command is run by
// .ci/run.
func TestPages(t *testing.T) {
	t.Parallel()
	ci, err := os.ReadFile(filepath.Join(root, ".ci", "run"))
	require.NoError(t, err)
	for _, block := range append(blocks(t, "README.md", "sh", "go "), blocks(t, "docs/check.md", "sh", "go ")...) {
		if !strings.Contains(block, "go run ./cmd/dms-conformance") {
			for line := range strings.Lines(block) {
				assert.Contains(t, string(ci), line, "neither a test nor CI runs it")
			}
			continue
		}
		out, status := newCloud(t).shell(t, block)
		assert.Zero(t, status, "%s\n%s", block, out)
		assert.Contains(t, out, " conforms", block)
	}
}

// TestREADMEShowsWhatIsPrinted: the part of a report that the README has is what the command prints.
func TestREADMEShowsWhatIsPrinted(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.Wrap(login)
	out, status := c.shell(t, "dms-conformance", c.env()...)
	assert.Equal(t, 1, status, out)
	anyID := regexp.MustCompile(`[0-9a-f-]{32,}`)
	for _, block := range blocks(t, "README.md", "text", "FAIL") {
		assert.Contains(t, anyID.ReplaceAllString(out, "ID"), anyID.ReplaceAllString(block, "ID"))
	}
}

// TestWhatARunSends: docs/check.md has the numbers of a run in which no rule is skipped.
func TestWhatARunSends(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs", "check.md"))
	require.NoError(t, err)
	most := regexp.MustCompile(`at most (\d+) requests.*\s.*\s.*At most (\d+) have wrong credentials`).FindSubmatch(page)
	require.NotNil(t, most)
	out, status := newCloud(t).shell(t, "dms-conformance")
	assert.Zero(t, status, out)
	assert.Contains(t, out, fmt.Sprintf("%s requests (%s with wrong credentials)", most[1], most[2]))
}

// env is what a CI system sets.
func (c cloud) env(more ...string) []string {
	return append([]string{
		"DMS_ENDPOINT=" + c.URL, "DMS_PROJECT_ID=" + string(c.ProjectID), "DMS_INSTANCE_ID=" + string(c.InstanceID),
		"DMS_TOKEN=" + c.Token, "GITHUB_STEP_SUMMARY=summary.md",
	}, more...)
}

// A ciJob is what a CI system runs.
type ciJob struct {
	check, show string                       // scripts: the second one runs whatever the first one comes to
	env         func(vars []string) []string // of the scripts, where a project has these variables
}

// gitLabJob returns the job of docs/ci.md. GitLab shows its report by itself.
func gitLabJob(t *testing.T) ciJob {
	t.Helper()
	var pipeline map[string]struct{ Script []string }
	require.NoError(t, yaml.Unmarshal([]byte(blocks(t, "docs/ci.md", "yaml", "artifacts:")[0]), &pipeline))
	script := pipeline["dms-conformance"].Script
	return ciJob{script[len(script)-1], "true", func(vars []string) []string { return vars }}
}

// expression is one of GitHub that looks up a name.
var expression = regexp.MustCompile(`\$\{\{ \w+\.([\w-]+) \}\}`)

// gitHubJob returns what action.yml does for the workflow of docs/ci.md with more inputs.
func gitHubJob(t *testing.T, more map[string]string) (job ciJob) {
	t.Helper()
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct {
				Uses string
				With map[string]string
			}
		}
	}
	var action struct {
		Inputs map[string]struct {
			Required bool
			Default  string
		}
		Runs struct {
			Steps []struct {
				If, Run, Shell string
				Env            map[string]string
			}
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(blocks(t, "docs/ci.md", "yaml", "runs-on:")[0]), &workflow))
	content, err := os.ReadFile(filepath.Join(root, "action.yml"))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(content, &action))

	steps := workflow.Jobs["conformance"].Steps
	caller := steps[len(steps)-1]
	require.Equal(t, "./dmstask", caller.Uses)
	with := make(map[string]string)
	for name, input := range action.Inputs {
		with[name] = cmp.Or(more[name], caller.With[name], input.Default)
		assert.False(t, input.Required && with[name] == "", name)
	}
	for name := range caller.With {
		assert.Contains(t, with, name)
	}
	assert.Subset(t, with, more)
	step := make(map[string]string)
	for _, s := range action.Runs.Steps {
		assert.NotContains(t, s.Run, "${{", "a script runs what is in an expression")
		assert.Equal(t, s.Run != "", s.Shell == "bash")
		switch {
		case strings.Contains(s.Run, "dms-conformance \"$@\""):
			job.check, step = s.Run, s.Env
		case strings.Contains(s.Run, "GITHUB_STEP_SUMMARY"):
			job.show = s.Run
			assert.Equal(t, "always()", s.If)
		}
	}
	job.env = func(vars []string) (env []string) {
		values := make(map[string]string)
		for _, v := range vars {
			name, value, _ := strings.Cut(v, "=")
			values[name] = value
		}
		lookUp := func(text string, values map[string]string) string {
			return expression.ReplaceAllStringFunc(text, func(e string) string {
				name := expression.FindStringSubmatch(e)[1]
				assert.Contains(t, values, name)
				return values[name]
			})
		}
		for name, text := range step {
			env = append(env, name+"="+lookUp(lookUp(text, with), values))
		}
		return append(env, "GITHUB_STEP_SUMMARY=summary.md")
	}
	return job
}

// TestCIJobs runs what the jobs of docs/ci.md run, and looks for the reports that they upload: for a server that
// conforms, one that does not, and one that cannot be checked. Without an endpoint no other server is checked.
func TestCIJobs(t *testing.T) {
	t.Parallel()
	for name, job := range map[string]ciJob{"GitLab": gitLabJob(t), "GitHub": gitHubJob(t, nil)} {
		for want, more := range map[int]string{0: "A=b", 1: "A=b", 2: "DMS_ENDPOINT=http://127.0.0.1:1"} {
			c := newCloud(t)
			if want == 1 {
				c.Wrap(login)
			}
			env := job.env(c.env(more))
			out, status := c.shell(t, job.check, env...)
			assert.Equal(t, want, status, "%s\n%s", name, out)
			assert.True(t, c.HasTask(c.ref()), "a job that runs by itself deletes nothing")
			for _, report := range regexp.MustCompile(`=(conformance\.\w+)`).FindAllStringSubmatch(job.check, -1) {
				content, err := os.ReadFile(filepath.Join(c.dir, report[1]))
				require.NoError(t, err, name)
				assert.NotEmpty(t, content)
				assert.NotContains(t, string(content), c.Token)
			}
			_, status = c.shell(t, job.show, env...)
			assert.Zero(t, status)
			if name == "GitHub" {
				assert.FileExists(t, filepath.Join(c.dir, "summary.md"))
			}
		}
		c := newCloud(t)
		out, status := c.shell(t, job.check, job.env(c.env("DMS_ENDPOINT="))...)
		assert.NotZero(t, status)
		assert.NotContains(t, out, "conforms")
	}
}

// TestActionInputs: the inputs that the workflow of docs/ci.md leaves out do what they say.
func TestActionInputs(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	job := gitHubJob(t, map[string]string{"task-id": c.task, "strict": "true"})
	out, status := c.shell(t, job.check, job.env(c.env())...)
	assert.Zero(t, status, out)
	assert.False(t, c.HasTask(c.ref()), out)

	c = newCloud(t)
	c.Wrap(func(own http.Handler) http.Handler { // a SHOULD is violated
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusMethodNotAllowed)
				fmt.Fprint(w, `{"error_code": "DMS.00405001", "error_msg": "There is no such method."}`)
				return
			}
			own.ServeHTTP(w, r)
		})
	})
	for want, strict := range []string{"false", "true"} {
		job := gitHubJob(t, map[string]string{"strict": strict})
		out, status := c.shell(t, job.check, job.env(c.env())...)
		assert.Equal(t, want, status, out)
	}
}

// TestCIWithoutToken: the clouds.yaml of docs/ci.md needs an access key from the environment, and nothing else.
func TestCIWithoutToken(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	file := strings.NewReplacer(
		"https://iam.eu-de.otc.t-systems.com/v3", c.IdentityURL(), "name: eu-de", "name: "+c.ProjectName,
	).Replace(blocks(t, "docs/ci.md", "yml", "clouds")[0])
	require.NoError(t, os.WriteFile(filepath.Join(c.dir, "clouds.yaml"), []byte(file), 0o600))
	out, status := c.shell(t, "dms-conformance --cloud=dms", "OS_ACCESS_KEY="+c.AccessKey, "OS_SECRET_KEY="+c.SecretKey,
		"DMS_INSTANCE_ID="+string(c.InstanceID))
	assert.Zero(t, status, out)
	assert.Contains(t, out, c.URL+" conforms")
}

func abs(path ...string) string {
	path[0], _ = filepath.Abs(path[0]) // it is a directory of this repository
	return filepath.Join(path...)
}
