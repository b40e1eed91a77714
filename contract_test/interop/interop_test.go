// Package interop holds this module against tools that others wrote: the check against Prism, a mock server, the
// embedded server against Schemathesis, which makes requests of the contract, and package otcauth against Keystone, the
// identity service of OpenStack. See docs/interop.md.
package interop

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The versions of the tools.
const (
	prismVersion        = "5.14.2"
	schemathesisVersion = "4.32.5"
	keystoneVersion     = "30.0.0"
	werkzeugVersion     = "3.1.9" // which serves Keystone
)

// TestVersions needs neither of the tools.
func TestVersions(t *testing.T) {
	t.Parallel()
	documented(t, "versions", "- [Prism](https://github.com/stoplightio/prism) "+prismVersion+
		"\n- [Schemathesis](https://github.com/schemathesis/schemathesis) "+schemathesisVersion+
		"\n- [Keystone](https://github.com/openstack/keystone) "+keystoneVersion+
		", served by [Werkzeug](https://github.com/pallets/werkzeug) "+werkzeugVersion+"\n")
}

var update = flag.Bool("update", false, "write the results into docs/interop.md")

// wanted skips a test unless it is asked for, and the machine has what it needs.
func wanted(t *testing.T, tool string) {
	t.Helper()
	if os.Getenv("INTEROP") == "" {
		t.Skip("not asked for: make interop, or INTEROP=1, runs tools of others, which it fetches")
	}
	if _, err := exec.LookPath(tool); err != nil {
		t.Skipf("there is no %s on this machine", tool)
	}
}

// installed returns a directory that install has filled once, and is kept for the next time.
func installed(t *testing.T, name string, install func(dir string) *exec.Cmd) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	dir := filepath.Join(cache, "dmstask-interop", name)
	done := filepath.Join(dir, "installed")
	if _, err := os.Stat(done); err == nil {
		return dir
	}
	require.NoError(t, os.MkdirAll(dir, 0o750))
	if output, err := install(dir).CombinedOutput(); err != nil {
		t.Skipf("%s cannot be installed: %v\n%s", name, err, output)
	}
	require.NoError(t, os.WriteFile(done, nil, 0o600))
	return dir
}

// command is a program that ends with the test.
func command(t *testing.T, dir, name string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	c := exec.CommandContext(ctx, name, args...) //nolint:gosec // G204: the tools of this test
	c.Dir, c.WaitDelay = dir, time.Second
	return c
}

// contractFile is the contract, as the tools are to read it.
func contractFile(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../../openapi.yaml")
	require.NoError(t, err)
	return path
}

// page is held by the test that reads docs/interop.md or writes it.
var page sync.Mutex

// documented holds a result against the part of docs/interop.md that is between two marks, or writes it there.
func documented(t *testing.T, mark, result string) {
	t.Helper()
	page.Lock()
	defer page.Unlock()
	const file = "../../docs/interop.md"
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	begin, end := "<!-- "+mark+" -->\n", "<!-- end of "+mark+" -->"
	before, rest, found := strings.Cut(string(content), begin)
	require.True(t, found, "%s has no mark %s", file, mark)
	was, after, found := strings.Cut(rest, end)
	require.True(t, found, "%s has no end of %s", file, mark)
	if *update {
		//nolint:gosec // G703: the file is a constant
		require.NoError(t, os.WriteFile(file, []byte(before+begin+result+end+after), 0o600))
		return
	}
	assert.Equal(t, result, was, "docs/interop.md is not current: INTEROP=1 go test ./contract_test/interop -update")
}
