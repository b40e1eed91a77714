package client

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/dmstask/dmstask/internal/printable"
	"github.com/dmstask/dmstask/internal/secret"
)

// credentials returns what is secret in a header section. Names are compared like a server does: a map can hold them in
// any case.
func credentials(header http.Header) (found []string) {
	for name, values := range header {
		if !isCredential(name) {
			continue
		}
		for _, value := range values {
			found = append(found, secret.InField(value))
		}
	}
	slices.Sort(found)
	return found
}

// isCredential reports whether a header field authenticates.
func isCredential(name string) bool {
	return strings.EqualFold(name, tokenHeader) || strings.EqualFold(name, "Authorization") ||
		strings.EqualFold(name, "X-Security-Token") // goes with a temporary access key
}

// A redactor makes what came back fit to be shown. It keeps the last cleaner: a token is sent many times, and to take
// one apart costs more than to send it.
type redactor struct {
	mu      sync.Mutex
	last    []string
	cleaner *secret.Cleaner
}

// of returns the cleaner for the answer to a request with these header fields.
func (r *redactor) of(header http.Header) *secret.Cleaner {
	sent := credentials(header)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cleaner == nil || !slices.Equal(r.last, sent) {
		r.last, r.cleaner = sent, secret.NewCleaner(sent...)
	}
	return r.cleaner
}

// longestError is how much of the text of an error is shown: the reason is at its end, behind a URL.
const longestError = 1000

// show returns err, with a text that is one line, not too long, and without credentials.
func show(err error, cleaner *secret.Cleaner) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if shown := printable.Brief(cleaner.Clean(text), longestError); shown != text {
		return printable.Error(shown, err)
	}
	return err
}
