package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestVerdict(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		was, is         string
		changed, breaks bool
		want            string
	}{
		{"1.0.3", "1.0.3", false, false, ""},
		{"1.0.3", "1.0.4", true, false, ""},
		{"1.0.9", "1.0.10", true, false, ""},
		{"1.0.3", "1.0.3", true, false, "has changed"},
		{"1.0.3", "1.0.2", true, false, "requires a version above 1.0.3, but info.version is 1.0.2;"},
		{"1.0.3", "one", true, false, "but info.version is ;"},
		{"1.0.3", "1.1.0", true, true, "a major version above that of 1.0.3"},
		{"1.0.3", "2.0.0", true, true, ""},
		{"9.0.0", "10.0.0", true, true, ""},
		{"0.7.2", "0.7.3", true, true, "a minor version above that of 0.7.2"},
		{"0.7.2", "0.8.0", true, true, ""},
		{"0.7.2", "1.0.0", true, true, ""},
	} {
		const head = "openapi: 3.0.3\n\ninfo:\n  title: t\n  version: "
		got := verdict(head+tc.was, head+tc.is+"\n", tc.changed, tc.breaks)
		assert.Contains(t, got, tc.want)
		assert.Equal(t, tc.want != "", strings.HasPrefix(got, "openapi.yaml:5: "), tc)
	}
}
