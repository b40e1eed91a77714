package report_test

import (
	"bytes"
	"cmp"
	"context"
	"image/color"
	"image/png"
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

// TestScreenshots: the page is light or dark as the reader likes it, and on paper it has all that is folded on the
// screen. CHROMIUM_KEEP names a directory that keeps the pictures, to be looked at.
func TestScreenshots(t *testing.T) {
	t.Parallel()
	browser(t)
	dir := cmp.Or(os.Getenv("CHROMIUM_KEEP"), t.TempDir())
	file := filepath.Join(dir, "report.html")
	page := write(t, check(t, always(500, hostile), nil), report.HTML)
	require.NoError(t, os.WriteFile(file, []byte(page), 0o600)) //nolint:gosec // G703: where who runs the test wants it
	for name, tc := range map[string]struct {
		flags []string
		light bool
	}{
		"desk":  {[]string{"--window-size=1000,1400"}, true},
		"phone": {[]string{"--window-size=500,1400"}, true}, // the narrowest that Chromium makes
		"dark":  {[]string{"--window-size=1000,1400", "--blink-settings=preferredColorScheme=0"}, false},
	} {
		picture := filepath.Join(dir, name+".png")
		headless(t, file, append(tc.flags, "--hide-scrollbars", "--screenshot="+picture)...)
		content, err := os.ReadFile(picture) //nolint:gosec // G304: the browser wrote it
		require.NoError(t, err)
		decoded, err := png.Decode(bytes.NewReader(content))
		require.NoError(t, err)
		red, _, _, _ := decoded.At(2, 700).RGBA() // of the margin
		assert.Equal(t, tc.light, red > 0x8000, name)
		colors := map[color.Color]bool{}
		for y := range 1400 {
			colors[decoded.At(60, y)] = true
		}
		assert.Greater(t, len(colors), 5, "%s: there is something to be seen", name)
	}
	paper := filepath.Join(dir, "report.pdf")
	headless(t, file, "--no-pdf-header-footer", "--print-to-pdf="+paper)
	content, err := os.ReadFile(paper) //nolint:gosec // G304: the browser wrote it
	require.NoError(t, err)
	pages := regexp.MustCompile(`/Type\s*/Page\b`).FindAll(content, -1)
	assert.Greater(t, len(pages), 15, "what is folded is printed")
}
