package contract_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/client/otcauth"
)

// The examples of the README, word for word within functions that make up what it leaves out.

func deleteRecord(
	ctx context.Context, endpoint, token string,
	projectID client.ProjectID, instanceID client.InstanceID, taskID client.TaskID,
) error {
	c, err := client.New(endpoint, client.WithToken(token)) // endpoint: that of client.Endpoint("eu-de")
	if err != nil {
		return err
	}
	err = c.DeleteTask(ctx, client.TaskRef{ProjectID: projectID, InstanceID: instanceID, TaskID: taskID})

	var apiErr *client.APIError
	switch {
	case err == nil:
		fmt.Println("the record is gone")
	case errors.Is(err, client.ErrNotFound):
		fmt.Println("there is no such task")
	case errors.Is(err, client.ErrThrottled) && errors.As(err, &apiErr):
		fmt.Println("too many requests, wait", apiErr.RetryAfter)
	default:
		log.Print(err) // says what was wrong, with which value, and what to do
	}
	return err
}

func deleteWithCloud(ctx context.Context, instanceID client.InstanceID, taskID client.TaskID) error {
	c, err := otcauth.New(ctx, otcauth.WithCloud("prod"))
	if err != nil {
		return err
	}
	err = c.DeleteTask(ctx, client.TaskRef{ProjectID: c.ProjectID, InstanceID: instanceID, TaskID: taskID})
	return err
}

func newWithTokenSource(
	endpoint string, login func(context.Context) (string, time.Time, error),
) (*client.Client, error) {
	source := client.TokenSourceFunc(func(ctx context.Context) (client.Token, error) {
		value, expires, err := login(ctx) // yours; called once, however many goroutines need the token
		return client.Token{Value: value, Expires: expires}, err
	})
	c, err := client.New(endpoint, client.WithTokenSource(client.CachedTokenSource(client.Token{}, source)))
	return c, err
}

func newWithRetries(endpoint, token string) (*client.Client, error) {
	c, err := client.New(endpoint,
		client.WithToken(token),
		client.WithTimeout(10*time.Second), // for each attempt
		client.WithRetry(client.RetryPolicy{Attempts: 6, MaxDelay: 30 * time.Second}), // Attempts: 1 switches it off
		client.WithNotFoundAsSuccess(),    // somebody else may have deleted it
		client.WithLogger(slog.Default()), // attempts at debug, retries at warn
	)
	return c, err
}

func deleteMany(ctx context.Context, c *client.Client, tasks []client.TaskRef) {
	for task, err := range c.DeleteTasks(ctx, slices.Values(tasks), client.WithConcurrency(16), client.WithRateLimit(50)) {
		if err != nil {
			log.Printf("%v is still there: %v", task, err)
		}
	}
}

func Example() {
	server := clienttest.NewServer()
	defer server.Close()
	task := server.NewTask()

	ctx := context.Background()
	err := deleteRecord(ctx, server.URL, server.Token, task.ProjectID, task.InstanceID, task.TaskID)
	fmt.Println(err, server.HasTask(task))
	_ = deleteRecord(ctx, server.URL, server.Token, task.ProjectID, task.InstanceID, task.TaskID)
	// Output:
	// the record is gone
	// <nil> false
	// there is no such task
}

func TestYourCode(t *testing.T) {
	server := clienttest.New(t)
	task := server.NewTask()
	server.AnswerTask(task, 1, clienttest.Error(503, "DMS.111501025", "The service is unavailable.", nil))
	c := server.Client(t, client.WithRetry(client.RetryPolicy{BaseDelay: time.Millisecond}))
	require.NoError(t, c.DeleteTask(t.Context(), task))
	require.Len(t, server.Requests(), 2)
}

func Example_credentials() {
	server := clienttest.NewServer()
	defer server.Close()
	dir, err := os.MkdirTemp("", "clouds")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "clouds.yaml")
	_ = os.WriteFile(file, fmt.Appendf(nil, "clouds: {prod: {auth: {auth_url: %q, ak: %s, sk: %s, project_name: %s}}}",
		server.IdentityURL(), server.AccessKey, server.SecretKey, server.ProjectName), 0o600)
	_ = os.Setenv("OS_CLIENT_CONFIG_FILE", file)
	defer func() { _ = os.Unsetenv("OS_CLIENT_CONFIG_FILE") }()

	task := server.NewTask()
	fmt.Println(deleteWithCloud(context.Background(), task.InstanceID, task.TaskID), server.HasTask(task))

	task = server.NewTask()
	c, err := newWithTokenSource(server.URL, func(context.Context) (string, time.Time, error) {
		return server.Token, time.Now().Add(24 * time.Hour), nil
	})
	fmt.Println(err, c.DeleteTask(context.Background(), task), server.HasTask(task))
	// Output:
	// <nil> false
	// <nil> <nil> false
}

func Example_many() {
	server := clienttest.NewServer()
	defer server.Close()
	c, err := newWithRetries(server.URL, server.Token)
	if err != nil {
		fmt.Println(err)
		return
	}
	tasks := []client.TaskRef{server.NewTask(), server.NewTask(), server.NewTask()}
	deleteMany(context.Background(), c, tasks)
	fmt.Println(slices.ContainsFunc(tasks, server.HasTask))
	// Output:
	// false
}
