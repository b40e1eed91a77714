package main

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/dmstask/dmstask/conformance"
)

// TestProgress: it is silent as long as answers come soon, counts when they do not, and leaves nothing behind.
func TestProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var screen bytes.Buffer
		p := startProgress(&screen)
		p.request(conformance.Probe{Name: "quick"})
		time.Sleep(patience / 2)
		p.request(conformance.Probe{Name: "slow"})
		time.Sleep(patience / 2)
		synctest.Wait()
		p.clear()
		assert.Empty(t, screen.String())

		time.Sleep(patience)
		synctest.Wait()
		p.clear()
		assert.Contains(t, screen.String(), "request 2, slow: no answer for 0.3 s")
		p.stop()
		assert.Regexp(t, "\r\x1b\\[K$", screen.String())
		assert.NotContains(t, screen.String(), "quick")
	})
}
