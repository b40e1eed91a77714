package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

// A server in memory takes the place of "https://dms.eu-de.otc.t-systems.com" in these examples.
func Example() {
	srv := clienttest.NewServer()
	defer srv.Close()
	ref := srv.NewTask()

	c, err := client.New(srv.URL, client.WithToken(srv.Token))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.DeleteTask(context.Background(), ref))

	err = c.DeleteTask(context.Background(), ref)
	fmt.Println(errors.Is(err, client.ErrNotFound))
	// Output:
	// <nil>
	// true
}

// A mistake in the configuration shows at the start of a program, not with the first task.
func ExampleNew() {
	_, err := client.New("http://dms.example.com", client.WithToken("0123456789abcdef"))
	var invalid *client.InvalidError
	if errors.As(err, &invalid) {
		fmt.Println(invalid.Parameter, invalid.Value)
		fmt.Println("expected", invalid.Expected)
	}
	// Output:
	// server http://dms.example.com
	// expected https, because credentials would be readable on the way; or the option WithInsecureHTTP
}

// What the server said is there as fields. The code decides what an error means: flow control comes as a 404.
func ExampleAPIError() {
	srv := clienttest.NewServer()
	defer srv.Close()
	srv.AnswerNext(1, clienttest.Error(http.StatusNotFound, "DMS.10240407", "Too many requests.",
		http.Header{"Retry-After": {"30"}}))

	c, err := client.New(srv.URL, client.WithToken(srv.Token), client.WithRetry(client.RetryPolicy{Attempts: 1}))
	if err != nil {
		fmt.Println(err)
		return
	}
	err = c.DeleteTask(context.Background(), srv.NewTask())
	fmt.Println(errors.Is(err, client.ErrThrottled), errors.Is(err, client.ErrNotFound))

	var apiErr *client.APIError
	if errors.As(err, &apiErr) {
		fmt.Println(apiErr.StatusCode, apiErr.Code, apiErr.RetryAfter)
	}
	// Output:
	// true false
	// 404 DMS.10240407 30s
}

// An ID from outside is best parsed where it comes in.
func ExampleParseTaskID() {
	_, err := client.ParseTaskID("..")
	fmt.Println(err)
	fmt.Println(errors.Is(err, client.ErrInvalid))
	// Output:
	// task_id ".." is not allowed: expected 1 to 64 letters, digits, '_' or '-'
	// true
}
