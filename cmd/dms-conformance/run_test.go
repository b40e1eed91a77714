package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask"
	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/report"
)

const secret = "s3cret-t0ken"

// result is what a run of the command leaves behind.
type result struct {
	status         int
	stdout, stderr string
}

// lookup makes an environment of variables.
func lookup(variables map[string]string) environment {
	return func(name string) (string, bool) { value, set := variables[name]; return value, set }
}

func command(t *testing.T, env map[string]string, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), args, lookup(env), &stdout, &stderr)
	return result{status, stdout.String(), stderr.String()}
}

func newServer(t *testing.T) (server *clienttest.Server, env map[string]string) {
	t.Helper()
	server = clienttest.NewServer()
	t.Cleanup(server.Close)
	server.AddToken(secret, server.ProjectID)
	return server, map[string]string{
		"DMS_ENDPOINT":    server.URL,
		"DMS_PROJECT_ID":  string(server.ProjectID),
		"DMS_INSTANCE_ID": string(server.InstanceID),
		"DMS_TASK_ID":     string(server.NewTask().TaskID),
		"DMS_TOKEN":       secret,
	}
}

func TestEmbedded(t *testing.T) {
	t.Parallel()
	got := command(t, nil)
	assert.Equal(t, conforms, got.status)
	assert.Contains(t, got.stderr, "the embedded server is checked")
	assert.Equal(t, len(conformance.Rules()), strings.Count(got.stdout, "\npass")+1)
	assert.Contains(t, got.stdout, "18 passed, 0 failed, 0 warned, 0 skipped")
}

func TestWithoutTarget(t *testing.T) {
	t.Parallel()
	help := command(t, nil, "--help")
	assert.Equal(t, conforms, help.status)
	assert.Empty(t, help.stderr)
	assert.Contains(t, help.stdout, "\n  --help ")
	(&options{}).flags(lookup(nil)).VisitAll(func(f *flag.Flag) {
		if f.Name != "token" && f.Name != "v" { // the one is refused, the other is short for --verbose
			assert.Regexp(t, "(?m)^  --"+f.Name+"\\b", help.stdout)
		}
	})
	for _, line := range strings.Split(help.stdout, "\n") {
		assert.LessOrEqual(t, len(line), 100, line)
	}

	list := command(t, nil, "--list")
	assert.Equal(t, conforms, list.status)
	for _, rule := range conformance.Rules() {
		assert.Contains(t, list.stdout, rule.ID+" ("+string(rule.Level))
		assert.Contains(t, list.stdout, rule.Sources[0].Text)
	}

	assert.JSONEq(t, string(report.Schema()), command(t, nil, "--schema").stdout)
	file := filepath.Join(t.TempDir(), "rules.md")
	assert.Empty(t, command(t, nil, "--list", "--format=markdown", "--output="+file).stdout)
	assert.Contains(t, read(t, file), "\n## unknown-task\n")

	version := command(t, nil, "--version")
	assert.Equal(t, conforms, version.status)
	assert.Regexp(t, `^dms-conformance \d+\.\d+\.\d+\n$`, version.stdout)
}

