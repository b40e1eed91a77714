package report_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/dmstask/dmstask/conformance/report"
)

// TestHTMLOverview: the page says what it is about, and every rule is a link to what became of it.
func TestHTMLOverview(t *testing.T) {
	t.Parallel()
	r := check(t, always(http.StatusNotFound, `{"error_code":"x","error_msg":"m"}`), nil)
	page := write(t, r, report.HTML)
	assert.Contains(t, page, "Conformance of "+r.Endpoint+" to the contract 1.0.2: DELETE /v2/{project_id}/")
	assert.Contains(t, page, "A violated MUST means")
	assert.NotContains(t, page, "<dt>Endpoint</dt>")
	_, overview, _ := strings.Cut(page, "<nav ")
	overview, _, _ = strings.Cut(overview, "</nav>")
	for _, result := range r.Results {
		assert.Regexp(t, `<span aria-hidden="true">.</span> `+string(result.Outcome)+`</span> <a href="#`+result.Rule.ID+`">`,
			overview)
		assert.Equal(t, 1, strings.Count(page, ` id="`+result.Rule.ID+`"`), result.Rule.ID)
		assert.Contains(t, page, `<h3 id="`+result.Rule.ID+`_name">`)
	}
	for _, section := range regexp.MustCompile(`<section [^>]*>`).FindAllString(page, -1) {
		assert.Regexp(t, `id="([a-z-]+)" aria-labelledby="([a-z-]+)_name"`, section)
	}
	assert.Regexp(t, `<b>\d+</b> failed<`, page)
	assert.NotRegexp(t, `<h1>[✓✗?]`, page)
}

// TestHTMLFolds: of each rule one violation is open, and the others and what was sent for the rules that are kept are
// there to be opened, each under the name of its probe.
func TestHTMLFolds(t *testing.T) {
	t.Parallel()
	page := write(t, check(t, always(http.StatusInternalServerError, ""), nil), report.HTML)
	_, section, _ := strings.Cut(page, `id="malformed-task-id"`)
	section, _, _ = strings.Cut(section, "</section>")
	open, folded, _ := strings.Cut(section, "<details>")
	assert.Contains(t, open, "<h4>malformed-task-id/tilde</h4>")
	assert.Contains(t, folded, "<summary><h4>malformed-task-id/quotes</h4> ")
	assert.Contains(t, folded, "<mark>HTTP/1.1 500 Internal Server Error</mark>")

	page = write(t, check(t, nil, nil), report.HTML)
	_, kept, _ := strings.Cut(page, `<details id="malformed-task-id">`)
	kept, _, _ = strings.Cut(kept, "</details>")
	assert.Contains(t, kept, "<h4>malformed-task-id/quotes</h4>")
	assert.Contains(t, kept, "HTTP/1.1 400 Bad Request")
	assert.Contains(t, kept, "X-Auth-Token: [redacted]")
}
