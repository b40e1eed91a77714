package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask"
)

// TestDanglingLink: a symbolic link outlives a run without a report, and what it points to is not left behind empty.
func TestDanglingLink(t *testing.T) {
	t.Parallel()
	_, env := newServer(t)
	dir := t.TempDir()
	link, report := filepath.Join(dir, "link"), filepath.Join(dir, "report")
	require.NoError(t, os.Symlink("report", link))
	assert.Equal(t, unchecked, command(t, env, "--rule=nonesuch", "--output="+link).status)
	assert.NoFileExists(t, report)
	target, err := os.Readlink(link)
	require.NoError(t, err)
	assert.Equal(t, "report", target)

	got := command(t, env, "--output="+link)
	assert.Equal(t, conforms, got.status, got.stderr)
	assert.Contains(t, read(t, report), "conforms")
}

// TestInputIsKept: no report goes to a file that the command has just read.
func TestInputIsKept(t *testing.T) {
	t.Parallel()
	secured := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secured.Close)
	for flag, content := range map[string]string{
		"token-file": secret,
		"contract":   string(dmstask.Contract()),
		"cacert":     read(t, trust(t, secured)),
	} {
		t.Run(flag, func(t *testing.T) {
			t.Parallel()
			_, env := newServer(t)
			env["DMS_ENDPOINT"] = secured.URL
			file := filepath.Join(t.TempDir(), "input")
			require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
			require.NoError(t, os.Link(file, file+"2"))
			for _, output := range []string{"--output=" + file, "--report=json=" + file + "2"} {
				got := command(t, env, "--"+flag+"="+file, output)
				assert.Equal(t, unchecked, got.status)
				assert.Contains(t, got.stderr, "would overwrite the file of --"+flag)
				assert.Equal(t, content, read(t, file))
			}
		})
	}
}

// TestStreamIsKept: a report does not overwrite what is printed, nor what was in that file before.
func TestStreamIsKept(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args    []string
		refused string
	}{
		"report":         {[]string{"--report=json=OUT"}, "standard output"},
		"output":         {[]string{"--output=OUT"}, "standard output"},
		"standard error": {[]string{"--report=json=ERR"}, "standard error"},
		"another":        {[]string{"--report=json=OUT2"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, env := newServer(t)
			out, errs := create(t, "out"), create(t, "err")
			_, err := out.WriteString("before\n")
			require.NoError(t, err)
			replace := strings.NewReplacer("OUT", out.Name(), "ERR", errs.Name())
			for i := range tc.args {
				tc.args[i] = replace.Replace(tc.args[i])
			}
			status := run(t.Context(), tc.args, lookup(env), out, errs)
			said := read(t, errs.Name())
			if tc.refused == "" {
				assert.Equal(t, conforms, status, said)
				return
			}
			assert.Equal(t, unchecked, status)
			assert.Contains(t, said, "would overwrite "+tc.refused)
			assert.Equal(t, "before\n", read(t, out.Name()))
		})
	}
}

func create(t *testing.T, name string) *os.File {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), name)) //nolint:gosec // G304: a file of this test
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() })
	return file
}
