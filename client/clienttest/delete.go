package clienttest

import (
	"context"
	"net/http"

	"github.com/dmstask/dmstask/client/clienttest/internal/server"
)

// DeleteBackgroundTask implements the generated strict server.
func (s service) DeleteBackgroundTask(
	ctx context.Context, r server.DeleteBackgroundTaskRequestObject,
) (server.DeleteBackgroundTaskResponseObject, error) {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()

	asked := canonical(r.ProjectID, r.InstanceID, r.TaskID)
	running, ok := s.server.tasks[asked]
	switch {
	case projectOf(ctx) != r.ProjectID:
		return undeleted(foreignProject), nil
	case !s.server.instances[canonical(r.ProjectID, r.InstanceID, "")]:
		return undeleted(noSuchInstance), nil
	case !ok:
		return undeleted(noSuchTask), nil
	case running:
		return undeleted(taskRunning), nil
	}
	delete(s.server.tasks, asked)
	return server.DeleteBackgroundTask204Response{}, nil
}

// undeleted is an answer of the operation in the shape of the generated code.
type undeleted Answer

func (a undeleted) VisitDeleteBackgroundTaskResponse(w http.ResponseWriter) error {
	Answer(a).write(w)
	return nil
}
