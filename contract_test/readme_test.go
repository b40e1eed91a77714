package contract_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask"
	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/conformance"
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

// TestVendorsPage: the rules name the page that the contract names.
func TestVendorsPage(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(dmstask.Contract())
	require.NoError(t, err)
	assert.Equal(t, doc.ExternalDocs.URL, conformance.Page.URL)
}
