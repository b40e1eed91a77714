package client

import (
	"context"
	"net/http"
	"strings"
)

// A template makes the requests that the generated NewDeleteBackgroundTaskRequest makes, at a fraction of the cost:
// that is called once, with IDs that serve as marks, and says where the IDs of a task go.
type template struct {
	request       *http.Request
	path, rawPath gaps
}

// The marks are IDs of the contract, so that the generated code takes them.
const (
	projectMark  ProjectID  = "f00df00df00df00df00df00df00df00d"
	instanceMark InstanceID = "f00df00d-f00d-f00d-f00d-f00df00df00d"
	taskMark     TaskID     = "task-f00df00df00df00df00df00df00df00d"
)

func newTemplate(server string) (*template, error) {
	request, err := NewDeleteBackgroundTaskRequest(server, projectMark, instanceMark, taskMark)
	if err != nil {
		return nil, err
	}
	t := &template{request, newGaps(request.URL.Path), newGaps(request.URL.RawPath)}
	for _, mark := range []string{string(projectMark), string(instanceMark), string(taskMark)} {
		if strings.Contains(t.path.fill(TaskRef{}), mark) { // then the server's own path has it too
			return nil, &InvalidError{Parameter: "server", Value: server, Expected: "a URL without " + mark}
		}
	}
	return t, nil
}

// fill returns the request for a task whose IDs are valid: they need no escaping.
func (t *template) fill(ctx context.Context, task TaskRef) *http.Request {
	target := *t.request.URL
	target.Path = t.path.fill(task)
	if target.RawPath != "" { // the server's own path has escaped characters
		target.RawPath = t.rawPath.fill(task)
	}
	request := t.request.WithContext(ctx)
	request.URL = &target
	request.Header = nil // made for each attempt
	return request
}

// gaps is a path in pieces: what is before, between and after the IDs.
type gaps [4]string

func newGaps(path string) (g gaps) {
	for i, mark := range []string{string(projectMark), string(instanceMark), string(taskMark)} {
		g[i], path, _ = strings.Cut(path, mark)
	}
	g[3] = path
	return g
}

func (g gaps) fill(task TaskRef) string {
	return g[0] + string(task.ProjectID) + g[1] + string(task.InstanceID) + g[2] + string(task.TaskID) + g[3]
}
