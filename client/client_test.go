package client_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

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

// TestValuesAsText: a token is never shown, and a result that is about no task says so.
func TestValuesAsText(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	value := client.Token{Value: token, Expires: time.Unix(0, 0)}
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "token", value)
	for _, text := range []string{fmt.Sprintf("%v %+v %#v", value, value, value), log.String()} {
		assert.NotContains(t, text, token)
		assert.Contains(t, text, "a token that expires at 1970-01-01T00:00:00Z")
	}
	assert.Equal(t, "a token", client.Token{Value: token}.String())
	assert.Equal(t, "no task", client.TaskRef{}.String())
	assert.Regexp(t, "^task .* of instance .* in project .*$", task.String())
	ofInstance := client.TaskRef{ProjectID: task.ProjectID, InstanceID: task.InstanceID}
	assert.Regexp(t, "^instance .* in project .*$", ofInstance.String())
}
