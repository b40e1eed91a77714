package plainhttp_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/internal/plainhttp"
)

func TestExposed(t *testing.T) {
	t.Parallel()
	for server, want := range map[string]bool{
		"https://dms.example.com":           false,
		"HTTPS://dms.example.com":           false,
		"http://127.0.0.1:8080":             false,
		"http://127.8.9.1":                  false,
		"http://[::1]:8080":                 false,
		"http://localhost:8080":             false,
		"http://dms.example.com":            true,
		"http://0.0.0.0":                    true,
		"http://[::]":                       true,
		"http://127.0.0.1.example.com":      true,
		"http://localhost.example.com":      true,
		"http://example.com/localhost":      true,
		"ftp://dms.example.com":             true,
		"http://localhost@dms.example.com/": true,
	} {
		u, err := url.Parse(server)
		require.NoError(t, err)
		assert.Equal(t, want, plainhttp.Exposed(u), server)
	}
}
