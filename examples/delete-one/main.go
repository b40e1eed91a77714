// Command delete-one deletes the record of one task, which environment variables name.
package main

import (
	"context"
	"log"
	"os"

	"github.com/dmstask/dmstask/client"
)

func main() {
	c, err := client.New(os.Getenv("DMS_ENDPOINT"), client.WithToken(os.Getenv("DMS_TOKEN")))
	if err != nil {
		log.Fatal(err)
	}
	err = c.DeleteTask(context.Background(), client.TaskRef{
		ProjectID:  client.ProjectID(os.Getenv("DMS_PROJECT_ID")),
		InstanceID: client.InstanceID(os.Getenv("DMS_INSTANCE_ID")),
		TaskID:     client.TaskID(os.Getenv("DMS_TASK_ID")), // a malformed ID is an error, and nothing is sent
	})
	if err != nil {
		log.Fatal(err)
	}
	log.Print("deleted")
}
