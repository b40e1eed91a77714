package client_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

// To ignore an option there would drop a credential or a limit without a word.
func TestOptionsBelongToNew(t *testing.T) {
	t.Parallel()
	for name, opt := range map[string]client.ClientOption{
		"WithToken":        client.WithToken(token),
		"WithTimeout":      client.WithTimeout(time.Second),
		"WithInsecureHTTP": client.WithInsecureHTTP(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := client.NewClient(remote, opt)
			require.ErrorContains(t, err, "client.New")
			_, err = client.NewClient(remote, client.WithHTTPClient(new(recorder)), opt)
			require.ErrorContains(t, err, "client.New")
			_, err = client.NewClientWithResponses(remote, opt)
			require.ErrorContains(t, err, "client.New")
		})
	}
}

func TestNilOption(t *testing.T) {
	t.Parallel()
	wire := new(recorder)
	c := newClient(t, remote, nil, client.WithHTTPClient(wire), nil, client.WithToken(token), nil)
	require.NoError(t, c.DeleteTask(t.Context(), task))
	require.Len(t, wire.requests, 1)
	assert.Equal(t, token, wire.requests[0].Header.Get("X-Auth-Token"))
}

func TestWithTimeoutRefusesNegative(t *testing.T) {
	t.Parallel()
	c, err := client.New(remote, client.WithTimeout(-time.Second))
	require.ErrorIs(t, err, client.ErrInvalid)
	require.ErrorContains(t, err, `timeout "-1s"`)
	assert.Nil(t, c)
}
