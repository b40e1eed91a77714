// Command delete-many deletes the records of the tasks whose IDs are in a file, one on each line:
//
//	delete-many -dry-run tasks.txt
//	delete-many tasks.txt
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/dmstask/dmstask/client"
)

func main() {
	log.SetFlags(0)
	dryRun := flag.Bool("dry-run", false, "print what would be deleted, and delete nothing")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: delete-many [-dry-run] FILE; the file has one task ID per line")
	}
	tasks, err := read(flag.Arg(0))
	if err != nil {
		log.Fatal(err)
	}
	if *dryRun {
		for _, task := range tasks {
			fmt.Println("would delete", task)
		}
		return
	}
	c, err := client.New(os.Getenv("DMS_ENDPOINT"), client.WithToken(os.Getenv("DMS_TOKEN")))
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) // Ctrl-C ends the run, with a summary
	var done, deleted, missing, failed int
	for task, err := range c.DeleteTasks(ctx, slices.Values(tasks), client.WithConcurrency(16)) {
		switch {
		case task == client.TaskRef{}: // not about one task: the run ends early
			log.Print(err)
			continue
		case err == nil:
			deleted++
		case errors.Is(err, client.ErrNotFound):
			missing++
		default:
			failed++
			log.Printf("%v: %v", task.TaskID, err)
		}
		if done++; done%100 == 0 {
			log.Printf("%d of %d", done, len(tasks))
		}
	}
	stop()
	fmt.Printf("%d deleted, %d did not exist, %d failed, %d without a result\n", deleted, missing, failed, len(tasks)-done)
	if deleted+missing < len(tasks) {
		os.Exit(1)
	}
}

// read returns the tasks in a file. It validates all of them first, so that a typing error deletes nothing.
func read(file string) (tasks []client.TaskRef, err error) {
	content, err := os.ReadFile(file) //nolint:gosec // G304: the user's file
	projectID, projectErr := client.ParseProjectID(os.Getenv("DMS_PROJECT_ID"))
	instanceID, instanceErr := client.ParseInstanceID(os.Getenv("DMS_INSTANCE_ID"))
	err = errors.Join(err, projectErr, instanceErr)
	for _, line := range strings.Fields(string(content)) {
		taskID, taskErr := client.ParseTaskID(line)
		err = errors.Join(err, taskErr)
		tasks = append(tasks, client.TaskRef{ProjectID: projectID, InstanceID: instanceID, TaskID: taskID})
	}
	return tasks, err
}
