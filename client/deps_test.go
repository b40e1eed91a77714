package client_test

import (
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dependencies are the modules that a program builds with when it imports this package, and why. A new one fails
// TestDependencies until somebody gives a reason here.
var dependencies = map[string]string{
	"github.com/oapi-codegen/runtime":    "the generated code calls it",
	"github.com/apapsch/go-jsonmerge/v2": "oapi-codegen/runtime needs it",
	"github.com/google/uuid":             "oapi-codegen/runtime needs it",
	"golang.org/x/time":                  "rate, for the rate limit of DeleteTasks",
}

func TestDependencies(t *testing.T) {
	t.Parallel()
	const format = "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}"
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", format, ".").Output()
	require.NoError(t, err)
	found := strings.Fields(string(out))
	slices.Sort(found)
	assert.ElementsMatch(t, slices.Collect(maps.Keys(dependencies)), slices.Compact(found))
}
