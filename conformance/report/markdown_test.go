package report_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/report"
)

// page is what web frameworks and proxies send in place of an error.
func errorPage(http.Handler) http.Handler {
	paragraph := "<p class=\"x_y\">Something *went* wrong & we're [sorry] | ~x~ ```` # \x1b[1m</p>\n"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8; "+strings.Repeat("<_>", 2000))
		w.Header().Set("Location", "/"+r.Header.Get("X-Auth-Token"))
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte("<!DOCTYPE html>\n" + strings.Repeat(paragraph, 500)))
	})
}

// withoutCode is a page without its blocks and spans of code.
func withoutCode(page string) string {
	var bare strings.Builder
	runs := regexp.MustCompile("`+|\n\n|\n[-|]")
	for page != "" {
		at := runs.FindStringIndex(page)
		if at == nil {
			break
		}
		bare.WriteString(page[:at[0]])
		run := page[at[0]:at[1]]
		page = page[at[1]:]
		if run[0] != '`' || strings.HasSuffix(bare.String(), `\`) {
			bare.WriteString(run)
			continue
		}
		for end := 0; ; {
			next := runs.FindStringIndex(page[end:])
			if next == nil || len(run) < 3 && page[end+next[0]] == '\n' { // a span ends with its paragraph
				bare.WriteString(run)
				break
			}
			found := page[end+next[0] : end+next[1]]
			end += next[1]
			if found == run {
				page = page[end:]
				break
			}
		}
	}
	return bare.String() + page
}

// TestMarkdownQuotesTheServer: what a server sent is code, wherever it stands: it mentions nobody, leads nowhere, and
// is no formula. Our own words are none.
func TestMarkdownQuotesTheServer(t *testing.T) {
	t.Parallel()
	for name, ticks := range map[string]string{
		"plain": "", "begins": "`", "runs": "``` ` ``", "bars": `| \| \\| ` + "|`", "blanks": "  ", "ends": "\\",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			evil := ticks + " @octocat http://evil.example www.evil.example #1 $x$ <b> evil@example.com " + ticks
			page := write(t, &conformance.Report{
				Endpoint: "https://x.example.com", Error: evil, Results: []conformance.Result{
					{Rule: conformance.Rule{ID: "a"}, Outcome: conformance.Skipped, Reason: evil},
					{
						Rule: conformance.Rule{ID: "b"}, Outcome: conformance.Failed, Violations: []conformance.Violation{{
							Level: conformance.MUST, Expected: "a 4xx", Got: evil,
							Exchange: &conformance.Exchange{Request: "GET /", Response: evil, Error: evil},
						}},
					},
				},
			}, report.Markdown)
			assert.Equal(t, 7, strings.Count(page, "@octocat"), page)
			bare := withoutCode(page)
			for _, part := range []string{"octocat", "evil", "#1", "$x$", "<b>"} {
				assert.NotContains(t, bare, part, page)
			}
			for _, own := range []string{"Not judged: a (", "expected a 4xx; got ", "\n- got: ", "0 passed, 1 failed"} {
				assert.Contains(t, bare, own)
			}
			for row := range strings.Lines(page) {
				if strings.HasPrefix(row, "| ❌") || strings.HasPrefix(row, "| ➖") {
					assert.Len(t, regexp.MustCompile(`(^|[^\\])\|`).FindAllString(row, -1), 5, row)
				}
			}
		})
	}
}

// TestMarkdownFitsAnIssue: GitHub takes 65,536 characters, however much a server sends and however wrong it is.
func TestMarkdownFitsAnIssue(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*conformance.Report{
		"pages":   check(t, errorPage, nil, conformance.Examples(20)),
		"hostile": check(t, always(http.StatusInternalServerError, strings.Repeat(hostile, 100)), nil),
	} {
		page := write(t, r, report.Markdown)
		assert.Less(t, len(page), 60_000, name)
		assert.Greater(t, r.Count(conformance.Failed), 9, name)
	}
}

// TestMarkdownShowsOne: of the violations of a rule the page shows one in full, with all that a reader needs.
func TestMarkdownShowsOne(t *testing.T) {
	t.Parallel()
	r := check(t, errorPage, nil)
	page := write(t, r, report.Markdown)
	links := regexp.MustCompile(`\| \[([a-z-]+)\]\(#([a-z-]+)\) \|`).FindAllStringSubmatch(page, -1)
	require.Len(t, links, r.Count(conformance.Failed)+r.Count(conformance.Warned))
	for _, link := range links {
		assert.Equal(t, link[1], link[2])
		assert.Contains(t, page, "\n## "+link[2]+"\n")
	}
	_, section, _ := strings.Cut(page, "\n## malformed-task-id\n")
	section, _, _ = strings.Cut(section, "\n## ")
	assert.Contains(t, section, "\n**Why.** One path segment above the task is the instance")
	assert.Contains(t, section, "\n**Mend it.** Validate")
	assert.Contains(t, section, "\n- probe: malformed-task-id/tilde\n")
	assert.Contains(t, section, "\n… and 5 more violations\n")
	assert.Equal(t, 1, strings.Count(section, "DELETE /v2/"))
	assert.Contains(t, section, "HTTP/1.1 500 Internal Server Error")
	assert.Less(t, len(section), 4000)
}
