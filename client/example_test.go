package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

// In these examples, an in-memory server stands in for "https://dms.eu-de.otc.t-systems.com".
func Example() {
	server := clienttest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithToken(server.Token))
	if err != nil {
		fmt.Println(err)
		return
	}
	task := server.NewTask()
	for range 2 {
		err := c.DeleteTask(context.Background(), task)
		var apiErr *client.APIError
		switch {
		case err == nil:
			fmt.Println("deleted")
		case errors.Is(err, client.ErrNotFound):
			fmt.Println("there is no such task")
		case errors.Is(err, client.ErrThrottled) && errors.As(err, &apiErr):
			fmt.Println("too many requests, wait", apiErr.RetryAfter)
		default:
			log.Print(err) // what was wrong, with which value, and what to do
		}
	}
	// Output:
	// deleted
	// there is no such task
}

// A mistake in the configuration shows when a program starts, not with the first task.
func ExampleNew() {
	_, err := client.New("http://dms.example.com", client.WithToken("0123456789abcdef"))
	var invalid *client.InvalidError
	if errors.As(err, &invalid) {
		fmt.Println(invalid.Parameter, invalid.Value)
		fmt.Println("expected", invalid.Expected)
	}
	// Output:
	// server http://dms.example.com
	// expected https, because credentials would be readable in transit; or the option WithInsecureHTTP
}

// It is best to parse an ID where it enters your program.
func ExampleParseTaskID() {
	_, err := client.ParseTaskID("..")
	fmt.Println(err)
	fmt.Println(errors.Is(err, client.ErrInvalid))
	// Output:
	// task_id ".." is not allowed: expected 1 to 64 letters, digits, '_' or '-'
	// true
}

func ExampleClient_DeleteTasks() {
	server := clienttest.NewServer()
	defer server.Close()
	endpoint, token := server.URL, server.Token
	tasks := []client.TaskRef{server.NewTask(), server.NewTask(), server.NewTask()}

	c, err := client.New(endpoint,
		client.WithToken(token),
		client.WithTimeout(10*time.Second), // for each attempt
		client.WithRetry(client.RetryPolicy{Attempts: 6, MaxDelay: 30 * time.Second}), // Attempts: 1 turns retries off
		client.WithNotFoundAsSuccess(),    // somebody else may have deleted it
		client.WithLogger(slog.Default()), // attempts at level debug, retries at level warn
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	for task, err := range c.DeleteTasks(ctx, slices.Values(tasks), client.WithConcurrency(16)) {
		if err != nil {
			log.Printf("%v: %v", task, err)
		}
	}
	fmt.Println(slices.ContainsFunc(tasks, server.HasTask))
	// Output: false
}

// A retry policy for one call. The error has what the server sent as fields, and its code decides what it means: flow
// control comes with status 404.
func ExampleWithRetry() {
	server := clienttest.NewServer()
	defer server.Close()
	task := server.NewTask()
	server.AnswerTask(task, 3, clienttest.Error(http.StatusNotFound, "DMS.10240407", "Too many requests.", nil))

	c, err := client.New(server.URL, client.WithToken(server.Token),
		client.WithOnAttempt(func(a client.Attempt) { // for metrics
			fmt.Println(a.Method, a.Number, a.StatusCode, a.Code, a.Retried)
		}))
	if err != nil {
		fmt.Println(err)
		return
	}
	policy := client.RetryPolicy{Attempts: 2, BaseDelay: time.Millisecond}
	err = c.DeleteTask(context.Background(), task, client.WithRetry(policy))
	fmt.Println(errors.Is(err, client.ErrThrottled), errors.Is(err, client.ErrNotFound))
	// Output:
	// DELETE 1 404 DMS.10240407 true
	// DELETE 2 404 DMS.10240407 false
	// true false
}

func ExampleCachedTokenSource() {
	server := clienttest.NewServer()
	defer server.Close()
	endpoint := server.URL
	login := func(ctx context.Context) (string, time.Time, error) {
		fmt.Println("login")
		return server.Token, time.Now().Add(24 * time.Hour), ctx.Err()
	}

	source := client.TokenSourceFunc(func(ctx context.Context) (client.Token, error) {
		value, expires, err := login(ctx) // yours
		return client.Token{Value: value, Expires: expires}, err
	})
	c, err := client.New(endpoint, client.WithTokenSource(client.CachedTokenSource(client.Token{}, source)))
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		fmt.Println(c.DeleteTask(context.Background(), server.NewTask()))
	}
	// Output:
	// login
	// <nil>
	// <nil>
}
