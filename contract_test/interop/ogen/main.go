// Command server is a server for openapi.yaml. With HOOKS=1 it has the hooks of docs/implementing.md, without it what
// the generated code does.
package main

//go:generate go tool ogen -target api -package api -clean openapi.yaml

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/google/uuid"
	"github.com/ogen-go/ogen/middleware"
	"github.com/ogen-go/ogen/ogenerrors"

	"example.com/server/api"
)

// service implements api.Handler and api.SecurityHandler.
type service struct{ tasks sync.Map }

func (s *service) DeleteBackgroundTask(
	_ context.Context, p api.DeleteBackgroundTaskParams,
) (api.DeleteBackgroundTaskRes, error) {
	if p.ProjectID != os.Getenv("PROJECT_ID") {
		return &api.DeleteBackgroundTaskUnauthorized{
			ErrorCode: "DMS.10240104", ErrorMsg: "The token is for another project.",
		}, nil
	}
	if !strings.EqualFold(p.InstanceID.String(), os.Getenv("INSTANCE_ID")) {
		return &api.DeleteBackgroundTaskNotFound{
			ErrorCode: "DMS.00404022", ErrorMsg: "The instance does not exist.",
		}, nil
	}
	if _, found := s.tasks.LoadAndDelete(p.TaskID); !found {
		return &api.DeleteBackgroundTaskNotFound{ErrorCode: "DMS.00404001", ErrorMsg: "The task does not exist."}, nil
	}
	return &api.DeleteBackgroundTaskNoContent{}, nil
}

func (s *service) HandleToken(
	ctx context.Context, _ api.OperationName, t api.Token,
) (context.Context, error) {
	if subtle.ConstantTimeCompare([]byte(t.APIKey), []byte(os.Getenv("TOKEN"))) == 0 {
		return nil, errors.New("wrong token")
	}
	return ctx, nil
}

func (s *service) HandleSignature(context.Context, api.OperationName, api.Signature) (context.Context, error) {
	return nil, errors.New("there are no access keys")
}

// begin hooks

var hooks = []api.ServerOption{
	api.WithErrorHandler(failed),
	api.WithMiddleware(exactUUID),
	api.WithNotFound(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, "DMS.00404001", "The requested URL does not exist.")
	}),
	api.WithMethodNotAllowed(func(w http.ResponseWriter, _ *http.Request, allowed string) {
		w.Header().Set("Allow", allowed)
		refuse(w, http.StatusMethodNotAllowed, "DMS.00405001", "The method is not allowed.")
	}),
}

var malformed = map[string]string{
	"project_id": "DMS.00400002", "instance_id": "DMS.00400030", "task_id": "DMS.00400070",
}

func failed(_ context.Context, w http.ResponseWriter, _ *http.Request, err error) {
	var (
		unauthorized *ogenerrors.SecurityError
		bad          *ogenerrors.DecodeParamError
	)
	switch {
	case errors.As(err, &unauthorized):
		refuse(w, http.StatusUnauthorized, "DMS.10240101", "The token is missing or wrong.")
	case errors.As(err, &bad):
		refuse(w, http.StatusBadRequest, malformed[bad.Name], bad.Name+" is malformed.")
	default:
		refuse(w, http.StatusInternalServerError, "DMS.00500000", "Internal error.")
	}
}

// exactUUID refuses a UUID in braces, as a URN or without hyphens. Where a parameter has "format: uuid", ogen ignores
// the pattern.
func exactUUID(r middleware.Request, next middleware.Next) (middleware.Response, error) {
	id := r.Params[middleware.ParameterKey{Name: "instance_id", In: "path"}].(uuid.UUID)
	if !strings.Contains(strings.ToLower(r.Raw.URL.Path), "/instances/"+id.String()+"/") {
		return middleware.Response{}, &ogenerrors.DecodeParamError{Name: "instance_id", In: "path", Err: errors.New("form")}
	}
	return next(r)
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(&api.Error{ErrorCode: code, ErrorMsg: message}) // its MarshalJSON needs the pointer
}

// end hooks

func run() error {
	s := &service{}
	s.tasks.Store(os.Getenv("TASK_ID"), true)
	var options []api.ServerOption
	if os.Getenv("HOOKS") != "" {
		options = hooks
	}
	server, err := api.NewServer(s, s, options...)
	if err != nil {
		return err
	}
	return http.ListenAndServe(net.JoinHostPort("127.0.0.1", os.Getenv("PORT")), server)
}

func main() { log.Fatal(run()) }
