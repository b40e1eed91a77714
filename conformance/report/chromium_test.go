package report_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance/report"
)

// browser returns the name of a Chromium, or skips the test.
func browser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("there is no Chromium: install it, or name it in CHROMIUM, to see HTML reports in a browser")
	return ""
}

// headless has the browser load a file.
func headless(t *testing.T, file string, flags ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	args := append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
		"--disable-background-networking", "--disable-component-update", "--allow-file-access-from-files",
		"--user-data-dir=" + t.TempDir(),
	}, flags...)
	command := exec.CommandContext(ctx, browser(t), append(args, "file://"+file)...) //nolint:gosec // G204: a browser
	output, err := command.Output()
	require.NoError(t, err)
	return string(output)
}

// TestInBrowser: the page is laid out by a browser, is no wider than a phone, folds without a script, and no
// part of what a server sent has become an element.
func TestInBrowser(t *testing.T) {
	t.Parallel()
	browser(t)
	dir := t.TempDir()
	// The page itself can run nothing: another one looks into it.
	wrapper := filepath.Join(dir, "wrapper.html")
	require.NoError(t, os.WriteFile(wrapper, []byte(`<!DOCTYPE html>
<iframe id=f src=report.html style="width:360px;height:800px"></iframe><script>onload = () => {
  const d = document.getElementById("f").contentDocument, r = d.documentElement;
  const details = d.querySelectorAll("details"), before = r.scrollHeight;
  details.forEach(e => e.open = true);
  document.title = JSON.stringify({width: r.scrollWidth, marks: d.querySelectorAll("mark").length,
    scripts: d.querySelectorAll("script, img, iframe").length, opens: !details.length || r.scrollHeight > before,
    sections: d.querySelectorAll("section").length, title: d.title});
}</script>`), 0o600))
	all := reports(t)
	for _, name := range []string{"conforms", "hand-made"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "report.html"), []byte(write(t, all[name], report.HTML)), 0o600))
		dom := headless(t, wrapper, "--dump-dom")
		facts := regexp.MustCompile(`<title>(.*)</title>`).FindStringSubmatch(dom)
		require.NotNil(t, facts, dom)
		width := regexp.MustCompile(`"width":(\d+)`).FindStringSubmatch(facts[1])
		require.NotNil(t, width, facts[1])
		assert.LessOrEqual(t, width[1], "360", name)
		assert.Len(t, width[1], 3, name)
		assert.Contains(t, facts[1], `"scripts":0`, name)
		assert.Contains(t, facts[1], `"opens":true`, name)
		assert.Equal(t, all[name].Conforms(), !regexp.MustCompile(`"marks":[1-9]`).MatchString(facts[1]),
			"%s %s", name, facts[1])
	}
}
