// Command cleanup is for cron: it deletes the records of the tasks listed in a file, and writes metrics for Prometheus
// (for example for the textfile collector of its node exporter). Another program must keep the list up to date.
//
//	cleanup -tasks=tasks.txt -metrics=/var/lib/node_exporter/dms.prom
package main

import (
	"bytes"
	"context"
	"errors"
	"expvar"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/dmstask/dmstask/client"
)

func main() {
	tasks := flag.String("tasks", "tasks.txt", "file with task IDs, one on each line")
	metrics := flag.String("metrics", "dms.prom", "file for the metrics")
	flag.Parse()

	counters := new(expvar.Map) // safe for concurrent use, as the function below must be
	c, err := client.New(os.Getenv("DMS_ENDPOINT"), client.WithToken(os.Getenv("DMS_TOKEN")),
		client.WithNotFoundAsSuccess(), // the previous run may have deleted it
		client.WithOnAttempt(func(a client.Attempt) {
			counters.Add(fmt.Sprintf(`dms_attempts{status="%d",retried="%t"}`, a.StatusCode, a.Retried), 1)
		}))
	if err == nil {
		err = errors.Join(run(c, *tasks, counters), write(*metrics, counters))
	}
	if err != nil {
		log.Fatal(err) // cron sends it by mail
	}
}

func run(c *client.Client, file string, counters *expvar.Map) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute) // ends before cron starts the next run
	defer cancel()
	content, err := os.ReadFile(file) //nolint:gosec // G304: the user's file
	tasks := func(yield func(client.TaskRef) bool) {
		for line := range strings.FieldsSeq(string(content)) {
			task := client.TaskRef{
				ProjectID:  client.ProjectID(os.Getenv("DMS_PROJECT_ID")),
				InstanceID: client.InstanceID(os.Getenv("DMS_INSTANCE_ID")),
				TaskID:     client.TaskID(line),
			}
			if !yield(task) {
				return
			}
		}
	}
	for task, taskErr := range c.DeleteTasks(ctx, tasks, client.WithRateLimit(10)) { // leaves capacity for others
		busy := errors.Is(taskErr, client.ErrBusy) // a running task is left to a later run
		counters.Add(fmt.Sprintf(`dms_tasks{deleted="%t",busy="%t"}`, taskErr == nil, busy), 1)
		if taskErr != nil && !busy {
			err = errors.Join(err, fmt.Errorf("%s: %w", task.TaskID, taskErr))
		}
	}
	return err
}

// write replaces the file atomically: the collector never reads half of it.
func write(file string, counters *expvar.Map) error {
	var text bytes.Buffer
	counters.Do(func(kv expvar.KeyValue) { fmt.Fprintln(&text, kv.Key, kv.Value) })
	if err := os.WriteFile(file+".tmp", text.Bytes(), 0o644); err != nil { //nolint:gosec // G306: the collector reads it
		return err
	}
	return os.Rename(file+".tmp", file)
}
