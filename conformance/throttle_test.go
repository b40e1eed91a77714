package conformance

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for field, want := range map[string]time.Duration{
		"0": 0, "7": 7 * time.Second,
		now.Add(time.Minute).Format(http.TimeFormat):  time.Minute,
		now.Add(-time.Minute).Format(http.TimeFormat): 0,
		"": -1, "soon": -1, "-1": -1, "1.5": -1, "99999999999": -1,
	} {
		wait, ok := retryAfter(field, now)
		assert.Equal(t, want >= 0, ok, field)
		if ok {
			assert.Equal(t, want, wait, field)
		}
	}
}
