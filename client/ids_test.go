package client_test

import (
	"encoding"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

// hostile is what no ID type may take, whatever else it is about: what changes the path, or its meaning for a server.
var hostile = []string{
	"", ".", "..", "...", "/", "a/b", "../..", "..\\", "%2e%2e", "%2E", "..%2f", "a%00", "\x00", "a\x00", "\n", "\r\n",
	" ", "a b", "a\tb", "a?b", "a#b", "a;b", "a:b", "a,b", "ä", "é", "\u202e", "\uff0e\uff0e", "\xff", "١",
	strings.Repeat("a", 65), strings.Repeat("0", 1<<20),
}

// spoil returns what a careless caller makes of a good ID.
func spoil(good string) []string {
	return []string{
		good + "\n", "\n" + good, good + " ", " " + good, good + "\x00", good + "/", "/" + good, good + "/..",
		good + "?force=true", good + "#", good + "%20", "." + good, "{" + good + "}",
		good[:len(good)-1] + "é", good[:len(good)-1] + "/", good[:len(good)-1] + ".", good[:len(good)-1] + "\n",
	}
}

const (
	goodProject  = "0e5a9c6e2c8f4b1d9a7c3f5e8b2d4a61"
	goodInstance = "69b3e5c4-6b0f-4e0c-9a55-2f6d0c8d7b1e"
	goodTask     = "8abfa7b372160bfd0172165864064079"
)

var (
	badProjects = append(append(spoil(goodProject), hostile...),
		goodProject[1:], goodProject+"0", goodInstance,
		strings.ToUpper(goodProject), "G"+goodProject[1:], "g"+goodProject[1:], "/"+goodProject[1:],
		":"+goodProject[1:], "`"+goodProject[1:], goodProject[:31]+"-")

	badInstances = append(append(spoil(goodInstance), hostile...),
		goodProject, goodTask, goodInstance[1:], goodInstance+"0", "{"+goodInstance+"}", "urn:uuid:"+goodInstance,
		strings.ReplaceAll(goodInstance, "-", "_"), strings.ReplaceAll(goodInstance, "-", "0"),
		"g"+goodInstance[1:], "G"+goodInstance[1:], "-"+goodInstance[1:], "@"+goodInstance[1:],
		"69b3e5c46-b0f-4e0c-9a55-2f6d0c8d7b1e", "69b3e5c4-6b0f4-e0c-9a55-2f6d0c8d7b1e",
		"69b3e5c4-6b0f-4e0c9-a55-2f6d0c8d7b1e", "69b3e5c4-6b0f-4e0c-9a552-f6d0c8d7b1e")

	badTasks = append(append(spoil(goodTask), hostile...),
		strings.Repeat("_", 65), "a.b", "~", "@", "`", "[", "{", ":", "^")
)

func TestProjectID(t *testing.T) {
	t.Parallel()
	testID(t, client.ParseProjectID, "project_id", badProjects,
		goodProject, strings.Repeat("0", 32), strings.Repeat("9", 32), strings.Repeat("a", 32), strings.Repeat("f", 32))
}

func TestInstanceID(t *testing.T) {
	t.Parallel()
	testID(t, client.ParseInstanceID, "instance_id", badInstances,
		goodInstance, strings.ToUpper(goodInstance), "00000000-0000-0000-0000-000000000000",
		"ffffffff-ffff-ffff-ffff-ffffffffffff", "FFFFFFFF-AAAA-9999-aaaa-ffffffffffff")
}

func TestTaskID(t *testing.T) {
	t.Parallel()
	testID(t, client.ParseTaskID, "task_id", badTasks,
		goodTask, "a", "z", "A", "Z", "0", "9", "_", "-", "--", goodInstance, strings.ToUpper(goodTask),
		strings.Repeat("a", 64))
}

func testID[T interface {
	~string
	encoding.TextMarshaler
}, P interface {
	*T
	encoding.TextUnmarshaler
}](t *testing.T, parse func(string) (T, error), parameter string, refused []string, accepted ...string) {
	t.Helper()
	for _, s := range accepted {
		id, err := parse(s)
		require.NoError(t, err, "parse %q", s)
		require.Equal(t, T(s), id)

		text, err := id.MarshalText()
		require.NoError(t, err, "marshal %q", s)
		require.Equal(t, s, string(text))

		var read T
		require.NoError(t, P(&read).UnmarshalText([]byte(s)), "unmarshal %q", s)
		require.Equal(t, T(s), read)
	}
	for _, s := range refused {
		id, err := parse(s)
		requireRefused(t, err, parameter, s)
		require.Empty(t, id, "parse %q", s)

		text, err := T(s).MarshalText()
		requireRefused(t, err, parameter, s)
		require.Nil(t, text, "marshal %q", s)

		read := T("before")
		requireRefused(t, P(&read).UnmarshalText([]byte(s)), parameter, s)
		require.Equal(t, T("before"), read, "unmarshal %q must leave the value alone", s)
	}
}

func requireRefused(t *testing.T, err error, parameter, value string) {
	t.Helper()
	require.ErrorIs(t, err, client.ErrInvalid, "%q", value)
	var invalid *client.InvalidError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, parameter, invalid.Parameter)
	require.Equal(t, value, invalid.Value)
	require.NotEmpty(t, invalid.Expected)
}

