package secret

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// mark stands where a credential was.
const mark = "[redacted]"

// A Cleaner takes certain credentials out of texts. To make one takes time, some milliseconds for the longest tokens.
// It does not change and can be used by many goroutines.
//
// A credential of fewer than 16 characters is taken out only where it is a text as a whole, or a string in quotes:
// elsewhere it could not be told from an ordinary word.
type Cleaner struct {
	set    Set
	short  map[string]bool // in the usual ways to write them
	quoted *strings.Replacer
}

// NewCleaner makes a cleaner. An empty credential is none.
func NewCleaner(credentials ...string) *Cleaner {
	c := Cleaner{short: make(map[string]bool)}
	var pairs []string
	for _, credential := range credentials {
		switch {
		case credential == "":
		case len(credential) >= fragment:
			c.set.Keep(credential)
		default:
			for _, form := range written(credential) {
				c.short[form] = true
				pairs = append(pairs, `"`+form+`"`, `"`+mark+`"`)
			}
		}
	}
	c.quoted = strings.NewReplacer(pairs...)
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
	if c.short[strings.TrimSpace(text)] {
		return mark
	}
	return c.quoted.Replace(string(c.set.Redact([]byte(text), mark)))
}

// A Cleaners makes cleaners, and keeps the last one: a token is sent many times, and to take one apart costs more than
// to send it. Its zero value is ready, and can be used by many goroutines.
type Cleaners struct {
	mu      sync.Mutex
	last    []string
	cleaner *Cleaner
}

// For returns a cleaner for the credentials in a header section, and more.
func (c *Cleaners) For(header http.Header, more ...string) *Cleaner {
	found := append(InHeader(header), more...)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cleaner == nil || !slices.Equal(c.last, found) {
		c.last, c.cleaner = found, NewCleaner(found...)
	}
	return c.cleaner
}