// TestUsage: a mistake says what it is, leaves standard output alone, never shows the token, and sends nothing.
func TestUsage(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, []byte("\n"), 0o600))
	server, env := newServer(t)
	const tls = "--endpoint=https://127.0.0.1:1"
	for says, args := range map[string][]string{
		"not defined: --nonsense":          {"--nonsense"},
		"not defined: --n":                 {"-n=" + secret},
		"needs an argument: --endpoint":    {"--endpoint"},
		"for --strict: parse error":        {"--strict=perhaps"},
		"begins like a flag and is none":   {"---token=" + secret},
		"no token as an argument":          {"--token", secret},
		"set DMS_TOKEN":                    {"--token=" + secret},
		"argument 1 is no flag":            {secret},
		"argument 3 is no flag":            {"--strict", "--seed=1", "true", "--list"},
		"--endpoint, --task-id: the value": {"--endpoint=", "--task-id="},
		`format "xml" is not known`:        {"--format=xml"},
		"a report is FORMAT=FILE":          {"--report=junit"},
		`format "x" is not known`:          {"--report=x=y"},
		"goes to a file":                   {"--report=json=-"},
		"nonexistent/junit: no such file":  {"--report=junit=/nonexistent/junit"},
		"a seed is a number":               {"--seed=-1"},
		"--examples -1":                    {"--examples=-1"},
		`--color "red"`:                    {"--color=red"},
		"--contract /nonexistent: no such": {"--contract=/nonexistent"},
		"contract: ":                       {"--contract=" + empty},
		"--cacert /nonexistent: no such":   {"--cacert=/nonexistent", tls},
		"no certificate in PEM format":     {"--cacert=" + empty, tls},
		"beside --insecure, which takes":   {"--cacert=" + empty, "--insecure", tls},
		"--insecure has no effect on http": {"--insecure"},
		"--cacert has no effect on http":   {"--cacert=" + empty},
		"--timeout -1s":                    {"--timeout=-1s"},
		"a duration has a unit, such as":   {"--timeout=5"},
		"expected a number, such as 20":    {"--examples=abc"},
		`value "soon" for flag --timeout`:  {"--timeout=soon"},
		`"for flag -x" for flag --timeout`: {"--timeout=for flag -x"},
		`there is no rule "x"`:             {"--rule=x"},
		`there is no rule "y"`:             {"--skip=y"},
		`task_id ".."`:                     {"--task-id=.."},
		`project_id "x"`:                   {"--project-id=x"},
		"absolute URL":                     {"--endpoint=example.com"},
		"no such file":                     {"--token-file=/nonexistent"},
		"two kinds of credentials":         {"--token-file=" + empty, "--cloud=x"},
		"is empty":                         {"--token-file=" + empty},
		"nonexistent/report: no such file": {"--output=/nonexistent/report"},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			got := command(t, env, args...)
			assert.Equal(t, unchecked, got.status)
			assert.Empty(t, got.stdout)
			assert.Contains(t, got.stderr, says)
			assert.NotContains(t, got.stderr, secret)
			assert.Empty(t, server.Requests())
		})
	}
}

// TestWithoutEndpoint: values for a server that is not named have no effect, and that is said.
func TestWithoutEndpoint(t *testing.T) {
	t.Parallel()
	got := command(t, nil, "--task-id=x", "--project-id=y")
	assert.Equal(t, unchecked, got.status)
	assert.Contains(t, got.stderr, "--project-id, --task-id without --endpoint")

	got = command(t, map[string]string{"DMS_TASK_ID": "x"})
	assert.Equal(t, conforms, got.status)
	assert.Contains(t, got.stderr, "DMS_TASK_ID has no effect")

	got = command(t, map[string]string{"DMS_ENDPOINT": ""})
	assert.Equal(t, unchecked, got.status)
	assert.Empty(t, got.stdout)
	assert.Contains(t, got.stderr, "DMS_ENDPOINT is set and empty")
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	server, env := newServer(t)
	got := command(t, env)
	assert.Equal(t, conforms, got.status, got.stdout)
	assert.Empty(t, got.stderr)
	assert.Contains(t, got.stdout, server.URL+" conforms to contract")
	assert.NotContains(t, got.stdout, secret)
}

func TestTokenFile(t *testing.T) {
	t.Parallel()
	_, env := newServer(t)
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(secret+"\n"), 0o600))
	env["DMS_TOKEN"] = "overridden"
	assert.Equal(t, conforms, command(t, env, "--token-file="+file).status)
	assert.Equal(t, unchecked, command(t, env).status)
}

// TestNoCredentials: the message says how to give some to the command.
func TestNoCredentials(t *testing.T) {
	t.Parallel()
	server, env := newServer(t)
	delete(env, "DMS_TOKEN")
	got := command(t, env)
	assert.Equal(t, unchecked, got.status)
	assert.Contains(t, got.stderr, "could not be checked: no credentials: ")
	assert.Contains(t, got.stderr, "; set DMS_TOKEN, or use --token-file or --cloud")
	assert.Empty(t, server.Requests())
}

