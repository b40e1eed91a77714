package contract_test

import (
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

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

// readmeBlocks returns the code of the README in one language.
func readmeBlocks(t *testing.T, language string) (blocks []string) {
	t.Helper()
	fenced := regexp.MustCompile("(?ms)^```" + language + "\n(.*?)^```$")
	for _, block := range fenced.FindAllStringSubmatch(readFile(t, "README.md"), -1) {
		blocks = append(blocks, block[1])
	}
	require.NotEmpty(t, blocks)
	return blocks
}

// readmeBlock returns the one block that has a text.
func readmeBlock(t *testing.T, language, having string) string {
	t.Helper()
	var found []string
	for _, block := range readmeBlocks(t, language) {
		if strings.Contains(block, having) {
			found = append(found, block)
		}
	}
	require.Len(t, found, 1, having)
	return found[0]
}

// TestREADMECommands runs every command of the README as it stands, with a server on loopback in place of the cloud.
// The two that would start this test again are run by .ci/run.
func TestREADMECommands(t *testing.T) {
	t.Parallel()
	ci := readFile(t, ".ci", "run")
	for _, block := range readmeBlocks(t, "sh") {
		if strings.Contains(block, "go mod") || strings.Contains(block, "go test") {
			for line := range strings.Lines(block) {
				assert.Contains(t, ci, line, "a command of the README that no test and no CI runs")
			}
			continue
		}
		t.Run(strings.SplitN(block, "\n", 2)[0], func(t *testing.T) {
			t.Parallel()
			s := newSubject()
			t.Cleanup(s.server.Close)
			token := filepath.Join(t.TempDir(), "token")
			require.NoError(t, os.WriteFile(token, []byte(s.server.Token), 0o600))
			clouds := filepath.Join(t.TempDir(), "clouds.yaml")
			require.NoError(t, os.WriteFile(clouds, fmt.Appendf(nil,
				"clouds: {prod: {auth: {auth_url: %q, ak: %s, sk: %s, project_name: %s}}}",
				s.server.IdentityURL(), s.server.AccessKey, s.server.SecretKey, s.server.ProjectName), 0o600))
			script := strings.NewReplacer(
				"https://dms.eu-de.otc.t-systems.com", s.server.URL,
				"~/.dms-token", token,
				"go run ./cmd/dms-conformance", binary(t),
				"0e5a9c6e2c8f4b1d9a7c3f5e8b2d4a61", string(s.task.ProjectID),
				uuid, string(s.task.InstanceID),
				"8abfa7b372160bfd0172165864064079", string(s.task.TaskID),
				"report.json", filepath.Join(t.TempDir(), "report.json"),
				"report.xml", filepath.Join(t.TempDir(), "report.xml"),
				"report.html", filepath.Join(t.TempDir(), "report.html"),
			).Replace(block)
			out := shell(t, root, []string{"OS_CLIENT_CONFIG_FILE=" + clouds, "GOBIN=" + t.TempDir()}, script)
			assert.NotContains(t, out, s.server.Token)
		})
	}
}

// TestREADMEPicture: the terminal that the README shows is what the command prints, but for the address and the time.
func TestREADMEPicture(t *testing.T) {
	t.Parallel()
	server := clienttest.NewServer()
	t.Cleanup(server.Close)
	const project, instance = "0e5a9c6e2c8f4b1d9a7c3f5e8b2d4a61", "69b3e5c4-6b0f-4e0c-9a55-2f6d0c8d7b1e"
	server.AddToken("made-up", project)
	server.AddInstance(project, instance)
	server.Wrap(redirect(noToken, http.StatusFound, "https://login.example.com/")(subject{server: server}))
	out := shell(t, root, []string{
		"DMS_ENDPOINT=" + server.URL, "DMS_TOKEN=made-up", "DMS_PROJECT_ID=" + project, "DMS_INSTANCE_ID=" + instance,
	}, binary(t)+" --seed=7 || test $? = 1\n")
	out = strings.ReplaceAll(out, server.URL, "https://dms.eu-de.otc.t-systems.com")
	out = regexp.MustCompile(`\d+ ms`).ReplaceAllString(out, "412 ms")
	assert.Equal(t, out, readmeBlock(t, "text", "unknown-task"))
}

// TestREADMESnippets: every piece of Go in the README stands, word for word, in an example that go test runs.
func TestREADMESnippets(t *testing.T) {
	t.Parallel()
	var examples strings.Builder
	repository := os.DirFS(root)
	files, err := fs.Glob(repository, "*/example*_test.go")
	require.NoError(t, err)
	nested, err := fs.Glob(repository, "*/*/example*_test.go")
	require.NoError(t, err)
	for _, file := range append(files, nested...) {
		examples.WriteString(undented(readFile(t, file)))
	}
	for _, block := range readmeBlocks(t, "go") {
		assert.Contains(t, examples.String(), undented(block))
	}
}

// TestLinks: what the README and the pages of docs point to within the repository is there.
func TestLinks(t *testing.T) {
	t.Parallel()
	pages, err := fs.Glob(os.DirFS(root), "docs/*.md")
	require.NoError(t, err)
	for _, page := range append(pages, "README.md") {
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
	newest := regexp.MustCompile(`(?m)^## \[(\d+\.\d+\.\d+)\]`).FindStringSubmatch(readFile(t, "CHANGELOG.md"))
	require.NotNil(t, newest)
	assert.Equal(t, client.Version, newest[1])
}
