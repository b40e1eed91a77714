package clienttest_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

// purge is the code under test: yours. It deletes the records of tasks and returns how many of them are gone. A record
// that somebody else has deleted is as good as one that it deletes itself, and one that is busy is left for later.
func purge(ctx context.Context, c *client.Client, tasks ...client.TaskRef) (gone int, err error) {
	for _, task := range tasks {
		err := c.DeleteTask(ctx, task)
		if err == nil || errors.Is(err, client.ErrNotFound) {
			gone++
		} else if !errors.Is(err, client.ErrBusy) {
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

	// And on a bad day, when the server deletes a task and the client never learns of it?
	lost := srv.NewTask()
	srv.AnswerTask(lost, 1, clienttest.Answer{Served: true, HangUp: true})
	_, err = purge(context.Background(), c, lost)
	fmt.Println(err != nil, srv.HasTask(lost))
	// Output:
	// 2 <nil>
	// false true
	// true false
}
