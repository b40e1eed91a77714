package report

import "regexp"

// What CI systems take for commands in a log: GitHub ::name:: where a line begins, after blanks too; GitHub and Azure
// ##[name] and ##vso[name], and TeamCity ##teamcity[name], anywhere. They pass over marks that have no width, some of
// which can be printed.
var (
	lineCommand    = regexp.MustCompile(`(?m)^( *)(\pM*:\pM*:)`)
	bracketCommand = regexp.MustCompile(`(#\pM*#[\pM\w.-]*)\[`)
)

// disarm breaks commands up by a backslash: nobody but the check itself has a say in a log.
func disarm(text string) string {
	text = lineCommand.ReplaceAllString(text, `$1\$2`)
	return bracketCommand.ReplaceAllString(text, `$1\[`)
}
