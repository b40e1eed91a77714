package contract_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

// deleteRecord has the README's section on importing the client.
func deleteRecord(
	ctx context.Context, endpoint, token string,
	projectID client.ProjectID, instanceID client.InstanceID, taskID client.TaskID,
) error {
	c, err := client.New(endpoint, client.WithToken(token)) // endpoint: https://dms.eu-de.otc.t-systems.com
	if err != nil {
		return err
	}
	err = c.DeleteTask(ctx, client.TaskRef{ProjectID: projectID, InstanceID: instanceID, TaskID: taskID})

	var apiErr *client.APIError
	switch {
	case err == nil:
		fmt.Println("the record is gone")
	case errors.Is(err, client.ErrNotFound):
		fmt.Println("there is no such task or instance")
	case errors.Is(err, client.ErrThrottled) && errors.As(err, &apiErr):
		fmt.Println("too many requests, wait", apiErr.RetryAfter)
	default:
		log.Print(err) // says what was wrong, with which value, and what to do
	}
	return err
}

func Example() {
	server := clienttest.NewServer()
	defer server.Close()
	task := server.NewTask()
	server.AnswerNext(1, clienttest.Error(503, "DMS.111501025", "The service is unavailable.", nil))

	for range 3 {
		if deleteRecord(context.Background(), server.URL, server.Token, task.ProjectID, task.InstanceID, task.TaskID) == nil {
			break
		}
	}
	fmt.Println("is it still there?", server.HasTask(task))
	// Output:
	// the record is gone
	// is it still there? false
}
