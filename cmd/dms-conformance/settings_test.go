package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAnswerTimeout(t *testing.T) {
	t.Parallel()
	for run, want := range map[time.Duration]time.Duration{
		time.Nanosecond: time.Millisecond,
		time.Second:     167 * time.Millisecond,
		3 * time.Second: 500 * time.Millisecond,
		time.Minute:     10 * time.Second,
		time.Hour:       10 * time.Second,
	} {
		assert.Equal(t, want, answerTimeout(run), run)
	}
}
