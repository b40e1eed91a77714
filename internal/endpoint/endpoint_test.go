package endpoint_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/dmstask/dmstask/internal/endpoint"
)

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	const goodProject = "0e5a9c6e2c8f4b1d9a7c3f5e8b2d4a61"
	for name, tc := range map[string]struct{ server, says string }{
		"empty":                 {"", "an absolute URL"},
		"no scheme":             {"dms.example.com", "an absolute URL"},
		"port for scheme":       {"dms.example.com:443", "an absolute URL"},
		"relative to scheme":    {"//dms.example.com", "an absolute URL"},
		"another scheme":        {"ftp://dms.example.com", "an absolute URL"},
		"opaque":                {"https:dms.example.com", "an absolute URL"},
		"no host":               {"https://", "an absolute URL"},
		"path for host":         {"https:///dms.example.com", "an absolute URL"},
		"port without host":     {"https://:443", "an absolute URL"},
		"port is no number":     {"https://dms.example.com:https", "an absolute URL"},
		"broken address":        {"https://[::1", "an absolute URL"},
		"address in two parts":  {"https://0::", "an absolute URL"},
		"address, no brackets":  {"https://::1", "an absolute URL"},
		"broken encoding":       {"https://dms.example.com/%zz", "an absolute URL"},
		"newline":               {"https://dms.example.com\n", "an absolute URL"},
		"query":                 {"https://dms.example.com?token=hunter2", "without query"},
		"empty query":           {"https://dms.example.com/?", "without query"},
		"fragment":              {"https://dms.example.com/#hunter2", "without query and fragment"},
		"empty fragment":        {"https://dms.example.com/#", "without query and fragment"},
		"user":                  {"https://hunter2@dms.example.com", "without user information"},
		"user and password":     {"https://user:hunter2@dms.example.com", "without user information"},
		"password, no scheme":   {"user:hunter2@dms.example.com", "an absolute URL"},
		"password, path":        {"https:///user:hunter2@h", "an absolute URL"},
		"password, broken host": {"https://user:hunter2@[::1", "an absolute URL"},
		"password, broken":      {"https://user:hunter2%zz@dms.example.com", "an absolute URL"},
		"version":               {"https://dms.example.com/v2", "without version and project"},
		"version and slash":     {"https://dms.example.com/v2/", "without version and project"},
		"other version":         {"https://dms.example.com/gateway/v1.0", "without version and project"},
		"version by dots":       {"https://dms.example.com/v2/x/..", "without version and project"},
		"version in capitals":   {"https://dms.example.com/V2", "without version and project"},
		"project":               {"https://dms.example.com/v2/" + goodProject, "without version and project"},
		"project alone":         {"https://dms.example.com/" + goodProject, "without version and project"},
	} {
		u, expected := endpoint.Parse(tc.server)
		assert.Nil(t, u, name)
		assert.Contains(t, expected, tc.says, name)
		assert.NotContains(t, expected, "hunter2", name)
	}
}

func TestParseAccepts(t *testing.T) {
	t.Parallel()
	for _, server := range []string{
		"https://dms.example.com", "http://dms.example.com:8443/", "https://[2001:db8::1]:443", "https://[fe80::1%25eth0]",
		"https://dms_1.exämple.com", "https://example.com/a%2Fb/c%20d", "https://example.com/v2/gateway",
		"https://example.com/version", "https://example.com/vv2", "https://example.com/v2x",
	} {
		u, expected := endpoint.Parse(server)
		assert.Empty(t, expected, server)
		assert.NotNil(t, u, server)
	}
}
