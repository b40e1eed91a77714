// Package interop holds this module against software that others wrote: the check against Prism, a mock server, and
// against servers built with six frameworks; check and client against proxies; the embedded server against
// Schemathesis, which makes requests of the contract; and package otcauth against Keystone, the identity service of
// OpenStack. See docs/interop.md.
package interop

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
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

// TestVersions needs none of the tools.
func TestVersions(t *testing.T) {
	t.Parallel()
	const github = "https://github.com/"
	var b strings.Builder
	line := func(name, url, version string) { fmt.Fprintf(&b, "- [%s](%s) %s\n", name, url, version) }
	line("Prism", github+"stoplightio/prism", prismVersion)
	line("Schemathesis", github+"schemathesis/schemathesis", schemathesisVersion)
	line("Keystone", github+"openstack/keystone", keystoneVersion+
		", served by [Werkzeug]("+github+"pallets/werkzeug) "+werkzeugVersion)
	for _, f := range frameworks {
		line(f.name, github+f.repo, f.version)
		manifest, err := os.ReadFile(filepath.Join(f.dir, f.kind.manifest))
		require.NoError(t, err)
		assert.Contains(t, string(manifest), f.version, f.name)
	}
	for _, p := range proxies {
		line(p.name, p.url, p.version+", from Debian; if another version is installed, that is used")
	}
	documented(t, "versions", b.String())
}

var update = flag.Bool("update", false, "write the results into docs/interop.md")

// wanted skips a test unless it is asked for, and the machine has what it needs.
func wanted(t *testing.T, tool string) {
	t.Helper()
	if os.Getenv("INTEROP") == "" {
		t.Skip("not requested: make interop, or INTEROP=1, runs third-party tools, which it downloads")
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

// run starts a program, which ends with the test.
func run(t *testing.T, program *exec.Cmd) {
	t.Helper()
	var output strings.Builder
	program.Stdout, program.Stderr = &output, &output
	require.NoError(t, program.Start())
	t.Cleanup(func() {
		_ = program.Process.Kill()
		_ = program.Wait()
		if t.Failed() {
			t.Logf("%s prints: %s", program.Path, output.String())
		}
	})
}

// lastPort is the port that was given away last.
var lastPort atomic.Int32

// freePort is a port on loopback for a program to take. It is below those that the system assigns, so that no other
// test gets it in between.
func freePort(t *testing.T) int {
	t.Helper()
	lastPort.CompareAndSwap(0, int32(20_000+rand.IntN(10_000))) //nolint:gosec // G404: no secret, only unlike others
	for {
		port := int(lastPort.Add(1))
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			require.NoError(t, listener.Close())
			return port
		}
		require.Less(t, port, 32_000, "no port is free")
	}
}

// listens waits until a server does.
func listens(t *testing.T, address, name string) {
	t.Helper()
	require.Eventually(t, func() bool {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	}, time.Minute, 50*time.Millisecond, "%s does not listen", name)
}

// contractFile is the contract, as the tools are to read it.
func contractFile(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../../openapi.yaml")
	require.NoError(t, err)
	return path
}

// page is held by the test that reads a page of docs or writes it.
var page sync.Mutex

// documented holds a result against the part of docs/interop.md that is between two marks, or writes it there.
func documented(t *testing.T, mark, result string) {
	t.Helper()
	documentedIn(t, "interop.md", mark, result)
}

// documentedIn is documented for any page of docs.
func documentedIn(t *testing.T, name, mark, result string) {
	t.Helper()
	page.Lock()
	defer page.Unlock()
	file := "docs/" + name
	content, err := fs.ReadFile(os.DirFS("../.."), file)
	require.NoError(t, err)
	begin, end := "<!-- "+mark+" -->\n", "<!-- end of "+mark+" -->"
	before, rest, found := strings.Cut(string(content), begin)
	require.True(t, found, "%s has no mark %s", file, mark)
	was, after, found := strings.Cut(rest, end)
	require.True(t, found, "%s has no end of %s", file, mark)
	if *update {
		require.NoError(t, os.WriteFile(filepath.Join("../..", file), []byte(before+begin+result+end+after), 0o600))
		return
	}
	assert.Equal(t, result, was, "%s is not current: INTEROP=1 go test ./contract_test/interop -update", file)
}