func TestNothingIsDeletedWithoutTaskID(t *testing.T) {
	t.Parallel()
	_, env := newServer(t)
	delete(env, "DMS_TASK_ID")
	got := command(t, env)
	assert.Equal(t, conforms, got.status)
	assert.Contains(t, got.stdout, "skip  MUST    delete                 no task ID was given")
}

// TestStrict: a SHOULD that is violated counts with --strict only.
func TestStrict(t *testing.T) {
	t.Parallel()
	server, env := newServer(t)
	delete(env, "DMS_TASK_ID")
	server.Wrap(func(own http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPatch {
				clienttest.Error(400, "DMS.00400002", "no", nil).ServeHTTP(w, r) // in place of 405
				return
			}
			own.ServeHTTP(w, r)
		})
	})
	got := command(t, env)
	assert.Equal(t, conforms, got.status)
	assert.Contains(t, got.stdout, "WARN  SHOULD  unsupported-method")
	assert.Contains(t, got.stdout, "      sent      PATCH /v2/")
	assert.Contains(t, got.stdout, "      got       400 Bad Request")
	assert.Contains(t, got.stdout, "      expected  405 Method Not Allowed")
	assert.Contains(t, got.stdout, "      mend      Route by method")
	assert.Contains(t, got.stdout, "      source    DMS API Reference")
	assert.NotContains(t, got.stdout, "X-Auth-Token")
	for _, flag := range []string{"-v", "--verbose"} {
		verbose := command(t, env, flag)
		assert.Contains(t, verbose.stdout, "→ X-Auth-Token: [redacted]")
		assert.Contains(t, verbose.stdout, "> HTTP/1.1 400 Bad Request")
	}
	assert.Equal(t, conformsNot, command(t, env, "--strict").status)
	assert.Equal(t, conforms, command(t, env, "--strict", "--skip=unsupported-method").status)
}

func TestJSON(t *testing.T) {
	t.Parallel()
	_, env := newServer(t)
	file := filepath.Join(t.TempDir(), "report.json")
	got := command(t, env, "--format=json", "--output="+file, "--rule=missing-credentials", "--rule=no-redirect")
	assert.Equal(t, conforms, got.status)
	assert.Empty(t, got.stdout)
	var written conformance.Report
	require.NoError(t, json.Unmarshal([]byte(read(t, file)), &written))
	assert.Len(t, written.Results, 2)
	assert.Equal(t, 3, written.Requests)
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file) //nolint:gosec // G304: a file of this test
	require.NoError(t, err)
	return string(content)
}

// TestReports: several at once, beside what goes to standard output, and also of what could not be checked.
func TestReports(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		token  string
		status int
		says   map[string]string
	}{
		"conforms": {secret, conforms, map[string]string{
			"text": " conforms to contract", "json": `"verdict": "conforms"`, "junit": `failures="0" errors="0"`,
			"html": "</span>Conforms", "markdown": "# ✅",
		}},
		"not checked": {"wrong-token", unchecked, map[string]string{
			"text": "could not be checked: ", "json": `"verdict": "not checked"`, "junit": `errors="1"`,
			"html": "</span>Not checked", "markdown": "# ❔",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, env := newServer(t)
			env["DMS_TOKEN"] = tc.token
			dir := t.TempDir()
			args := make([]string, 0, 10)
			for _, format := range report.Formats() {
				args = append(args, "--report", string(format)+"="+filepath.Join(dir, string(format)))
			}
			got := command(t, env, append(args, "--format=json")...)
			assert.Equal(t, tc.status, got.status)
			assert.Contains(t, got.stdout, tc.says["json"])
			for format, says := range tc.says {
				content := read(t, filepath.Join(dir, format))
				assert.Contains(t, content, says, format)
				assert.NotContains(t, content, env["DMS_TOKEN"], format)
			}
		})
	}
}

// TestTextInFile: text is the same wherever it goes, but for colours, which a file gets only when they are asked for.
func TestTextInFile(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args             []string
		verbose, colored bool
	}{
		"plain":    {nil, false, false},
		"verbose":  {[]string{"-v"}, true, false},
		"coloured": {[]string{"--color=always"}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, flag := range []string{"--output=", "--report=text="} {
				file := filepath.Join(t.TempDir(), "report.txt")
				got := command(t, nil, append(tc.args, "--rule=unsupported-method", flag+file)...)
				assert.Equal(t, conforms, got.status, got.stderr)
				content := read(t, file)
				assert.Equal(t, tc.verbose, strings.Contains(content, "X-Auth-Token: [redacted]"), content)
				assert.Equal(t, tc.colored, strings.Contains(content, "\x1b[32mpass"), content)
			}
		})
	}
}

