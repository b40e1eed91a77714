package contract_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/util"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/dmstask/dmstask/client"
)

// root is the top of the repository, where openapi.yaml is.
const root = ".."

func readFile(t *testing.T, path ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	require.NoError(t, err)
	return string(content)
}

// blocks returns the code of a page in one language.
func blocks(t *testing.T, page, language string) (list []string) {
	t.Helper()
	fenced := regexp.MustCompile("(?ms)^```" + language + "\n(.*?)^```$")
	for _, block := range fenced.FindAllStringSubmatch(readFile(t, page), -1) {
		list = append(list, block[1])
	}
	require.NotEmpty(t, list)
	return list
}

// TestSnippets: every piece of Go on a page stands, word for word, in an example that go test runs.
func TestSnippets(t *testing.T) {
	t.Parallel()
	var examples strings.Builder
	for _, pattern := range []string{"*/example*_test.go", "*/*/example*_test.go", "examples/*/main.go"} {
		files, err := fs.Glob(os.DirFS(root), pattern)
		require.NoError(t, err)
		for _, file := range files {
			examples.WriteString(undented(readFile(t, file)))
		}
	}
	for _, page := range []string{"README.md", "docs/client.md", "docs/check.md"} {
		for _, block := range blocks(t, page, "go") {
			assert.Contains(t, examples.String(), undented(block), page)
		}
	}
}

// TestREADMEIsShort: who wants to know more has docs.
func TestREADMEIsShort(t *testing.T) {
	t.Parallel()
	assert.LessOrEqual(t, len(strings.Fields(readFile(t, "README.md"))), 1300, "words, with code and tables")
}

// TestLinks: what the README and the pages of docs point to within the repository is there.
func TestLinks(t *testing.T) {
	t.Parallel()
	pages, err := fs.Glob(os.DirFS(root), "docs/*.md")
	require.NoError(t, err)
	for _, page := range append(pages, "README.md", "CONTRIBUTING.md", "SECURITY.md") {
		text := readFile(t, page)
		links := regexp.MustCompile(`\]\(([^)#]*)(#[^)]*)?\)`).FindAllStringSubmatch(text, -1)
		for _, link := range links {
			path, anchor := link[1], link[2]
			if strings.Contains(path, "://") {
				continue
			}
			target := text
			if path != "" {
				target = readFile(t, filepath.Dir(page), path)
			}
			assert.Contains(t, append(anchors(target), ""), anchor, "%s: %s", page, link[0])
		}
	}
}

// anchors returns how links name the headings of a page.
func anchors(page string) (names []string) {
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(page, -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		names = append(names, "#"+strings.ReplaceAll(name, " ", "-"))
	}
	return names
}

// undented takes the indentation off every line.
func undented(code string) string {
	return regexp.MustCompile(`(?m)^[\t ]+`).ReplaceAllString(code, "")
}

// TestChangelog: the newest version of the changelog is the one that the client says it is.
func TestChangelog(t *testing.T) {
	t.Parallel()
	newest := regexp.MustCompile(`(?m)^## \[(\d+\.\d+\.\d+\S*)\]`).FindStringSubmatch(readFile(t, "CHANGELOG.md"))
	require.NotNil(t, newest)
	assert.Equal(t, client.Version, newest[1])
}

// TestGeneratedCodeIsCurrent generates in memory what go generate writes, and compares byte for byte. The generator
// keeps its settings in a package variable, so one runs after the other.
func TestGeneratedCodeIsCurrent(t *testing.T) {
	for _, settings := range []string{"client/raw/oapi-codegen.yaml", "client/clienttest/oapi-codegen.yaml"} {
		t.Run(settings, func(t *testing.T) {
			code, output := generate(t, settings)
			committed := strings.Split(readFile(t, output), "\n")
			for i, line := range strings.Split(code, "\n") {
				require.Equal(t, line, committed[min(i, len(committed)-1)],
					"line %d of %s is not what openapi.yaml gives: run go generate ./... and commit it", i+1, output)
			}
			require.Len(t, committed, strings.Count(code, "\n")+1, output)
		})
	}
}

// generate does what the command oapi-codegen does with a file of settings.
func generate(t *testing.T, settings string) (code, output string) {
	t.Helper()
	var config struct {
		codegen.Configuration `yaml:",inline"`
		Output                string `yaml:"output"`
	}
	require.NoError(t, yaml.Unmarshal([]byte(readFile(t, settings)), &config))
	doc, err := util.LoadSwaggerWithOverlay(filepath.Join(root, "openapi.yaml"), util.LoadSwaggerWithOverlayOpts{
		Path:   filepath.Join(root, config.OutputOptions.Overlay.Path),
		Strict: true,
	})
	require.NoError(t, err)
	code, err = codegen.Generate(doc, config.UpdateDefaults())
	require.NoError(t, err)

	// The generator names the program that it is part of: here this test, in go generate its own command.
	line := regexp.MustCompile(`Code generated by .* DO NOT EDIT\.`)
	require.Regexp(t, line, code)
	pinned := regexp.MustCompile(`(?m)^\s*(?:require )?(github\.com/oapi-codegen/oapi-codegen/v2) (v\S+)`).
		FindStringSubmatch(readFile(t, "go.mod"))
	require.NotNil(t, pinned, "go.mod does not pin the generator")
	return line.ReplaceAllLiteralString(code, "Code generated by "+pinned[1]+" version "+pinned[2]+" DO NOT EDIT."),
		strings.TrimSuffix(config.Output, ".new") // go generate takes it off
}

// TestImportFromAnotherModule builds and runs a program outside this module, imported as the README says. Instead of
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
	scripts := blocks(t, "README.md", "sh")
	i := slices.IndexFunc(scripts, func(block string) bool { return strings.HasPrefix(block, "go mod edit") })
	require.GreaterOrEqual(t, i, 0)
	script := strings.NewReplacer("=../dmstask", "="+checkout, "go mod tidy", "go run .").Replace(scripts[i])
	cmd := exec.CommandContext(t.Context(), "sh", "-eu")
	cmd.Dir, cmd.Env, cmd.Stdin = dir, append(os.Environ(), "GOPROXY=off"), strings.NewReader(script)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", script, out)
	assert.Contains(t, string(out), "deleted: true")
}
