package interop

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance"
)

// A framework is what a server for the contract is built with.
type framework struct {
	name, repo, version string
	dir                 string // of the sources
	kind                kind
	reasons             []reason // why a server violates rules as the framework's defaults leave it
}

// A reason is why rules are violated.
type reason struct {
	rules string // by ID
	got   string // a part of what the check says about each
	why   string
}

// A kind of framework says how servers are installed and started.
type kind struct {
	tool, manifest, source, language string
	install                          string // a shell command, in a copy of the sources
	start                            []string
}

var (
	python = kind{
		tool: "python3", manifest: "requirements.txt", source: "server.py", language: "python",
		install: "python3 -m venv . && bin/pip install --quiet -r requirements.txt",
		start:   []string{"bin/python", "server.py"},
	}
	node = kind{
		tool: "npm", manifest: "package.json", source: "server.js", language: "js",
		install: "npm install --no-audit --no-fund --ignore-scripts",
		start:   []string{"node", "server.js"},
	}
	// Servers in Go are modules of their own: this module does not need what they need.
	golang = kind{
		tool: "go", manifest: "go.mod", source: "main.go", language: "go",
		install: "go generate && go build -o server .",
		start:   []string{"./server"},
	}
)

var frameworks = []framework{
	{
		name: "FastAPI", repo: "fastapi/fastapi", version: "0.165.0", dir: "fastapi", kind: python,
		reasons: []reason{
			{
				"malformed-project-id malformed-instance-id malformed-task-id", "422 Unprocessable Entity",
				"FastAPI answers 422 when a parameter is invalid; the contract has no 422",
			},
			{
				"error-response", `property "error_code" is missing`,
				"FastAPI's errors have `detail` instead of `error_code` and `error_msg`",
			},
		},
	},
	{
		name: "connexion", repo: "spec-first/connexion", version: "3.3.0", dir: "connexion", kind: python,
		reasons: []reason{
			{
				"near-miss-project-id near-miss-instance-id near-miss-task-id", "500 Internal Server Error",
				"a path with `%0A` bypasses connexion's router, and with it authentication and validation, and reaches Flask's; " +
					"it gets 500 only because the context is missing there",
			},
			{"error-response", "application/problem+json", "connexion's errors are `application/problem+json`"},
		},
	},
	{
		name: "express-openapi-validator", repo: "cdimascio/express-openapi-validator", version: "5.6.2",
		dir: "express-openapi-validator", kind: node,
		reasons: []reason{
			{"error-response", "text/html", "without an error handler, Express sends an HTML page with the stack trace"},
		},
	},
	{
		name: "fastify", repo: "fastify/fastify", version: "5.12.8", dir: "fastify", kind: node,
		reasons: []reason{
			{
				"malformed-project-id malformed-instance-id malformed-task-id", "414 Request URI Too Long",
				"fastify answers 414 when a parameter has more than 100 characters; the contract has no 414",
			},
			{"unsupported-method", "404 Not Found", "fastify answers 404 for a method that a path does not support"},
			{
				"error-response", `property "error_code" is missing`,
				"fastify's errors have `statusCode`, `error` and `message` instead of `error_code` and `error_msg`",
			},
		},
	},
	{
		name: "ogen", repo: "ogen-go/ogen", version: "1.24.0", dir: "ogen", kind: golang,
		reasons: []reason{
			{
				"near-miss-instance-id", "204 No Content",
				"ogen ignores a pattern next to `format: uuid`; it accepts a UUID without hyphens, and deletes the task",
			},
			{
				"error-response", `property "error_code" is missing`,
				"ogen's errors have `error_message` instead of `error_code` and `error_msg`",
			},
			{"error-response", "405 Method Not Allowed, no content", "its 405 has no content"},
		},
	},
	{
		name: "oapi-codegen", repo: "oapi-codegen/oapi-codegen", version: "2.8.2", dir: "oapi-codegen", kind: golang,
		reasons: []reason{
			{
				"near-miss-instance-id", "204 No Content",
				"the generated code accepts a UUID without hyphens, and deletes the task",
			},
			{"malformed-task-id", "404 Not Found", "the generated code does not check patterns"},
			{"error-response", "text/plain", "errors of the generated code and of `http.ServeMux` are `text/plain`"},
		},
	},
}

// TestFrameworks checks servers built with frameworks of others, each as the framework's defaults leave it and with the
// hooks that docs/implementing.md shows. In both the service itself is sound.
func TestFrameworks(t *testing.T) {
	t.Parallel()
	for _, f := range frameworks {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			wanted(t, f.kind.tool)
			var defaults, hooks *conformance.Report
			t.Cleanup(func() { // when the tests below have ended
				if defaults != nil && hooks != nil {
					documented(t, f.dir, f.summary(defaults, hooks))
				}
			})
			t.Run("defaults", func(t *testing.T) {
				t.Parallel()
				defaults = f.check(t)
				assert.Equal(t, conformance.DoesNotConform, defaults.Verdict())
				f.explains(t, defaults)
			})
			t.Run("hooks", func(t *testing.T) {
				t.Parallel()
				hooks = f.check(t, "HOOKS=1")
				for _, result := range hooks.Results {
					assert.Equal(t, conformance.Passed, result.Outcome, result.Rule.ID)
				}
				assert.Equal(t, conformance.Conforms, hooks.Verdict())
			})
			t.Run("answers", func(t *testing.T) {
				t.Parallel()
				target := f.serve(t, "HOOKS=1")
				for _, a := range answers {
					if a.path != "" {
						a.ask(t, target, f.kind.tool == golang.tool)
					}
				}
			})
		})
	}
}

