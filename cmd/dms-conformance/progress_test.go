package main

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/dmstask/dmstask/conformance"
)

// TestProgress: it is silent as long as results come soon, counts when they do not, and leaves nothing behind.
func TestProgress(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		waits  time.Duration // for each of two requests
		result bool          // after each
		shows  string
	}{
		"soon":                {patience / 2, true, ""},
		"late":                {4 * patience, true, "request 2, b: 0.3 s"},
		"interrupted":         {patience / 2, true, "\r\x1b[K"},
		"soon, and no result": {patience * 3 / 4, false, "request 2, b: 0.3 s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var screen bytes.Buffer
				p := startProgress(&screen)
				for _, probe := range []string{"a", "b"} {
					p.request(conformance.Probe{Name: probe})
					time.Sleep(tc.waits)
					if name == "interrupted" {
						p.echoed()
					}
					if tc.result {
						p.clear()
					}
				}
				p.stop()
				if tc.shows == "" {
					assert.Empty(t, screen.String())
					return
				}
				assert.Contains(t, screen.String(), tc.shows)
				assert.Regexp(t, "\r\x1b\\[K$", screen.String())
			})
		})
	}
}
