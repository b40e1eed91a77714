package interop

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/conformance"
)

// An answer is what docs/implementing.md asks of a server.
type answer struct {
	to      string // what is wrong with the request
	status  int
	codes   string // any of these
	message string

	method string // the default is DELETE
	path   string // of a request that gets this answer, "" if there is none
	token  string // the default is the right one
}

const taskPath = "/v2/{project_id}/instances/{instance_id}/tasks/{task_id}"

// answers are in the order of the page, and of the requests: the deletion comes last.
var answers = []answer{
	{
		to: "no token, a wrong one, an expired one", status: 401, codes: "DMS.10240103 DMS.10240101 DMS.10240102",
		message: "The token is missing or wrong.", path: taskPath, token: "wrong",
	},
	{
		to: "a token for another project", status: 401, codes: "DMS.10240104",
		message: "The token is for another project.",
		path:    "/v2/0123456789abcdef0123456789abcdef/instances/{instance_id}/tasks/{task_id}",
	},
	{
		to: "a malformed `project_id`", status: 400, codes: "DMS.00400002", message: "The project ID is malformed.",
		path: "/v2/{project_id}0/instances/{instance_id}/tasks/{task_id}",
	},
	{
		to: "a malformed `instance_id`", status: 400, codes: "DMS.00400030 DMS.00400061",
		message: "The instance ID is malformed.", path: "/v2/{project_id}/instances/{{instance_id}}/tasks/{task_id}",
	},
	{
		to: "a malformed `task_id`", status: 400, codes: "DMS.00400070", message: "The task ID is malformed.",
		path: "/v2/{project_id}/instances/{instance_id}/tasks/{task_id}.json",
	},
	{
		to: "bytes in the path that are not UTF-8 (`%FF`)", status: 400, codes: "DMS.00400070",
		message: "The URL cannot be decoded.", path: "/v2/{project_id}/instances/{instance_id}/tasks/%FF",
	},
	{
		to: "a path that cannot be decoded (`%zz`)", status: 400, codes: "DMS.00400070",
		message: "The URL cannot be decoded.", path: undecodable,
	},
	{
		to: "an unknown instance", status: 404, codes: "DMS.00404022", message: "The instance does not exist.",
		path: "/v2/{project_id}/instances/01234567-89ab-cdef-0123-456789abcdef/tasks/{task_id}",
	},
	{
		to: "an unknown task", status: 404, codes: "DMS.00404001", message: "The task does not exist.",
		path: "/v2/{project_id}/instances/{instance_id}/tasks/unknown",
	},
	{
		to: "a task that is still running", status: 400, codes: "DMS.00400017", message: "The task is still running.",
	},
	{
		to: "another method; add `Allow: DELETE`", status: 405, codes: "DMS.00405001",
		message: "The method is not allowed.", method: http.MethodPut, path: taskPath,
	},
	{
		to: "an unknown URL", status: 404, codes: "DMS.00404001 APIG.0101", message: "The requested URL does not exist.",
		path: "/v2/unknown",
	},
	{
		to: "a slash after the task ID", status: 404, codes: "DMS.00404001 APIG.0101",
		message: "The requested URL does not exist.", path: taskPath + "/",
	},
	{
		to: "too many requests; add `Retry-After`", status: 429, codes: "APIG.0308", message: "Too many requests.",
	},
	{
		to: "overload, or the service is down", status: 503, codes: "DMS.111501025",
		message: "The service is unavailable.",
	},
	{to: "a bug in the server", status: 500, codes: "DMS.00500000", message: "Internal error."},
	{to: "nothing: the task is finished", status: 204, path: taskPath},
}

// undecodable never gets to a handler of net/http, which answers it with 400 and text/plain.
const undecodable = "/v2/{project_id}/instances/{instance_id}/tasks/%zz"

