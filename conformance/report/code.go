package report

import "strings"

// code makes a span of code of a line of text, in which Markdown has no links, mentions or formulas (CommonMark 0.31
// section 6.1). It ends at as many backticks as it begins with, so these are more than any in it.
func code(text string) string {
	if text == "" {
		return ""
	}
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if strings.Trim(text, "` ") != text {
		text = " " + text + " " // one blank at each end is taken away
	}
	return fence + text + fence
}

// codeInTable is code for a cell, which ends at any bar without a backslash before it, in code too. Whether two
// backslashes are one before a bar is read differently, so there are never two.
func codeInTable(text string) string {
	return strings.ReplaceAll(code(strings.ReplaceAll(text, `\|`, `\ |`)), "|", `\|`)
}
