// Command testing has a function that deletes records, and main_test.go tests it without a cloud.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/dmstask/dmstask/client"
)

// purge is the code under test: yours. It deletes records of tasks and returns how many no longer exist. A busy task is
// left for later.
func purge(ctx context.Context, c *client.Client, tasks ...client.TaskRef) (gone int, err error) {
	for _, task := range tasks {
		err := c.DeleteTask(ctx, task)
		switch {
		case err == nil, errors.Is(err, client.ErrNotFound):
			gone++
		case !errors.Is(err, client.ErrBusy):
			return gone, err
		}
	}
	return gone, nil
}

func main() {
	c, err := client.New(os.Getenv("DMS_ENDPOINT"), client.WithToken(os.Getenv("DMS_TOKEN")))
	if err != nil {
		log.Fatal(err)
	}
	gone, err := purge(context.Background(), c, client.TaskRef{
		ProjectID:  client.ProjectID(os.Getenv("DMS_PROJECT_ID")),
		InstanceID: client.InstanceID(os.Getenv("DMS_INSTANCE_ID")),
		TaskID:     client.TaskID(os.Getenv("DMS_TASK_ID")),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(gone, "deleted")
}
