// Package changeday tries out, in a copy of the repository, what a change of the contract takes: see docs/contract.md.
package changeday

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
)

// root is the top of the repository.
const root = "../.."

// wanted skips a test unless it is asked for.
func wanted(t *testing.T) {
	t.Helper()
	if os.Getenv("CHANGE_DAY") == "" {
		t.Skip("not asked for: make change-day, or CHANGE_DAY=1, builds copies of the repository and fetches tools")
	}
}

// command runs a program in a directory and returns what it prints, and whether it succeeded.
func command(t *testing.T, dir, name string, args ...string) (output string, ok bool) {
	t.Helper()
	run := exec.CommandContext(t.Context(), name, args...) //nolint:gosec // G204: git and go
	run.Dir = dir
	run.Env = append(os.Environ(), "MAKELEVEL=", "MAKEFLAGS=") // as if no make had run the test
	out, err := run.CombinedOutput()
	return string(out), err == nil
}

// must is command for what has to succeed.
func must(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	out, ok := command(t, dir, name, args...)
	require.True(t, ok, "%s %s:\n%s", name, strings.Join(args, " "), out)
	return out
}

// copied returns a copy of the repository, a repository too, of which everything is committed.
func copied(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	must(t, root, "sh", "-c", "git ls-files -z -co --exclude-standard | tar --null -T - -cf - | tar -xf - -C "+dir)
	must(t, dir, "git", "init", "--quiet")
	commit(t, dir)
	return dir
}

func commit(t *testing.T, dir string) {
	t.Helper()
	must(t, dir, "git", "add", "--all")
	must(t, dir, "git", "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message=test")
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o755)) //nolint:gosec // G306: some are programs
}

// replace puts one text in place of another, which must be there once.
func replace(t *testing.T, dir, name, old, text string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, name)) //nolint:gosec // G304: of the copy
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(content), old), "%q in %s", old, name)
	write(t, dir, name, strings.Replace(string(content), old, text, 1))
}

// most is how many files by hand two more operations may take.
const most = 8

// TestTwoMoreOperations adds two operations to a copy, in the files that are about them and in no other.
func TestTwoMoreOperations(t *testing.T) {
	wanted(t)
	dir := copied(t)
	archive, err := txtar.ParseFile("testdata/operations.txtar")
	require.NoError(t, err)
	for _, file := range archive.Files {
		name, anchor, insert := strings.Cut(file.Name, ":")
		if insert {
			anchor = "\n" + anchor + "\n"
			replace(t, dir, name, anchor, "\n"+string(file.Data)+anchor[1:])
		} else {
			write(t, dir, name, string(file.Data))
		}
	}
	probe := archive.Files[len(archive.Files)-1].Name
	must(t, dir, "go", "generate", "./...")
	must(t, dir, "git", "add", "--all")
	var byHand []string
	for name := range strings.FieldsSeq(must(t, dir, "git", "diff", "--cached", "--name-only")) {
		if name != probe && !strings.HasSuffix(name, ".gen.go") && name != "docs/rules.md" { // which are generated
			byHand = append(byHand, name)
		}
	}
	t.Logf("%d files by hand: %s", len(byHand), strings.Join(byHand, " "))
	assert.LessOrEqual(t, len(byHand), most)
	must(t, dir, "go", "build", "./...")
	must(t, dir, "go", "vet", "./...")
	t.Log(must(t, dir, "go", "test", "-run", "^TestOperations", "./contract_test"))
	t.Log(must(t, dir, "go", "test", "./client/...", "./conformance/..."))
}