// ask sends the request and holds what comes against the answer.
func (a answer) ask(t *testing.T, target conformance.Target, golang bool) {
	t.Helper()
	t.Run(a.to, func(t *testing.T) {
		path, method, token := a.path, a.method, a.token
		for name, value := range target.IDs {
			path = strings.ReplaceAll(path, "{"+name+"}", value)
		}
		if method == "" {
			method = http.MethodDelete
		}
		if token == "" {
			token = target.Token
		}
		host := strings.TrimPrefix(target.Endpoint, "http://")
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", host)
		require.NoError(t, err)
		defer conn.Close()
		fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\nX-Auth-Token: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
			method, path, host, token)
		response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
		require.NoError(t, err)
		defer response.Body.Close()
		assert.Equal(t, a.status, response.StatusCode)
		if a.codes == "" || golang && a.path == undecodable {
			return
		}
		var content struct {
			Code    string `json:"error_code"`
			Message string `json:"error_msg"`
		}
		require.NoError(t, json.NewDecoder(response.Body).Decode(&content))
		assert.Contains(t, strings.Fields(a.codes), content.Code)
		assert.NotEmpty(t, content.Message)
		if a.status == http.StatusMethodNotAllowed {
			assert.Equal(t, http.MethodDelete, response.Header.Get("Allow"))
		}
	})
}

// TestImplementing holds docs/implementing.md against the servers that it is cut from, word for word, and its table
// against the embedded server.
func TestImplementing(t *testing.T) {
	t.Parallel()
	server := clienttest.New(t)
	task := server.NewTask()
	target := conformance.Target{Endpoint: server.URL, Token: server.Token, IDs: map[string]string{
		"project_id": string(task.ProjectID), "instance_id": string(task.InstanceID), "task_id": string(task.TaskID),
	}}
	var table strings.Builder
	table.WriteString("| what is wrong | status | `error_code` | `error_msg`, for example |\n| --- | --- | --- | --- |\n")
	for _, a := range answers {
		switch {
		case a.path != "":
			a.ask(t, target, true)
		case a.status == http.StatusBadRequest:
			running := client.TaskRef{ProjectID: task.ProjectID, InstanceID: task.InstanceID, TaskID: "running"}
			server.AddRunningTask(running)
			a.path = strings.Replace(taskPath, "{task_id}", "running", 1)
			a.ask(t, target, true)
		case a.status == http.StatusTooManyRequests:
			server.LimitRequests(0)
			a.path = taskPath
			a.ask(t, target, true)
			server.LimitRequests(-1)
		}
		codes := "no content"
		if a.codes != "" {
			codes = "`" + strings.ReplaceAll(a.codes, " ", "`, `") + "`"
		}
		fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", a.to, strconv.Itoa(a.status), codes, a.message)
	}
	documentedIn(t, "implementing.md", "answers", table.String())
	for _, f := range frameworks {
		snippet := hooksOf(t, path.Join(f.dir, f.kind.source))
		documentedIn(t, "implementing.md", f.dir, "```"+f.kind.language+"\n"+snippet+"```\n")
	}
	for _, p := range proxies {
		snippet := hooksOf(t, path.Join(p.name, p.config))
		documentedIn(t, "implementing.md", p.name, "```text\n"+snippet+"```\n")
	}
}

// hooksOf cuts out of a source what is between marks.
func hooksOf(t *testing.T, file string) string {
	t.Helper()
	content, err := fs.ReadFile(os.DirFS("."), file)
	require.NoError(t, err)
	pieces := strings.Split(string(content), "begin hooks\n")[1:]
	parts := make([]string, 0, len(pieces))
	for _, piece := range pieces {
		piece, _, found := strings.Cut(piece, "end hooks\n")
		require.True(t, found, file)
		piece = piece[:strings.LastIndex(piece, "\n")+1] // without the beginning of the line of the mark
		indent := piece[:len(piece)-len(strings.TrimLeft(piece, " \n"))]
		indent = indent[strings.LastIndex(indent, "\n")+1:]
		var b strings.Builder
		for line := range strings.Lines(strings.Trim(piece, "\n") + "\n") {
			b.WriteString(strings.TrimPrefix(line, indent))
		}
		parts = append(parts, b.String())
	}
	require.NotEmpty(t, parts, file)
	return strings.Join(parts, "\n")
}
