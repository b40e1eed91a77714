package changeday

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestBreaking: each line of .ci/breaking.txt has an edit that is not called breaking without it.
func TestBreaking(t *testing.T) {
	wanted(t)
	content, err := os.ReadFile("testdata/breaking.txt")
	require.NoError(t, err)
	edits := strings.Split(string(content), "\n\n= ")[1:]
	levels, err := os.ReadFile(filepath.Join(root, ".ci/breaking.txt"))
	require.NoError(t, err)
	assert.Equal(t, len(edits), strings.Count(string(levels), " err\n"))
	dir := copied(t)
	for _, block := range edits {
		id, lines, _ := strings.Cut(block, "\n")
		must(t, dir, "git", "checkout", "--quiet", ".")
		edit(t, dir, strings.TrimSuffix(lines, "\n")+"\n")
		out, ok := command(t, dir, "make", "contract-diff", "BASE=HEAD")
		assert.False(t, ok, id)
		assert.Contains(t, out, ": breaking: ", id)
		replace(t, dir, ".ci/breaking.txt", id+" err\n", "")
		out, _ = command(t, dir, "make", "contract-diff", "BASE=HEAD")
		assert.NotContains(t, out, ": breaking: ", id)
	}
}

// TestLeftToDiff: contract-diff calls breaking what testdata/edits.txt leaves to it, in one line that names the place.
func TestLeftToDiff(t *testing.T) {
	wanted(t)
	content, err := os.ReadFile("../testdata/edits.txt")
	require.NoError(t, err)
	dir, edits := copied(t), 0
	for block := range strings.SplitSeq(string(content), "\n\n= ") {
		name, lines, _ := strings.Cut(block, "\n")
		name, left := strings.CutSuffix(name, " | diff")
		if !left {
			continue
		}
		must(t, dir, "git", "checkout", "--quiet", ".")
		edit(t, dir, strings.TrimSuffix(lines, "\n")+"\n")
		out, ok := command(t, dir, "make", "contract-diff", "BASE=HEAD")
		assert.False(t, ok, name)
		assert.Regexp(t, `(?m)^openapi\.yaml:\d+: breaking: `, out, name)
		edits++
	}
	assert.Positive(t, edits)
}
