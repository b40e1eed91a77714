package conformance_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask"
	"github.com/dmstask/dmstask/conformance"
)

func TestLoadContract(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ old, new, says string }{
		"as it is":         {"", "", ""},
		"no YAML":          {"openapi: ", "\topenapi: ", "contract: "},
		"not valid":        {"openapi: 3.0.3", "openapi: ''", "contract: "},
		"wrong example":    {"example: 8abfa7b372160bfd0172165864064079", "example: '..'", "contract: "},
		"no operation":     {"    delete:", "    x-delete:", "no operation"},
		"two operations":   {"\npaths:", "\npaths:\n  /x: {get: {responses: {'200': {description: x}}}}", "more than one"},
		"unknown ID":       {"_id}/tasks/{task_id}", "_id}/tasks/{id}", "contract: "},
		"no task ID":       {"task_id", "id", "no path parameter task_id"},
		"IDs of the path":  {"      operationId", "      x-operationId", ""},
		"another prefix":   {"  /v2/", "  /dms/v2/", ""},
		"without 404":      {"        '404':\n          $ref: '#/components/responses/NotFound'\n", "", ""},
		"other error type": {"application/json:", "application/problem+json:", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contract, err := conformance.LoadContract(
				[]byte(strings.ReplaceAll(string(dmstask.Contract()), tc.old, tc.new)))
			if tc.says != "" {
				require.ErrorContains(t, err, tc.says)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, "1.0.0", contract.Version())
		})
	}
}

// TestRulesFollowTheContract: what a contract of one's own says counts, and not what ours says.
func TestRulesFollowTheContract(t *testing.T) {
	t.Parallel()
	own := string(dmstask.Contract())
	own = strings.Replace(own, "        '404':\n          $ref: '#/components/responses/NotFound'\n", "", 1)
	// The pattern goes; that the ID must be a UUID is left to the format, which kin-openapi does not check by itself.
	pattern := "            pattern: '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$'\n"
	require.Contains(t, own, pattern)
	contract, err := conformance.LoadContract([]byte(strings.Replace(own, pattern, "", 1)))
	require.NoError(t, err)

	_, target := newTarget(t)
	report, err := conformance.Run(t.Context(), target, conformance.Against(contract))
	require.NoError(t, err)
	assert.Equal(t, []string{"unknown-task", "unknown-instance", "delete-twice"}, outcomes(report)[conformance.Failed])

	target.InstanceID = "not-a-uuid"
	_, err = conformance.Run(t.Context(), target, conformance.Against(contract))
	require.ErrorContains(t, err, `instance_id "not-a-uuid"`)
}
