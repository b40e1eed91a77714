// Command sandbox runs a command against an in-memory DMS server, so that you can try the other examples without a
// cloud:
//
//	go run ./examples/sandbox go run ./examples/delete-one
//
// The server has one task. The variables that the examples read are set for the command.
package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"

	"github.com/dmstask/dmstask/client/clienttest"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: sandbox COMMAND [ARGUMENT...]")
	}
	server := clienttest.NewServer()
	task := server.NewTask()

	cmd := exec.Command(os.Args[1], os.Args[2:]...) //nolint:gosec,noctx // G204: the user's command, which Ctrl-C ends too
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(),
		"DMS_ENDPOINT="+server.URL,
		"DMS_TOKEN="+server.Token,
		"DMS_PROJECT_ID="+string(task.ProjectID),
		"DMS_INSTANCE_ID="+string(task.InstanceID),
		"DMS_TASK_ID="+string(task.TaskID),
	)
	err := cmd.Run()
	server.Close()
	for _, request := range server.Requests() {
		fmt.Println("sandbox: received", request.Method, request.Target)
	}
	fmt.Println("sandbox: the task still exists:", server.HasTask(task))
	if err != nil {
		log.Fatal(err)
	}
}
