package secret

import "strings"

// mark stands where a credential was.
const mark = "[redacted]"

// A Cleaner takes certain credentials out of texts. To make one takes time, some milliseconds for the longest tokens.
// It does not change and can be used by many goroutines.
//
// A credential of fewer than 16 characters is taken out only where it stands alone: as a line, as the value of a header
// field, or as a string in quotes. Elsewhere it could not be told from an ordinary word.
type Cleaner struct {
	set   Set
	alone *strings.Replacer // puts the mark in the place of short ones, with what is around them
}

// NewCleaner makes a cleaner. An empty credential is none.
func NewCleaner(credentials ...string) *Cleaner {
	c, pairs := new(Cleaner), []string(nil)
	for _, credential := range credentials {
		switch {
		case credential == "":
		case len(credential) >= part:
			c.set.Keep(credential)
		default:
			for _, form := range written(credential) {
				pairs = append(pairs, `"`+form+`"`, `"`+mark+`"`, "\n"+form+"\n", mark, ": "+form+"\n", ": "+mark)
			}
		}
	}
	c.alone = strings.NewReplacer(pairs...)
	return c
}

// Clean puts a mark in the place of every credential in a text, or withholds it as [Set.Redact] does.
func (c *Cleaner) Clean(text string) string {
	lines := strings.SplitAfter(string(c.set.Redact([]byte(text), mark)), "\n")
	for i, line := range lines {
		said := strings.TrimSpace(line)
		lines[i] = strings.Replace(line, said, strings.TrimSpace(c.alone.Replace("\n"+said+"\n")), 1)
	}
	return strings.Join(lines, "")
}