// TestSeed: the seed of a report repeats its requests.
func TestSeed(t *testing.T) {
	t.Parallel()
	server, env := newServer(t)
	delete(env, "DMS_TASK_ID")
	got := command(t, env, "--examples=5")
	seed := regexp.MustCompile(`--seed=\d+`).FindString(got.stdout)
	first := len(server.Requests())
	command(t, env, "--examples=5", seed)
	all := server.Requests()
	require.Len(t, all, 2*first)
	for i := range first {
		assert.Equal(t, all[i].Target, all[first+i].Target)
	}
	assert.Greater(t, first, 40)
}

// TestContract: the rules follow the file.
func TestContract(t *testing.T) {
	t.Parallel()
	server, env := newServer(t)
	own := strings.Replace(string(dmstask.Contract()), "  /v2/", "  /cloud/v2/", 1)
	file := filepath.Join(t.TempDir(), "own.yaml")
	require.NoError(t, os.WriteFile(file, []byte(own), 0o600))
	assert.Equal(t, unchecked, command(t, env, "--contract="+file).status, "the server has no such API")
	server.Wrap(func(own http.Handler) http.Handler { return http.StripPrefix("/cloud", own) })
	got := command(t, env, "--contract="+file)
	assert.Equal(t, conforms, got.status, got.stdout)
}

// trust writes the certificate of a server to a file.
func trust(t *testing.T, server *httptest.Server) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	require.NoError(t, os.WriteFile(file, certificate, 0o600))
	return file
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	server, env := newServer(t)
	secured := httptest.NewTLSServer(server.Config.Handler)
	t.Cleanup(secured.Close)
	env["DMS_ENDPOINT"] = secured.URL
	file := trust(t, secured)

	got := command(t, env)
	assert.Equal(t, unchecked, got.status)
	assert.Contains(t, got.stderr, "--cacert")
	assert.Empty(t, server.Requests())

	got = command(t, env, "--cacert="+file)
	assert.Equal(t, conforms, got.status, got.stdout)
	assert.Empty(t, got.stderr)

	delete(env, "DMS_TASK_ID")
	got = command(t, env, "--insecure")
	assert.Equal(t, conforms, got.status, got.stdout)
	assert.Contains(t, got.stderr, "warning: --insecure")
}

// TestColor: only where it is asked for, or on a terminal.
func TestColor(t *testing.T) {
	t.Parallel()
	assert.NotContains(t, command(t, nil).stdout, "\x1b")
	assert.NotContains(t, command(t, nil, "--color=never").stdout, "\x1b")
	assert.Contains(t, command(t, nil, "--color=always").stdout, "\x1b[32mpass")
}

// TestOutputIsKept: a report is replaced by a report only, and by the whole of it.
func TestOutputIsKept(t *testing.T) {
	t.Parallel()
	_, env := newServer(t)
	file := filepath.Join(t.TempDir(), "report")
	require.NoError(t, os.WriteFile(file, bytes.Repeat([]byte("old\n"), 10_000), 0o600))
	assert.Equal(t, unchecked, command(t, env, "--rule=nonesuch", "--output="+file, "--report=html="+file+"2").status)
	assert.NoFileExists(t, file+"2")
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.EqualValues(t, 40_000, info.Size())
	assert.Equal(t, conforms, command(t, env, "--output="+file).status)
	assert.NotContains(t, read(t, file), "old")
}

