package client_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

func TestDeleteTask(t *testing.T) {
	t.Parallel()
	srv := clienttest.New(t)
	ref, other := srv.NewTask(), srv.NewTask()
	c := newClient(t, srv.URL, client.WithToken(srv.Token))

	require.NoError(t, c.DeleteTask(t.Context(), ref))
	assert.False(t, srv.HasTask(ref))
	assert.True(t, srv.HasTask(other))

	err := c.DeleteTask(t.Context(), ref)
	require.ErrorIs(t, err, client.ErrNotFound)
	assert.Contains(t, err.Error(), ref.String())

	for _, req := range srv.Requests() {
		assert.Equal(t, http.MethodDelete, req.Method)
		assert.Equal(t, "/v2/"+string(ref.ProjectID)+"/instances/"+string(ref.InstanceID)+"/tasks/"+string(ref.TaskID),
			req.Target)
	}
	assert.Len(t, srv.Requests(), 2)
}

// TestBadArgumentsAreNotSent: package raw tests what an ID is. The error can be shown to an operator as it is.
func TestBadArgumentsAreNotSent(t *testing.T) {
	t.Parallel()
	wire := play(deleted)
	c := newClient(t, remote, client.WithToken(token), client.WithHTTPClient(wire))
	for says, ref := range map[string]client.TaskRef{
		`project_id ".." is not allowed: expected 32 lower-case hexadecimal digits`: {"..", task.InstanceID, task.TaskID},
		`instance_id "" is not allowed: expected a UUID with hyphens`:               {task.ProjectID, "", task.TaskID},
		`task_id ".." is not allowed: expected 1 to 64 letters, digits, '_' or '-'`: {task.ProjectID, task.InstanceID, ".."},
	} {
		require.EqualError(t, c.DeleteTask(t.Context(), ref), "dms: "+says+"; nothing was sent")
		err := rawDelete(t, c, ref)
		require.ErrorIs(t, err, client.ErrInvalid)
		require.ErrorContains(t, err, says)
	}
	var none context.Context
	require.ErrorIs(t, c.DeleteTask(none, task), client.ErrInvalid)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	err := c.DeleteTask(ended, task)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "nothing was sent")
	assert.Empty(t, wire.requests)

	_, err = client.ParseProjectID("")
	require.ErrorIs(t, err, client.ErrInvalid)
	_, err = client.ParseInstanceID("")
	require.ErrorIs(t, err, client.ErrInvalid)
}
