package clienttest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

// purge is the code under test: yours. It deletes the records of tasks and returns how many of them are gone. A record
// that somebody else has deleted is as good as one that it deletes itself, and one that is busy is left for later.
func purge(ctx context.Context, c *client.Client, tasks ...client.TaskRef) (gone int, err error) {
	for _, task := range tasks {
		err := c.DeleteTask(ctx, task)
		switch {
		case err == nil, errors.Is(err, client.ErrNotFound):
			gone++
		case errors.Is(err, client.ErrBusy):
		default:
			return gone, err
		}
	}
	return gone, nil
}

// To test code of your own that takes a *client.Client, give it one that talks to a server in memory.
func Example() {
	srv := clienttest.NewServer()
	defer srv.Close()
	once := client.RetryPolicy{Attempts: 1} // a bad day is what this is about, not what the client makes of it
	c, err := client.New(srv.URL, client.WithToken(srv.Token), client.WithRetry(once))
	if err != nil {
		fmt.Println(err) // in a test: t.Fatal(err)
		return
	}

	finished, running, unknown := srv.NewTask(), srv.NewTask(), srv.NewTask()
	srv.AddRunningTask(running)
	unknown.TaskID = "unknown"
	gone, err := purge(context.Background(), c, finished, running, unknown)
	fmt.Println(gone, err)
	fmt.Println(srv.HasTask(finished), srv.HasTask(running))

	// And on a bad day?
	srv.AnswerNext(1, clienttest.Error(http.StatusServiceUnavailable, "DMS.111501025", "Try later.", nil))
	gone, err = purge(context.Background(), c, running)
	fmt.Println(gone, errors.Is(err, client.ErrUnavailable))

	fmt.Println(len(srv.Requests()), "requests arrived")
	// Output:
	// 2 <nil>
	// false true
	// 0 true
	// 4 requests arrived
}

// A fault that no answer can express: the server deletes the task and hangs up.
func ExampleServer_Wrap() {
	srv := clienttest.NewServer()
	defer srv.Close()
	srv.Wrap(func(own http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			own.ServeHTTP(w, r)
			panic(http.ErrAbortHandler)
		})
	})
	c, err := client.New(srv.URL, client.WithToken(srv.Token), client.WithRetry(client.RetryPolicy{Attempts: 1}))
	if err != nil {
		fmt.Println(err)
		return
	}
	task := srv.NewTask()
	err = c.DeleteTask(context.Background(), task)
	fmt.Println(err != nil, srv.HasTask(task))
	// Output: true false
}
