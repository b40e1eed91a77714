package client_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

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
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // G404: no secret
	srv := newServer(t)
	refs := make([]client.TaskRef, 500)
	for i := range refs {
		refs[i] = srv.NewTask()
		if i%50 == 0 { // now and then: what is throttled more often is served slowly
			srv.AnswerTask(refs[i], 1, clienttest.Error(http.StatusNotFound, "DMS.10240407", "m", nil))
		}
		for range random.IntN(6) {
			srv.AnswerTask(refs[i], 1, badLuck[random.IntN(len(badLuck))])
		}
	}
	c := newClient(t, srv.URL, client.WithToken(srv.Token),
		client.WithRetry(client.RetryPolicy{BaseDelay: time.Millisecond}))
	seen, failed, kept := map[client.TaskRef]bool{}, 0, 0
	for ref, err := range c.DeleteTasks(t.Context(), slices.Values(refs), client.WithConcurrency(200)) {
		assert.False(t, seen[ref], "two results of one task")
		seen[ref] = true
		switch {
		case err == nil:
			assert.False(t, srv.HasTask(ref), "%v is said to be gone", ref)
			continue
		case srv.HasTask(ref):
			kept++
		}
		failed++
		require.NotErrorIs(t, err, client.ErrNotFound)
		require.Regexp(t, `after [45] attempts`, err.Error())
	}
	assert.Len(t, seen, len(refs))
	assert.True(t, srv.HasInstance(srv.ProjectID, srv.InstanceID))
	for _, req := range srv.Requests() {
		require.Equal(t, http.MethodDelete, req.Method)
		require.Regexp(t, fmt.Sprintf("^/v2/%s/instances/%s/tasks/[0-9a-f]{32}$", srv.ProjectID, srv.InstanceID), req.Target)
	}
	// All this would say nothing had there been no bad luck.
	assert.NotZero(t, kept)
	assert.Greater(t, failed, kept, "some failures are of tasks that are gone")
	assert.Greater(t, len(refs), failed*2, "most calls succeed")
}
