// Command token-source gets its tokens from a command that prints one, for example the CLI of a secret store, or:
//
//	token-source openstack token issue -f value -c id
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/dmstask/dmstask/client"
)

// command is a token source: it runs a command whenever a new token is needed.
type command []string

// Token implements client.TokenSource.
func (c command) Token(ctx context.Context) (client.Token, error) {
	cmd := exec.CommandContext(ctx, c[0], c[1:]...) //nolint:gosec // G204: the user's command
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	token := strings.TrimSpace(string(out))
	if err == nil && token == "" {
		err = errors.New("it printed no token")
	}
	if err != nil {
		// The command may have sent a wrong password, and is not run again: a few of these lock a user. If yours can tell
		// that its failure is temporary, wrap client.ErrUnavailable.
		return client.Token{}, fmt.Errorf("%s: %w", c[0], err)
	}
	return client.Token{Value: token, Expires: time.Now().Add(24 * time.Hour)}, nil
}

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: token-source COMMAND [ARGUMENT...]")
	}
	// The cache runs the command once, however many tasks need a token, and again before the token expires or when
	// the service refuses it.
	source := client.CachedTokenSource(client.Token{}, command(os.Args[1:]))
	c, err := client.New(os.Getenv("DMS_ENDPOINT"), client.WithTokenSource(source))
	if err != nil {
		log.Fatal(err)
	}
	err = c.DeleteTask(context.Background(), client.TaskRef{
		ProjectID:  client.ProjectID(os.Getenv("DMS_PROJECT_ID")),
		InstanceID: client.InstanceID(os.Getenv("DMS_INSTANCE_ID")),
		TaskID:     client.TaskID(os.Getenv("DMS_TASK_ID")),
	})
	if err != nil {
		log.Fatal(err)
	}
	log.Print("deleted")
}
