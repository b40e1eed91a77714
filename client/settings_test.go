package client_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

// A caller cannot know that the generated WithHTTPClient replaces what our options are kept in.
func TestOptionsInAnyOrder(t *testing.T) {
	t.Parallel()
	// Token, insecure http, timeout, own doer and own header: all five must have worked, whatever came first.
	for order := range permutations(5) {
		wire := new(recorder)
		opts := []client.ClientOption{
			client.WithToken(token),
			client.WithInsecureHTTP(),
			client.WithTimeout(0),
			client.WithHTTPClient(wire),
			client.WithRequestEditorFn(func(_ context.Context, req *http.Request) error {
				req.Header.Set("X-Own", "yes")
				return nil
			}),
		}
		inOrder := make([]client.ClientOption, 0, len(opts))
		for _, i := range order {
			inOrder = append(inOrder, opts[i])
		}
		c := newClient(t, "http://dms.example.com", inOrder...)
		require.NoError(t, c.DeleteTask(t.Context(), task), "%v", order)
		require.Len(t, wire.requests, 1, "%v", order)
		sent := wire.requests[0]
		assert.Equal(t, token, sent.Header.Get("X-Auth-Token"), "%v", order)
		assert.Equal(t, "yes", sent.Header.Get("X-Own"), "%v", order)
		_, limited := sent.Context().Deadline()
		assert.False(t, limited, "%v", order)
	}
}

// permutations yields every order of 0 to n-1.
func permutations(n int) func(yield func([]int) bool) {
	return func(yield func([]int) bool) {
		var extend func(order []int) bool
		extend = func(order []int) bool {
			if len(order) == n {
				return yield(order)
			}
			for i := range n {
				if !slices.Contains(order, i) && !extend(append(slices.Clone(order), i)) {
					return false
				}
			}
			return true
		}
		extend(nil)
	}
}

func TestLastOptionWins(t *testing.T) {
	t.Parallel()
	first, last := new(recorder), new(recorder)
	c := newClient(t, remote,
		client.WithHTTPClient(first), client.WithToken("first"), client.WithBaseURL("https://first.example.com"),
		client.WithHTTPClient(last), client.WithToken("last"), client.WithBaseURL("https://last.example.com"))
	require.NoError(t, c.DeleteTask(t.Context(), task))
	assert.Empty(t, first.requests)
	require.Len(t, last.requests, 1)
	assert.Equal(t, []string{"last"}, last.requests[0].Header["X-Auth-Token"])
	assert.Equal(t, "last.example.com", last.requests[0].URL.Host)
}

func TestOptionsOfSeveralClients(t *testing.T) {
	t.Parallel()
	wire := new(recorder)
	withWire, withToken := client.WithHTTPClient(wire), client.WithToken(token)
	one := newClient(t, remote, withWire, withToken)
	two := newClient(t, remote, withWire, withToken, client.WithToken("another"))
	require.NoError(t, one.DeleteTask(t.Context(), task))
	require.NoError(t, two.DeleteTask(t.Context(), task))
	require.Len(t, wire.requests, 2)
	assert.Equal(t, token, wire.requests[0].Header.Get("X-Auth-Token"))
	assert.Equal(t, "another", wire.requests[1].Header.Get("X-Auth-Token"))
}

// What the generated WithBaseURL sets must pass the same gate as the first argument.
func TestBaseURLIsChecked(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]string{
		"no URL": "dms.example.com", "plain http": "http://dms.example.com",
	} {
		c, err := client.New(remote, client.WithToken(token), client.WithBaseURL(server))
		require.ErrorIs(t, err, client.ErrInvalid, name)
		assert.Nil(t, c, name)
	}
}