func TestIDsInJSON(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(task)
	require.NoError(t, err)
	var read client.TaskRef
	require.NoError(t, json.Unmarshal(text, &read))
	assert.Equal(t, task, read)

	require.ErrorIs(t, json.Unmarshal([]byte(`{"TaskID":".."}`), &read), client.ErrInvalid)
	_, err = json.Marshal(client.TaskRef{})
	require.ErrorIs(t, err, client.ErrInvalid)
}

// One level above the task is the instance: whichever function a caller takes, a bad ID must not reach the wire.
func TestBadIDsAreNotSent(t *testing.T) {
	t.Parallel()
	bad := make([]client.TaskRef, 0, len(badProjects)+len(badInstances)+len(badTasks))
	for _, id := range badProjects {
		bad = append(bad, client.TaskRef{
			ProjectID: client.ProjectID(id), InstanceID: task.InstanceID, TaskID: task.TaskID,
		})
	}
	for _, id := range badInstances {
		bad = append(bad, client.TaskRef{
			ProjectID: task.ProjectID, InstanceID: client.InstanceID(id), TaskID: task.TaskID,
		})
	}
	for _, id := range badTasks {
		bad = append(bad, client.TaskRef{
			ProjectID: task.ProjectID, InstanceID: task.InstanceID, TaskID: client.TaskID(id),
		})
	}

	wire := new(recorder)
	safe := newClient(t, remote, client.WithToken(token), client.WithHTTPClient(wire))
	generated, err := client.NewClient(remote, client.WithHTTPClient(wire))
	require.NoError(t, err)
	withResponses, err := client.NewClientWithResponses(remote, client.WithHTTPClient(wire))
	require.NoError(t, err)

	raw := func(c *client.Client, ref client.TaskRef) error {
		resp, err := c.DeleteBackgroundTask(t.Context(), ref.ProjectID, ref.InstanceID, ref.TaskID)
		if err == nil {
			defer resp.Body.Close()
		}
		return err
	}
	calls := map[string]func(client.TaskRef) error{
		"DeleteTask":                     func(ref client.TaskRef) error { return safe.DeleteTask(t.Context(), ref) },
		"DeleteBackgroundTask":           func(ref client.TaskRef) error { return raw(safe, ref) },
		"DeleteBackgroundTask generated": func(ref client.TaskRef) error { return raw(generated, ref) },
		"DeleteBackgroundTaskWithResponse": func(ref client.TaskRef) error {
			_, err := withResponses.DeleteBackgroundTaskWithResponse(
				t.Context(), ref.ProjectID, ref.InstanceID, ref.TaskID)
			return err
		},
		"NewDeleteBackgroundTaskRequest": func(ref client.TaskRef) error {
			_, err := client.NewDeleteBackgroundTaskRequest(remote, ref.ProjectID, ref.InstanceID, ref.TaskID)
			return err
		},
	}
	for name, call := range calls {
		for _, ref := range bad {
			err := call(ref)
			require.ErrorIs(t, err, client.ErrInvalid, "%s: %q", name, ref)
		}
	}
	require.Empty(t, wire.requests)

	// What proves that the recorder would have seen it.
	for name, call := range calls {
		require.NoError(t, call(task), name)
	}
	require.Len(t, wire.requests, len(calls)-1, "all but the one that only makes a request")
	for _, req := range wire.requests {
		assert.Equal(t, http.MethodDelete, req.Method)
		assert.Equal(t, remote+path, req.URL.String())
		assert.Nil(t, req.Body)
	}
}
