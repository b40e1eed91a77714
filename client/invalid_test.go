package client_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

func TestInvalidErrorText(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ value, want string }{
		"quoted":            {"..", `task_id ".." is not allowed: expected an ID; nothing was sent`},
		"empty":             {"", `task_id "" is not allowed: expected an ID; nothing was sent`},
		"control character": {"a\x1b[31m\n", `task_id "a\x1b[31m\n" is not allowed: expected an ID; nothing was sent`},
		"as long as may be": {
			strings.Repeat("a", 256),
			`task_id "` + strings.Repeat("a", 256) + `" is not allowed: expected an ID; nothing was sent`,
		},
		"too long": {
			strings.Repeat("a", 257),
			`task_id "` + strings.Repeat("a", 256) + `"… (257 bytes) is not allowed: expected an ID; nothing was sent`,
		},
		"cut between characters": {
			strings.Repeat("a", 255) + "éé",
			`task_id "` + strings.Repeat("a", 255) + `"… (259 bytes) is not allowed: expected an ID; nothing was sent`,
		},
		"no character to cut at": {
			strings.Repeat("\x80", 300),
			`task_id ""… (300 bytes) is not allowed: expected an ID; nothing was sent`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := &client.InvalidError{Parameter: "task_id", Value: tt.value, Expected: "an ID"}
			assert.Equal(t, tt.want, err.Error())
		})
	}
}

func TestInvalidErrorIs(t *testing.T) {
	t.Parallel()
	requireMeaning(t, client.ErrInvalid, &client.InvalidError{})
}

// The error of DeleteTask names what was wrong in the contract's words: it can be shown to an operator as it is.
func TestInvalidErrorOfDeleteTask(t *testing.T) {
	t.Parallel()
	bad := task
	bad.TaskID = ".."
	err := newClient(t, remote).DeleteTask(t.Context(), bad)
	require.EqualError(t, err,
		`dms: task_id ".." is not allowed: expected 1 to 64 letters, digits, '_' or '-'; nothing was sent`)
}