// TestOneFile: two reports in one file would be one report, by whatever names they go there. What is no regular file
// takes any number.
func TestOneFile(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		second  func(t *testing.T, first string) string
		refused bool
	}{
		"one name": {func(_ *testing.T, first string) string { return first }, true},
		"two names": {func(_ *testing.T, first string) string {
			return filepath.Dir(first) + "/./" + filepath.Base(first)
		}, true},
		"symbolic link": {func(t *testing.T, first string) string {
			t.Helper()
			require.NoError(t, os.Symlink(first, first+"2"))
			return first + "2"
		}, true},
		"hard link": {func(t *testing.T, first string) string {
			t.Helper()
			require.NoError(t, os.Link(first, first+"2"))
			return first + "2"
		}, true},
		"two files": {func(_ *testing.T, first string) string { return first + "2" }, false},
		"no file":   {func(*testing.T, string) string { return os.DevNull }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, env := newServer(t)
			first := filepath.Join(t.TempDir(), "report")
			require.NoError(t, os.WriteFile(first, []byte("of yesterday"), 0o600))
			second := tc.second(t, first)
			for _, args := range [][]string{
				{"--report=json=" + first, "--report=html=" + second, "--report=junit=" + os.DevNull},
				{"--report=json=" + first, "--output=" + second},
			} {
				delete(env, "DMS_TASK_ID")
				got := command(t, env, args...)
				if tc.refused {
					assert.Equal(t, unchecked, got.status)
					assert.Contains(t, got.stderr, "two reports go to one file, "+first+" and "+second)
					assert.Equal(t, "of yesterday", read(t, first))
				} else {
					assert.Equal(t, conforms, got.status, got.stderr)
					assert.True(t, json.Valid([]byte(read(t, first))))
				}
			}
		})
	}
}

// TestStandardOutput: its name is -, as with other commands.
func TestStandardOutput(t *testing.T) {
	t.Parallel()
	got := command(t, nil, "--output=-", "--format=json", "--rule=no-redirect")
	assert.Equal(t, conforms, got.status, got.stderr)
	assert.True(t, json.Valid([]byte(got.stdout)))
	assert.NoFileExists(t, "-")
	assert.JSONEq(t, string(report.Schema()), command(t, nil, "--schema", "--output", "-").stdout)
}

// TestUncheckable: what is known is printed, and the exit status does not call it a violation.
func TestUncheckable(t *testing.T) {
	t.Parallel()
	_, env := newServer(t)
	env["DMS_TOKEN"] = "wrong-token"
	got := command(t, env)
	assert.Equal(t, unchecked, got.status)
	assert.Contains(t, got.stderr, "could not be checked: the server refuses the credentials")
	assert.NotContains(t, got.stdout, "FAIL")

	stalling, env := newServer(t)
	stalling.Wrap(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	})
	got = command(t, env, "--timeout=2s")
	assert.Equal(t, unchecked, got.status)
	assert.Contains(t, got.stderr, "the server does not answer")
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	_, env := newServer(t)
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	var stdout, stderr bytes.Buffer
	status := run(ctx, nil, lookup(env), &stdout, &stderr)
	assert.Equal(t, unchecked, status)
	assert.Contains(t, stderr.String(), "stopped")
	assert.Equal(t, len(conformance.Rules()), strings.Count(stdout.String(), "skip "))
	assert.Contains(t, stdout.String(), "0 of 18 rules were judged")
}

func TestPlainHTTPIsWarnedAbout(t *testing.T) {
	t.Parallel()
	for endpoint, warned := range map[string]bool{
		"http://dms.example.com": true, "https://dms.example.com": false,
		"http://127.0.0.1:1": false, "http://[::1]:1": false, "http://localhost:1": false,
	} {
		var stderr bytes.Buffer
		warnPlainHTTP(conformance.Target{Endpoint: endpoint, Token: secret}, &stderr)
		assert.Equal(t, warned, strings.Contains(stderr.String(), "over plain http"), endpoint)
		assert.NotContains(t, stderr.String(), secret)
	}
}

// TestFullDisk: a report that cannot be written is no success.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	for _, format := range report.Formats() {
		var stderr bytes.Buffer
		status := run(t.Context(), []string{"--format=" + string(format)}, lookup(nil), full{}, &stderr)
		assert.Equal(t, unchecked, status)
		assert.Contains(t, stderr.String(), "dms-conformance: writing the report: ")
		assert.Equal(t, 1, strings.Count(stderr.String(), os.ErrClosed.Error()), "the first error is enough")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, os.ErrClosed }
