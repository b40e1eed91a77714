package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestBeside: what checks nothing refuses the flags of a check, rather than have somebody believe in their effect.
func TestBeside(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	for _, tc := range []struct {
		says string // nothing: not refused
		args []string
	}{
		{"--format json: --list prints text or markdown", []string{"--list", "--format=json"}},
		{"--format junit: --list prints", []string{"--list", "--format=junit"}},
		{"--format html: --list prints", []string{"--list", "--format=html"}},
		{"--report, --strict: no effect beside --list", []string{"--list", "--report=json=" + file, "--strict"}},
		{"--schema: no effect beside --version", []string{"--schema", "--version"}},
		{"--output: no effect beside --version", []string{"--version", "--output=" + file}},
		{"--format: no effect beside --schema", []string{"--schema", "--format=json"}},
		{"--list: no effect beside --schema", []string{"--schema", "--list"}},
		{"", []string{"--list", "--format=text", "--output=-"}},
		{"", []string{"--list", "--format=markdown"}},
		{"", []string{"--schema", "--output=-"}},
		{"", []string{"--version"}},
	} {
		t.Run(strings.Join(tc.args, " "), func(t *testing.T) {
			t.Parallel()
			_, env := newServer(t) // variables may be set for other commands
			got := command(t, env, tc.args...)
			if tc.says == "" {
				assert.Equal(t, conforms, got.status, got.stderr)
				assert.NotEmpty(t, got.stdout)
				return
			}
			assert.Equal(t, unchecked, got.status)
			assert.Contains(t, got.stderr, tc.says)
			assert.Empty(t, got.stdout)
			assert.NoFileExists(t, file)
		})
	}
}
