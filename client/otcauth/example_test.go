package otcauth_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/client/otcauth"
)

// deleteTask has two IDs as strings; everything else comes from clouds.yaml.
func deleteTask(ctx context.Context, instance, task string) error {
	c, err := otcauth.New(ctx, otcauth.WithCloud("prod"))
	if err != nil {
		return err
	}
	return c.DeleteTask(ctx, client.TaskRef{
		ProjectID: c.ProjectID, InstanceID: client.InstanceID(instance), TaskID: client.TaskID(task),
	})
}

// The in-memory server has an identity service, so that code that logs in can be tested too.
func ExampleNew() {
	server := clienttest.NewServer()
	defer server.Close()
	dir, err := os.MkdirTemp("", "clouds")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "clouds.yaml")
	content := fmt.Appendf(nil, "clouds: {prod: {auth: {auth_url: %q, ak: %s, sk: %s, project_name: %s}}}",
		server.IdentityURL(), server.AccessKey, server.SecretKey, server.ProjectName)
	_ = os.WriteFile(file, content, 0o600) // without it, the login fails
	_ = os.Setenv("OS_CLIENT_CONFIG_FILE", file)
	defer func() { _ = os.Unsetenv("OS_CLIENT_CONFIG_FILE") }()

	task := server.NewTask()
	fmt.Println(deleteTask(context.Background(), string(task.InstanceID), string(task.TaskID)), server.HasTask(task))
	// Output: <nil> false
}
