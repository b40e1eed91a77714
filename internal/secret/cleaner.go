package secret

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// mark stands where a credential was.
const mark = "[redacted]"

// A Cleaner takes certain credentials out of texts, also those that are too short for a [Set]. To make one takes time,
// some milliseconds for the longest tokens. It does not change and can be used by many goroutines.
type Cleaner struct {
	set   Set
	short *strings.Replacer
}

// NewCleaner makes a cleaner. An empty credential is none.
func NewCleaner(credentials ...string) *Cleaner {
	var c Cleaner
	var short []string
	for _, credential := range credentials {
		switch {
		case credential == "":
		case Short(credential):
			short = append(short, written(credential)...)
		default:
			c.set.Keep(credential)
		}
	}
	// A longer form may begin with a shorter one, of which the rest would stay.
	slices.SortFunc(short, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	pairs := make([]string, 0, 2*len(short))
	for _, form := range short {
		pairs = append(pairs, form, mark)
	}
	c.short = strings.NewReplacer(pairs...)
	return &c
}

// written returns the usual ways to write a credential that is too short to be looked for in all ways.
func written(credential string) []string {
	quoted := strconv.Quote(credential)
	encoded, _ := json.Marshal(credential) // a string always can be
	return []string{
		credential, quoted[1 : len(quoted)-1], string(encoded[1 : len(encoded)-1]),
		url.QueryEscape(credential), url.PathEscape(credential),
	}
}

// Clean puts a mark in the place of every credential in a text.
func (c *Cleaner) Clean(text string) string {
	return c.short.Replace(string(c.set.Redact([]byte(text), mark)))
}
