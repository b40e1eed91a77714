package client_test

import (
	"fmt"
	"maps"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

// Answers of bad luck. Where the request was served, the task is gone although its client is told otherwise.
var badLuck = []clienttest.Answer{
	clienttest.Error(http.StatusServiceUnavailable, "DMS.111501025", "m", nil),
	{StatusCode: http.StatusBadGateway, Body: "<html>"},
	{HangUp: true},
	{Served: true, HangUp: true},
	{Served: true, StatusCode: http.StatusServiceUnavailable, Body: apiError("DMS.111501025")},
	{Served: true, StatusCode: http.StatusNoContent, CutAfter: 20},
}

// TestSoak: one client, many senders, and a server with which each task has its own run of bad luck before all is well.
// What is said to be gone is gone, and no task that was there is "not found".
func TestSoak(t *testing.T) {
	t.Parallel()
	srv := clienttest.New(t)
	type fate struct{ failed, kept bool }
	fates, kinds := map[client.TaskRef]fate{}, len(badLuck)
	for i := range kinds * kinds * kinds {
		runs := []clienttest.Answer{badLuck[i%kinds], badLuck[i/kinds%kinds], badLuck[i/kinds/kinds]}
		for n := range len(runs) + 1 {
			ref, failed, served := srv.NewTask(), n == thrice.Attempts, false
			for _, answer := range runs[:n] {
				srv.AnswerTask(ref, 1, answer)
				served = served || answer.Served
			}
			fates[ref] = fate{failed, failed && !served}
		}
	}
	c := newClient(t, srv.URL, client.WithToken(srv.Token), client.WithRetry(thrice))
	got := map[client.TaskRef]fate{}
	for ref, err := range c.DeleteTasks(t.Context(), maps.Keys(fates), client.WithConcurrency(200)) {
		assert.NotContains(t, got, ref, "two results of one task")
		got[ref] = fate{err != nil, srv.HasTask(ref)}
		require.NotErrorIs(t, err, client.ErrNotFound)
	}
	assert.Equal(t, fates, got)
	for _, req := range srv.Requests() {
		require.Regexp(t, fmt.Sprintf("^/v2/%s/instances/%s/tasks/[0-9a-f]{32}$", srv.ProjectID, srv.InstanceID), req.Target)
	}
}
