// Package retryafter reads the Retry-After field of an answer.
package retryafter

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"
)

// Parse reads a Retry-After field, seconds or a date (RFC 9110 section 10.2.3). What is past is 0; what is neither is 0
// and false.
func Parse(field string, now time.Time) (wait time.Duration, ok bool) {
	seconds, err := strconv.ParseInt(field, 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) { // out of range, it is the largest or the smallest there is
		return time.Duration(min(max(seconds, 0), math.MaxInt64/int64(time.Second))) * time.Second, seconds >= 0
	}
	date, err := http.ParseTime(field)
	return max(0, date.Sub(now)), err == nil
}
