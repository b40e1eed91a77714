// The program of somebody who imports the client: another module, which deletes a task.
package main

import (
	"context"
	"fmt"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

func main() {
	server := clienttest.NewServer()
	defer server.Close()
	task := server.NewTask()
	c, err := client.New(server.URL, client.WithToken(server.Token))
	if err != nil {
		panic(err)
	}
	if err := c.DeleteTask(context.Background(), task); err != nil {
		panic(err)
	}
	fmt.Println("deleted:", !server.HasTask(task))
}
