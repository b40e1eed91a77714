package retryafter_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/dmstask/dmstask/internal/retryafter"
)

func TestParse(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	const ages = 9223372036 * time.Second // the longest that a Duration holds
	for field, want := range map[string]struct {
		wait time.Duration
		ok   bool
	}{
		"":                              {0, false},
		"soon":                          {0, false},
		"1.5":                           {0, false},
		"-5":                            {0, false},
		"-99999999999999999999":         {0, false},
		"0":                             {0, true},
		"120":                           {2 * time.Minute, true},
		"9223372037":                    {ages, true},
		"99999999999999999999":          {ages, true},
		"Wed, 21 Oct 2015 07:28:00 GMT": {0, true},
		"Wed, 41 Oct 2099 07:28:00 GMT": {0, false},
		now.Add(time.Hour).Format(http.TimeFormat):                  {time.Hour, true},
		now.Add(time.Hour).Format("Monday, 02-Jan-06 15:04:05 GMT"): {time.Hour, true}, // RFC 850
		"Fri, 31 Dec 9999 23:59:59 GMT":                             {1<<63 - 1, true},
	} {
		wait, ok := retryafter.Parse(field, now)
		assert.Equal(t, want.wait, wait, field)
		assert.Equal(t, want.ok, ok, field)
	}
}

// FuzzParse: seconds are what they say, and nothing asks for a wait before now.
func FuzzParse(f *testing.F) {
	for _, field := range []string{"", "0", "120", "-5", "soon", "99999999999999999999", "+1", "٣"} {
		f.Add(field)
	}
	f.Fuzz(func(t *testing.T, field string) {
		wait, ok := retryafter.Parse(field, time.Now())
		assert.GreaterOrEqual(t, wait, time.Duration(0))
		if seconds, err := strconv.ParseUint(field, 10, 31); err == nil {
			assert.True(t, ok)
			assert.Equal(t, time.Duration(seconds)*time.Second, wait)
		}
	})
}
