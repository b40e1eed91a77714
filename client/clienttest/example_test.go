package clienttest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

// TestYourCode is in the README, word for word.
func TestYourCode(t *testing.T) {
	server := clienttest.New(t)
	task := server.NewTask()
	server.AnswerTask(task, 1, clienttest.Error(503, "DMS.111501025", "The service is unavailable.", nil))
	c := server.Client(t, client.WithRetry(client.RetryPolicy{BaseDelay: time.Millisecond}))
	require.NoError(t, c.DeleteTask(t.Context(), task))
	require.Len(t, server.Requests(), 2)
}

// A lost answer: the server deletes the record, but the client does not learn of it.
func ExampleServer_AnswerTask() {
	server := clienttest.NewServer() // in a test: clienttest.New(t)
	defer server.Close()
	task := server.NewTask()
	server.AnswerTask(task, 1, clienttest.Answer{Served: true, HangUp: true})

	once := client.WithRetry(client.RetryPolicy{Attempts: 1})
	c, err := client.New(server.URL, client.WithToken(server.Token), once) // in a test: server.Client(t, once)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = c.DeleteTask(context.Background(), task)
	fmt.Println(err != nil, server.HasTask(task))
	// Output: true false
}

// A fault that depends on the request: maintenance, for everything but one task.
func ExampleServer_Wrap() {
	server := clienttest.NewServer()
	defer server.Close()
	task, other := server.NewTask(), server.NewTask()
	down := clienttest.Error(http.StatusServiceUnavailable, "DMS.111501025", "Maintenance.", nil)
	server.Wrap(func(own http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if path.Base(r.URL.Path) == string(other.TaskID) {
				own.ServeHTTP(w, r)
				return
			}
			down.ServeHTTP(w, r)
		})
	})

	c, err := client.New(server.URL, client.WithToken(server.Token), client.WithRetry(client.RetryPolicy{Attempts: 1}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(errors.Is(c.DeleteTask(context.Background(), task), client.ErrUnavailable))
	fmt.Println(c.DeleteTask(context.Background(), other))
	// Output:
	// true
	// <nil>
}
