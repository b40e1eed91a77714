package client_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

// TestPlainHTTP: package plainhttp tests which hosts are exposed. With an option for credentials New refuses one, so
// that a mistake in the configuration shows at the start of a program; what an editor adds is found when it is sent.
func TestPlainHTTP(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		opt    client.Option
		byNew  bool
		server string
	}{
		"token":           {client.WithToken(token), true, "http://dms.example.com"},
		"token source":    {client.WithTokenSource(&iam{}), true, "http://dms.example.com"},
		"signer":          {signed, true, "http://dms.example.com"},
		"editor":          {header("X-Auth-Token", token), false, "http://dms.example.com"},
		"almost loopback": {client.WithToken(token), true, "http://127.0.0.1.example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wire := play(deleted)
			c, err := client.New(tc.server, tc.opt, client.WithHTTPClient(wire))
			assert.Equal(t, tc.byNew, err != nil)
			if err == nil {
				err = c.DeleteTask(t.Context(), task)
			}
			require.ErrorIs(t, err, client.ErrInvalid)
			require.ErrorContains(t, err, "WithInsecureHTTP")
			assert.NotContains(t, err.Error(), token)
			assert.Empty(t, wire.requests)

			for _, opts := range [][]client.Option{{tc.opt, client.WithInsecureHTTP()}, nil} {
				c := newClient(t, tc.server, append(opts, client.WithHTTPClient(wire))...)
				require.NoError(t, c.DeleteTask(t.Context(), task))
			}
			for _, server := range []string{"http://127.0.0.1:80", "http://localhost", "https://dms.example.com"} {
				require.NoError(t, newClient(t, server, tc.opt, client.WithHTTPClient(wire)).DeleteTask(t.Context(), task))
			}
			assert.Len(t, wire.requests, 5)
		})
	}
}
