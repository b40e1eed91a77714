package conformance

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask"
)

// TestAccepts: requests ask for the media types of errors, and for those of nothing else.
func TestAccepts(t *testing.T) {
	t.Parallel()
	own := string(dmstask.Contract())
	start, end := strings.Index(own, "        '204':\n"), strings.Index(own, "\ncomponents:")
	for _, tc := range []struct{ want, responses string }{
		{aJSON, "'204': {description: x}, '404': {description: x}"},
		{
			"application/problem+json",
			"'204': {description: x}, '404': {description: x, content: {application/problem+json: {}}}",
		},
		{
			"text/json",
			"'200': {description: x, content: {text/plain: {}}}, default: {description: x, content: {text/json: {}}}",
		},
		{
			"a/a, b/b, text/html", "'204': {description: x}, 4XX: {description: x, content: {'b/B; q=1, a/a': {}}}, " +
				"'503': {description: x, content: {b/b: {}, text/html: {}}}",
		},
		{aJSON, "'204': {description: x}, '404': {description: x, content: {'*/*': {}, 'application/*': {}}}"},
		{"text/*", "'204': {description: x}, '404': {description: x, content: {'text/*': {}}}"},
	} {
		contract, err := LoadContract([]byte(strings.Replace(own[:start], "responses:", "responses: {"+tc.responses+"}", 1) +
			own[end:]))
		require.NoError(t, err, tc.responses)
		assert.Equal(t, tc.want, contract.accepts(), tc.responses)
	}
	contract, err := DefaultContract()
	require.NoError(t, err)
	assert.Equal(t, "application/json", contract.accepts())
}
