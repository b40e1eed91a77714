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

// TestEdits: the gate, or else the table of the vendor's pages, reports each bad edit of the contract, in one line that
// names the place. Neither reports a good edit. testdata/edits.txt explains its format.
func TestEdits(t *testing.T) {
	t.Parallel()
	ran := 0
	for _, block := range strings.Split(readFile(t, "contract_test/testdata/edits.txt"), "\n= ")[1:] {
		head, lines, _ := strings.Cut(block, "\n")
		name, expected, _ := strings.Cut(head, " | ")
		detector, message, _ := strings.Cut(strings.TrimPrefix(expected, "good, "), " | ")
		edited, at, ok := applied(string(dmstask.Contract()), lines)
		if !ok { // this part of the contract has changed since the edit was written
			continue
		}
		ran++
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reported, by := lint.Check([]byte(edited)), "gate"
			if len(reported) == 0 {
				reported, by = differences([]byte(edited)), "table"
			}
			if detector == "diff" || detector == "good" {
				assert.Empty(t, reported)
				return
			}
			require.Len(t, reported, 1)
			t.Log(reported[0])
			assert.Equal(t, by, detector)
			assert.Contains(t, reported[0], message)
			before, _, found := strings.Cut("\n"+edited, "\n"+at+"\n")
			require.True(t, found, at)
			assert.Regexp(t, fmt.Sprintf(`^openapi\.yaml:%d: .*; .*; .*`, 1+strings.Count(before, "\n")), reported[0])
		})
	}
	assert.GreaterOrEqual(t, ran, 40, "bring testdata/edits.txt up to date with the contract")
}

// applied applies an edit, and returns the line that the report must name. ok is false if the edit does not fit the
// contract.
func applied(contract, lines string) (edited, at string, ok bool) {
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

// TestManyFindings: the gate prints ten findings at most.
func TestManyFindings(t *testing.T) {
	t.Parallel()
	lines := lint.Check([]byte(strings.ReplaceAll(string(dmstask.Contract()), "description:", "x-description:")))
	require.Len(t, lines, 11)
	assert.Regexp(t, `^and \d+ more$`, lines[10])
}
