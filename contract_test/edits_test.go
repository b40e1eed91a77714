package contract_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask"
	"github.com/dmstask/dmstask/internal/lint"
)

// TestEdits: each bad edit of the contract is told in one line that names the place, by the gate or else by the table
// of the vendor's pages; a good one is told by neither.
func TestEdits(t *testing.T) {
	t.Parallel()
	ran := 0
	for _, block := range strings.Split(readFile(t, "contract_test/testdata/edits.txt"), "\n= ")[1:] {
		head, lines, _ := strings.Cut(block, "\n")
		column := append(strings.Split(head, " | "), "")
		edited, at, ok := edit(string(dmstask.Contract()), lines)
		if !ok { // the contract has changed there since
			continue
		}
		ran++
		t.Run(column[0], func(t *testing.T) {
			t.Parallel()
			told, by := lint.Check([]byte(edited)), "gate"
			if len(told) == 0 {
				told, by = differences([]byte(edited)), "table"
			}
			if column[1] == "diff" || column[1] == "good" {
				assert.Empty(t, told)
				return
			}
			require.Len(t, told, 1)
			t.Log(told[0])
			assert.Equal(t, by, strings.TrimPrefix(column[1], "good, "))
			assert.Contains(t, told[0], column[2])
			before, _, found := strings.Cut("\n"+edited, "\n"+at+"\n")
			require.True(t, found, at)
			assert.Regexp(t, fmt.Sprintf(`^openapi\.yaml:%d: .*; .*; .*`, 1+strings.Count(before, "\n")), told[0])
		})
	}
	assert.GreaterOrEqual(t, ran, 40, "bring testdata/edits.txt up to date with the contract")
}

// edit makes an edit, and returns the line that must be named. It reports whether the contract has the lines.
func edit(contract, lines string) (edited, at string, ok bool) {
	for part := range strings.SplitSeq(lines, "\n...\n") {
		var before, after strings.Builder
		for line := range strings.Lines(part) {
			if strings.ContainsAny(line[:1], " -") {
				before.WriteString(line[1:])
			}
			if strings.ContainsAny(line[:1], " +") {
				after.WriteString(line[1:])
			}
			if line[0] == '@' || line[0] == '+' && at == "" {
				at = strings.TrimSuffix(line[1:], "\n")
			}
		}
		added := after.Len() > before.Len() && strings.Contains(after.String(), before.String())
		if added && strings.Contains(contract, after.String()) || !strings.Contains(contract, before.String()) {
			return "", "", false
		}
		contract = strings.Replace(contract, before.String(), after.String(), 1)
	}
	return contract, at, true
}

// TestManyFindings: at most ten are printed.
func TestManyFindings(t *testing.T) {
	t.Parallel()
	told := lint.Check([]byte(strings.ReplaceAll(string(dmstask.Contract()), "description:", "x-description:")))
	require.Len(t, told, 11)
	assert.Regexp(t, `^and \d+ more$`, told[10])
}
