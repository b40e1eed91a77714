package main

import (
	"errors"
	"testing"
	"time"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

func TestPurge(t *testing.T) {
	server := clienttest.New(t)
	c := server.Client(t)
	finished, running, unknown := server.NewTask(), server.NewTask(), server.NewTask()
	server.AddRunningTask(running)
	unknown.TaskID = "unknown"

	gone, err := purge(t.Context(), c, finished, running, unknown)
	if gone != 2 || err != nil {
		t.Errorf("got %d, %v, want 2 tasks gone", gone, err)
	}
	if server.HasTask(finished) || !server.HasTask(running) {
		t.Error("the finished task exists, or the running one does not")
	}
}

// A lost answer: the server deletes the record, and the client asks again and learns that it is gone.
func TestPurgeAfterLostAnswer(t *testing.T) {
	server := clienttest.New(t)
	c := server.Client(t, client.WithRetry(client.RetryPolicy{BaseDelay: time.Millisecond}))
	task := server.NewTask()
	server.AnswerTask(task, 1, clienttest.Answer{Served: true, HangUp: true})

	if gone, err := purge(t.Context(), c, task); gone != 1 || err != nil {
		t.Errorf("got %d, %v, want 1 task gone", gone, err)
	}
	if n := len(server.Requests()); n != 2 {
		t.Errorf("%d requests arrived, want 2", n)
	}
}

// A service that is down: the error says so, and the task still exists.
func TestPurgeFails(t *testing.T) {
	server := clienttest.New(t)
	c := server.Client(t, client.WithRetry(client.RetryPolicy{Attempts: 1}))
	task := server.NewTask()
	server.AnswerNext(1, clienttest.Error(503, "DMS.111501025", "The service is unavailable.", nil))

	if _, err := purge(t.Context(), c, task); !errors.Is(err, client.ErrUnavailable) || !server.HasTask(task) {
		t.Errorf("got %v, want unavailable", err)
	}
}
