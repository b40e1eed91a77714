package raw_test

import (
	"encoding"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client/raw"
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
	testID(t, raw.ParseProjectID, "project_id", badProjects,
		goodProject, strings.Repeat("0", 32), strings.Repeat("9", 32), strings.Repeat("a", 32), strings.Repeat("f", 32))
}

func TestInstanceID(t *testing.T) {
	t.Parallel()
	testID(t, raw.ParseInstanceID, "instance_id", badInstances,
		goodInstance, strings.ToUpper(goodInstance), "00000000-0000-0000-0000-000000000000",
		"ffffffff-ffff-ffff-ffff-ffffffffffff", "FFFFFFFF-AAAA-9999-aaaa-ffffffffffff")
}

func TestTaskID(t *testing.T) {
	t.Parallel()
	testID(t, raw.ParseTaskID, "task_id", badTasks,
		goodTask, "a", "z", "A", "Z", "0", "9", "_", "-", "--", goodInstance, strings.ToUpper(goodTask),
		strings.Repeat("a", 64))
}

func testID[T interface {
	~string
	encoding.TextMarshaler
	Validate() error
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
		require.NoError(t, id.Validate())
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
	require.ErrorIs(t, err, raw.ErrInvalid, "%q", value)
	var invalid *raw.InvalidError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, parameter, invalid.Parameter)
	require.Equal(t, value, invalid.Value)
	require.NotEmpty(t, invalid.Expected)
}

func TestInvalidErrorText(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"..":                            `".."`,
		"":                              `""`,
		"a\x1b[31m\n":                   `"a\x1b[31m\n"`,
		strings.Repeat("a", 256):        `"` + strings.Repeat("a", 256) + `"`,
		strings.Repeat("a", 257):        `"` + strings.Repeat("a", 256) + `"… (257 bytes)`,
		strings.Repeat("a", 255) + "éé": `"` + strings.Repeat("a", 255) + `"… (259 bytes)`, // between characters
		strings.Repeat("\x80", 300):     `""… (300 bytes)`,                                 // where no character begins
	} {
		err := &raw.InvalidError{Parameter: "task_id", Value: value, Expected: "an ID"}
		require.EqualError(t, err, "task_id "+want+" is not allowed: expected an ID")
	}
	require.EqualError(t, &raw.InvalidError{Parameter: "token", Hidden: true, Expected: "a token"},
		"token is not allowed: expected a token")
}

// TestGeneratedFunctions: a bad ID does not reach the wire, whichever function a caller takes.
func TestGeneratedFunctions(t *testing.T) {
	t.Parallel()
	sent := 0
	c, err := raw.NewClientWithResponses("https://dms.example.com", raw.WithHTTPClient(
		doer(func(*http.Request) (*http.Response, error) {
			sent++
			return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody}, nil
		})))
	require.NoError(t, err)
	for _, tc := range []struct {
		project  raw.ProjectID
		instance raw.InstanceID
		task     raw.TaskID
		refused  error
	}{
		{"..", goodInstance, goodTask, raw.ErrInvalid},
		{goodProject, "..", goodTask, raw.ErrInvalid},
		{goodProject, goodInstance, "..", raw.ErrInvalid},
		{goodProject, goodInstance, goodTask, nil}, // proves that a request would have been noticed
	} {
		resp, err := c.DeleteBackgroundTask(t.Context(), tc.project, tc.instance, tc.task)
		require.ErrorIs(t, err, tc.refused)
		if err == nil {
			require.NoError(t, resp.Body.Close())
		}
		_, err = c.DeleteBackgroundTaskWithResponse(t.Context(), tc.project, tc.instance, tc.task)
		require.ErrorIs(t, err, tc.refused)
		require.Equal(t, map[bool]int{true: 2}[tc.refused == nil], sent)
	}
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(req *http.Request) (*http.Response, error) { return d(req) }