// explains holds the violations of a report against the reasons, which explain each violated rule, and no other.
func (f framework) explains(t *testing.T, report *conformance.Report) {
	t.Helper()
	unexplained := map[string][]string{}
	for _, result := range report.Results {
		for _, v := range result.Violations {
			unexplained[result.Rule.ID] = append(unexplained[result.Rule.ID], v.Got)
		}
	}
	violated := maps.Clone(unexplained)
	for _, r := range f.reasons {
		for id := range strings.FieldsSeq(r.rules) {
			assert.True(t, slices.ContainsFunc(violated[id], func(got string) bool { return strings.Contains(got, r.got) }),
				"%s: %s: %q", id, r.got, violated[id])
			delete(unexplained, id)
		}
	}
	assert.Empty(t, unexplained, "violated for other reasons")
}

// summary is what docs/interop.md says about a framework.
func (f framework) summary(defaults, hooks *conformance.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**: %d rules passed", f.name, defaults.Count(conformance.Passed))
	for _, outcome := range []conformance.Outcome{conformance.Failed, conformance.Warned, conformance.Skipped} {
		if n := defaults.Count(outcome); n > 0 {
			fmt.Fprintf(&b, ", %d %s", n, outcome)
		}
	}
	fmt.Fprintf(&b, ". With the hooks, all %d passed.\n\n", hooks.Count(conformance.Passed))
	for _, r := range f.reasons {
		fmt.Fprintf(&b, "- %s: %s\n", strings.ReplaceAll(r.rules, " ", ", "), r.why)
	}
	return b.String()
}

// check starts a server and checks it.
func (f framework) check(t *testing.T, env ...string) *conformance.Report {
	t.Helper()
	report, err := conformance.Run(t.Context(), f.serve(t, env...), conformance.Options{Strict: true})
	require.NoError(t, err)
	for _, result := range report.Results {
		for _, v := range result.Violations {
			t.Logf("%s (%s): expected %s; got %s", result.Rule.ID, v.Level, v.Expected, v.Got)
		}
	}
	return report
}

// serve starts a server, which is built once, and returns what to check.
func (f framework) serve(t *testing.T, env ...string) conformance.Target {
	t.Helper()
	port := strconv.Itoa(freePort(t))
	address := net.JoinHostPort("127.0.0.1", port)
	target := conformance.Target{
		Endpoint: "http://" + address,
		IDs:      map[string]string{"project_id": madeUp(), "instance_id": uuid.NewString(), "task_id": madeUp()},
		Token:    rand.Text(),
	}
	server := command(t, f.build(t), f.kind.start[0], f.kind.start[1:]...)
	server.Env = slices.Concat(os.Environ(), env, []string{
		"PORT=" + port, "CONTRACT=" + contractFile(t), "TOKEN=" + target.Token, "PROJECT_ID=" + target.IDs["project_id"],
		"INSTANCE_ID=" + target.IDs["instance_id"], "TASK_ID=" + target.IDs["task_id"],
	})
	run(t, server)
	listens(t, address, f.name)
	return target
}

// madeUp is an ID that nobody has.
func madeUp() string { return strings.ReplaceAll(uuid.NewString(), "-", "") }

// built has the directories of servers that are ready to start.
var built = struct {
	sync.Mutex
	dirs map[string]string
}{dirs: map[string]string{}}

// build copies the sources and the contract to the cache and installs what the server needs, under a name that changes
// with the manifest; for a server that is compiled, with all files.
func (f framework) build(t *testing.T) string {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	if dir := built.dirs[f.dir]; dir != "" {
		return dir
	}
	files, sources := map[string][]byte{}, os.DirFS(f.dir)
	require.NoError(t, fs.WalkDir(sources, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files[path], err = fs.ReadFile(sources, path)
		}
		return err
	}))
	var err error
	files["openapi.yaml"], err = os.ReadFile(contractFile(t))
	require.NoError(t, err)
	sum := sha256.New()
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if path == f.kind.manifest || f.kind.tool == golang.tool {
			fmt.Fprintf(sum, "%s %d\n%s\n", path, len(files[path]), files[path])
		}
	}
	write := func(dir string) {
		for path, content := range files {
			require.NoError(t, os.WriteFile(filepath.Join(dir, path), content, 0o600))
		}
	}
	dir := installed(t, f.dir+"-"+hex.EncodeToString(sum.Sum(nil))[:12], func(dir string) *exec.Cmd {
		write(dir)
		return command(t, dir, "sh", "-c", f.kind.install)
	})
	write(dir)
	built.dirs[f.dir] = dir
	return dir
}
