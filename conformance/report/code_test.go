package report

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCode(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, want, inTable string }{
		{"", "", ""},
		{"a *b* @c", "`a *b* @c`", "`a *b* @c`"},
		{"a`b", "``a`b``", "``a`b``"},
		{"a``b`c", "```a``b`c```", "```a``b`c```"},
		{"`a", "`` `a ``", "`` `a ``"},
		{"a`", "`` a` ``", "`` a` ``"},
		{" a ", "`  a  `", "`  a  `"},
		{" ", "`   `", "`   `"},
		{`a\`, "`a\\`", "`a\\`"},
		{"a|b", "`a|b`", "`a\\|b`"},
		{`a\|b\\|c`, "`a\\|b\\\\|c`", "`a\\ \\|b\\\\ \\|c`"},
	} {
		assert.Equal(t, tc.want, code(tc.text))
		assert.Equal(t, tc.inTable, codeInTable(tc.text))
	}
}
