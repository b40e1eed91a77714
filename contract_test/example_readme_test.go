package contract_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/client/otcauth"
	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/conformance/conformancetest"
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

// checkWithRule has what the README says of rules of one's own, word for word.
func checkWithRule(ctx context.Context, target conformance.Target) (*conformance.Report, error) {
	hsts := conformance.Rule{
		ID:   "hsts",
		Says: "Every answer tells clients to come back over TLS only.",
		Fix:  "Send Strict-Transport-Security with every answer.",
		Demands: []conformance.Demand{{
			Level: conformance.MUST, Source: conformance.RFC("6797", "6.1"),
			Check: func(x *conformance.Exchange) *conformance.Finding {
				if x.Header.Get("Strict-Transport-Security") != "" {
					return nil
				}
				return &conformance.Finding{Want: "a Strict-Transport-Security field"}
			},
		}},
	}
	contract, err := conformance.DefaultContract()
	if err != nil {
		return nil, err
	}
	rules := append(conformance.DeleteBackgroundTask.Rules(contract), hsts)
	report, err := conformance.Run(ctx, target, conformance.Options{Rules: rules})
	return report, err
}

func TestExamplesOfTheREADME(t *testing.T) { // not parallel: it sets a variable
	server := clienttest.New(t)
	task, ctx := server.NewTask(), t.Context()
	require.NoError(t, deleteRecord(ctx, server.URL, server.Token, task.ProjectID, task.InstanceID, task.TaskID))
	require.False(t, server.HasTask(task))
	require.ErrorIs(t, deleteRecord(ctx, server.URL, server.Token, task.ProjectID, task.InstanceID, task.TaskID),
		client.ErrNotFound)

	file := filepath.Join(t.TempDir(), "clouds.yaml")
	clouds := fmt.Appendf(nil, "clouds: {prod: {auth: {auth_url: %q, ak: %s, sk: %s, project_name: %s}}}",
		server.IdentityURL(), server.AccessKey, server.SecretKey, server.ProjectName)
	require.NoError(t, os.WriteFile(file, clouds, 0o600))
	t.Setenv("OS_CLIENT_CONFIG_FILE", file)
	task = server.NewTask()
	require.NoError(t, deleteWithCloud(ctx, task.InstanceID, task.TaskID))
	require.False(t, server.HasTask(task))

	c, err := newWithTokenSource(server.URL, func(context.Context) (string, time.Time, error) {
		return server.Token, time.Now().Add(24 * time.Hour), nil
	})
	require.NoError(t, err)
	require.NoError(t, c.DeleteTask(ctx, server.NewTask()))

	c, err = newWithRetries(server.URL, server.Token)
	require.NoError(t, err)
	tasks := []client.TaskRef{server.NewTask(), server.NewTask(), server.NewTask()}
	deleteMany(ctx, c, tasks)
	require.False(t, slices.ContainsFunc(tasks, server.HasTask))

	report, err := checkWithRule(ctx, newSubject(t, func(*subject) {}).target)
	require.NoError(t, err)
	require.Equal(t, []string{"F hsts"}, violated(report))
}

func TestYourCode(t *testing.T) {
	server := clienttest.New(t)
	task := server.NewTask()
	server.AnswerTask(task, 1, clienttest.Error(503, "DMS.111501025", "The service is unavailable.", nil))
	c := server.Client(t, client.WithRetry(client.RetryPolicy{BaseDelay: time.Millisecond}))
	require.NoError(t, c.DeleteTask(t.Context(), task))
	require.Len(t, server.Requests(), 2)
}

// newAPI stands for the handler of somebody who implements the API.
func newAPI() http.Handler {
	server := clienttest.NewServer()
	server.Close() // the handler alone is needed
	const project, instance = "0e5a9c6e2c8f4b1d9a7c3f5e8b2d4a61", "69b3e5c4-6b0f-4e0c-9a55-2f6d0c8d7b1e"
	server.AddToken("a-token-of-that-project", project)
	server.AddTask(client.TaskRef{ProjectID: project, InstanceID: instance, TaskID: "8abfa7b372160bfd0172165864064079"})
	return server.Config.Handler
}

// TestConformance is in the README, word for word.
func TestConformance(t *testing.T) {
	conformancetest.Test(t, conformance.Target{
		Handler: newAPI(), // yours: an http.Handler
		IDs: map[string]string{
			"project_id":  "0e5a9c6e2c8f4b1d9a7c3f5e8b2d4a61",
			"instance_id": "69b3e5c4-6b0f-4e0c-9a55-2f6d0c8d7b1e",
			"task_id":     "8abfa7b372160bfd0172165864064079", // its record is deleted
		},
		Token: "a-token-of-that-project",
	}, conformance.Options{Strict: true})
}
