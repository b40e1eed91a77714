package clienttest

import (
	"context"
	"errors"
	"net/http"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest/internal/server"
)

// service is the operation itself, behind the checks of the generated code.
type service struct{ server *Server }

// DeleteBackgroundTask implements the generated strict server.
func (s service) DeleteBackgroundTask(
	ctx context.Context, r server.DeleteBackgroundTaskRequestObject,
) (server.DeleteBackgroundTaskResponseObject, error) {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()

	if projectOf(ctx) != r.ProjectID {
		return foreignProject, nil
	}
	tasks := s.server.tasks[instance{r.ProjectID, r.InstanceID}]
	if tasks == nil {
		return noSuchInstance, nil
	}
	switch state, ok := tasks[r.TaskID]; {
	case !ok:
		return noSuchURL, nil
	case state == running:
		return taskRunning, nil
	}
	delete(tasks, r.TaskID)
	return server.DeleteBackgroundTask204Response{}, nil
}

type projectKey struct{}

func projectOf(ctx context.Context) client.ProjectID {
	project, _ := ctx.Value(projectKey{}).(client.ProjectID)
	return project
}

// authenticate finds out for which project the caller's token is, unless a signature has told.
func (s *Server) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Context().Value(projectKey{}) != nil {
			next.ServeHTTP(w, r)
			return
		}
		value := r.Header.Get("X-Auth-Token")
		s.mu.Lock()
		known, ok := s.tokens[value]
		s.mu.Unlock()
		switch {
		case value == "":
			tokenMissing.write(w)
		case !ok:
			tokenInvalid.write(w)
		case known.expired():
			tokenExpired.write(w)
		default:
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), projectKey{}, known.project)))
		}
	})
}

// refuseID answers for an ID that the generated code could not bind to its type.
func refuseID(w http.ResponseWriter, _ *http.Request, err error) {
	malformed := map[string]Answer{
		"project_id":  malformedProject,
		"instance_id": malformedInstance,
		"task_id":     malformedTask,
	}
	if invalid := (*server.InvalidParamFormatError)(nil); errors.As(err, &invalid) {
		if answer, ok := malformed[invalid.ParamName]; ok {
			answer.write(w)
			return
		}
	}
	internal.write(w)
}
