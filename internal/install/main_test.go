package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestInstall: all files change, or none; nothing else is left; and the error names what no longer compiles, and where.
func TestInstall(t *testing.T) {
	const old, page = "package raw\n\ntype Old struct {\n}\n", "package main\n\nimport \"os\"\n\nfunc main() {\n\t"
	write := page + "if os.WriteFile(\"page.new\", []byte(\"new\"), 0o600) != nil {\n\t\tos.Exit(1)\n\t}\n}\n"
	for name, tc := range map[string]struct{ code, test, page, says string }{
		"all fits": {"raw.New", "raw.New", write, ""},
		"code does not": {
			"raw.Old", "raw.New", write, "code.go:5: undefined: raw.Old; the generated code now has type New struct\n",
		},
		"a test does not": {"raw.New", "raw.Old", write, "code_test.go:5: undefined: raw.Old; the generated code now"},
		"the page fails":  {"raw.New", "raw.New", page + "println(\"no page\")\n\tos.Exit(1)\n}\n", "no page"},
		"no page":         {"raw.New", "raw.New", page + "os.Exit(0)\n}\n", "page.new"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			imports := "package code\n\nimport \"example.com/raw\"\n\nvar _ "
			files := map[string]string{
				"go.mod": "module example.com\n\ngo 1.25.0\n", "raw/a.gen.go": old, "page": "old", "cmd/main.go": tc.page,
				"raw/a.gen.go.new": strings.ReplaceAll(old, "Old", "New"), "code.go": imports + tc.code + "\n",
				"code_test.go": imports + tc.test + "\n",
			}
			for file, content := range files {
				require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
				require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
			}
			err := install([]string{"page", "raw/a.gen.go"}, []string{"./cmd"})
			news, globErr := filepath.Glob("*/*.new")
			require.NoError(t, globErr)
			assert.Empty(t, news)
			assert.NoFileExists(t, overlay)
			text, readErr := os.ReadFile("raw/a.gen.go")
			require.NoError(t, readErr)
			if tc.says == "" {
				require.NoError(t, err)
				assert.Contains(t, string(text), "New")
				return
			}
			require.ErrorContains(t, err, tc.says)
			assert.Equal(t, old, string(text))
		})
	}
}
