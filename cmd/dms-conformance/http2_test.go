package main

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestHTTP2: with a server that speaks both, the flag decides.
func TestHTTP2(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args   []string
		speaks string
	}{
		"with the flag":    {[]string{"--http2"}, "HTTP/2.0"},
		"without the flag": {nil, "HTTP/1.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, env := newServer(t)
			var mu sync.Mutex
			spoken := map[string]bool{}
			secured := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				spoken[r.Proto] = true
				mu.Unlock()
				server.Config.Handler.ServeHTTP(w, r)
			}))
			secured.EnableHTTP2 = true
			secured.StartTLS()
			t.Cleanup(secured.Close)
			env["DMS_ENDPOINT"] = secured.URL
			got := command(t, env, append(tc.args, "--cacert="+trust(t, secured))...)
			assert.Equal(t, conforms, got.status, got.stdout+got.stderr)
			mu.Lock()
			defer mu.Unlock()
			assert.Equal(t, map[string]bool{tc.speaks: true}, spoken)
		})
	}
}
