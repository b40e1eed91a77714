package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTokenInPlaceOfItsFile: a token that is given by mistake is not shown, be there such a file or not.
func TestTokenInPlaceOfItsFile(t *testing.T) {
	t.Parallel()
	_, env := newServer(t)
	token := strings.Repeat("MIIGdwYJ", 40) // longer than a name may be
	got := command(t, env, "--token-file="+token)
	assert.Equal(t, unchecked, got.status)
	assert.NotContains(t, got.stderr, "MIIGdwYJ")
	assert.Contains(t, got.stderr, "--token-file (a path of 320 characters): ")
	assert.Contains(t, got.stderr, "; name a file that has the token in it, or set DMS_TOKEN")

	dir := t.TempDir()
	long := filepath.Join(dir, token[:120])
	require.NoError(t, os.WriteFile(long, []byte("\n"), 0o600))
	for _, flag := range []string{"--token-file=", "--contract="} {
		got = command(t, env, flag+long)
		assert.Equal(t, unchecked, got.status)
		assert.NotContains(t, got.stderr, "MIIGdwYJ")
	}
}

// TestEndlessInput: no more than makes sense is read of a file, which may have no end.
func TestEndlessInput(t *testing.T) {
	t.Parallel()
	const tls = "--endpoint=https://127.0.0.1:1"
	for flag, tc := range map[string]struct {
		limit int64
		says  string
		with  []string
	}{
		"--token-file": {64 << 10, "there are more than 64 KiB in it; name a file", nil},
		"--contract":   {16 << 20, "there are more than 16384 KiB in it\n", nil},
		"--cacert":     {16 << 20, "there are more than 16384 KiB in it\n", []string{tls}},
	} {
		t.Run(flag, func(t *testing.T) {
			t.Parallel()
			_, env := newServer(t)
			file := filepath.Join(t.TempDir(), "zero")
			require.NoError(t, os.WriteFile(file, nil, 0o600))
			for size, refused := range map[int64]bool{tc.limit: false, tc.limit + 1: true} {
				require.NoError(t, os.Truncate(file, size))
				got := command(t, env, append(tc.with, flag+"="+file)...)
				assert.Equal(t, unchecked, got.status)
				assert.Equal(t, refused, strings.Contains(got.stderr, file+": "+tc.says), got.stderr)
			}
		})
	}
}
