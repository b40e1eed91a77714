// Command server is a server for openapi.yaml. With HOOKS=1 it has the hooks of docs/implementing.md, without it what
// the generated code does.
package main

//go:generate go tool oapi-codegen -config oapi-codegen.yaml openapi.yaml

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

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	nethttpmiddleware "github.com/oapi-codegen/nethttp-middleware"
)

// tasks implements StrictServerInterface.
type tasks struct{ known sync.Map }

func (t *tasks) DeleteBackgroundTask(
	_ context.Context, r DeleteBackgroundTaskRequestObject,
) (DeleteBackgroundTaskResponseObject, error) {
	if r.ProjectID != os.Getenv("PROJECT_ID") {
		return DeleteBackgroundTask401JSONResponse{UnauthorizedJSONResponse{
			ErrorCode: "DMS.10240104", ErrorMsg: "The token is for another project.",
		}}, nil
	}
	if !strings.EqualFold(r.InstanceID.String(), os.Getenv("INSTANCE_ID")) {
		return DeleteBackgroundTask404JSONResponse{NotFoundJSONResponse{
			ErrorCode: "DMS.00404022", ErrorMsg: "The instance does not exist.",
		}}, nil
	}
	if _, found := t.known.LoadAndDelete(r.TaskID); !found {
		return DeleteBackgroundTask404JSONResponse{NotFoundJSONResponse{
			ErrorCode: "DMS.00404001", ErrorMsg: "The task does not exist.",
		}}, nil
	}
	return DeleteBackgroundTask204Response{}, nil
}

// refuse writes an error of the contract.
func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(Error{ErrorCode: code, ErrorMsg: message})
}

// authenticate comes before everything that looks at the path.
func authenticate(next http.Handler) http.Handler {
	token := []byte(os.Getenv("TOKEN"))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("X-Auth-Token")), token) == 0 {
			refuse(w, http.StatusUnauthorized, "DMS.10240101", "The token is missing or wrong.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// begin hooks

// validate checks requests against the contract. The generated code does not: it has no patterns, it accepts a UUID
// without hyphens, and its router, http.ServeMux, answers with text/plain.
func validate(next http.Handler) (http.Handler, error) {
	contract, err := GetSwagger()
	if err != nil {
		return nil, err
	}
	return nethttpmiddleware.OapiRequestValidatorWithOptions(contract, &nethttpmiddleware.Options{
		DoNotValidateServers: true, // they are those of the cloud
		ErrorHandlerWithOpts: invalid,
		Options:              openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	})(next), nil
}

var malformed = map[string]string{
	"project_id": "DMS.00400002", "instance_id": "DMS.00400030", "task_id": "DMS.00400070",
}

func invalid(
	_ context.Context, err error, w http.ResponseWriter, _ *http.Request, _ nethttpmiddleware.ErrorHandlerOpts,
) {
	var bad *openapi3filter.RequestError
	switch {
	case errors.As(err, &bad) && bad.Parameter != nil:
		refuse(w, http.StatusBadRequest, malformed[bad.Parameter.Name], bad.Parameter.Name+" is malformed.")
	case errors.Is(err, routers.ErrMethodNotAllowed):
		w.Header().Set("Allow", http.MethodDelete)
		refuse(w, http.StatusMethodNotAllowed, "DMS.00405001", "The method is not allowed.")
	case errors.Is(err, routers.ErrPathNotFound):
		refuse(w, http.StatusNotFound, "DMS.00404001", "The requested URL does not exist.")
	default:
		refuse(w, http.StatusInternalServerError, "DMS.00500000", "Internal error.")
	}
}

// end hooks

func run() error {
	service := &tasks{}
	service.known.Store(os.Getenv("TASK_ID"), true)
	handler := Handler(NewStrictHandler(service, nil))
	if os.Getenv("HOOKS") != "" {
		var err error
		if handler, err = validate(handler); err != nil {
			return err
		}
	}
	return http.ListenAndServe(net.JoinHostPort("127.0.0.1", os.Getenv("PORT")), authenticate(handler))
}

func main() { log.Fatal(run()) }
