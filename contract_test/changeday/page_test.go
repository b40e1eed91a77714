package changeday

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the outputs into docs/contract.md")

// fenced is a block of the page: what is edited, or what is run and what it says.
var fenced = regexp.MustCompile("(?ms)^```(diff|console)\n(.*?)^```$")

// TestPage does what docs/contract.md does, in a copy whose contract has version 1.0.0. Each section begins anew.
func TestPage(t *testing.T) {
	wanted(t)
	const page = root + "/docs/contract.md"
	content, err := os.ReadFile(page)
	require.NoError(t, err)
	dir := copied(t)
	must(t, dir, "sed", "-i", "s/^  version: .*/  version: 1.0.0/", "openapi.yaml")
	must(t, dir, "go", "generate", "./...")
	commit(t, dir)
	sections := strings.SplitAfter(string(content), "\n## ")
	for i := range sections {
		must(t, dir, "git", "checkout", "--quiet", ".")
		sections[i] = fenced.ReplaceAllStringFunc(sections[i], func(block string) string {
			match := fenced.FindStringSubmatch(block)
			if match[1] == "diff" {
				edit(t, dir, match[2])
				return block
			}
			return "```console\n" + session(t, dir, match[2]) + "```"
		})
	}
	if got := strings.Join(sections, ""); *update {
		require.NoError(t, os.WriteFile(page, []byte(got), 0o600)) //nolint:gosec // G703: a constant
	} else {
		assert.Equal(t, string(content), got, "run CHANGE_DAY=1 go test ./contract_test/changeday -update")
	}
}

// edit makes an edit of openapi.yaml, or of the file that a line names with +++. Between its parts are dots.
func edit(t *testing.T, dir, lines string) {
	t.Helper()
	name := "openapi.yaml"
	for part := range strings.SplitSeq(lines, "...\n") {
		var before, after strings.Builder
		for line := range strings.Lines(part) {
			if file, ok := strings.CutPrefix(line, "+++ "); ok {
				name = strings.TrimSpace(file)
				continue
			}
			if line[0] != '+' {
				before.WriteString(line[1:])
			}
			if line[0] != '-' {
				after.WriteString(line[1:])
			}
		}
		replace(t, dir, name, before.String(), after.String())
	}
}

// session runs the commands of a block anew, and returns them with what they print.
func session(t *testing.T, dir, lines string) string {
	t.Helper()
	var said strings.Builder
	for line := range strings.Lines(lines) {
		if run, ok := strings.CutPrefix(line, "$ "); ok {
			out, _ := command(t, dir, "sh", "-c", "("+strings.TrimSpace(run)+") 2>/dev/null")
			said.WriteString(line + out)
		}
	}
	return said.String()
}
