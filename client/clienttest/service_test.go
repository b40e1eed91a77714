package clienttest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

const (
	otherProject  = "00000000000000000000000000000000"
	otherInstance = "00000000-0000-0000-0000-000000000000"
)

// What the vendor documents for an existing, finished task, when one thing about the request is wrong.
func TestDocumentedAnswers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method string
		spoil  func(srv *clienttest.Server, ref *client.TaskRef, token *string)
		status int
		code   string
		means  error // for client
	}{
		"fine": {"", nil, 204, "", nil},

		"project ID too short": {"", func(_ *clienttest.Server, ref *client.TaskRef, _ *string) {
			ref.ProjectID = ref.ProjectID[1:]
		}, 400, "DMS.00400002", client.ErrInvalid},
		"project ID in capitals": {"", func(_ *clienttest.Server, ref *client.TaskRef, _ *string) {
			ref.ProjectID = "0E5A9C6E2C8F4B1D9A7C3F5E8B2D4A61"
		}, 400, "DMS.00400002", client.ErrInvalid},
		"instance ID is no UUID": {"", func(_ *clienttest.Server, ref *client.TaskRef, _ *string) {
			ref.InstanceID = "kafka-1"
		}, 400, "DMS.00400030", client.ErrInvalid},
		"task ID with a dot": {"", func(_ *clienttest.Server, ref *client.TaskRef, _ *string) {
			ref.TaskID = "a.b"
		}, 400, "DMS.00400070", client.ErrInvalid},
		"task ID too long": {"", func(_ *clienttest.Server, ref *client.TaskRef, _ *string) {
			ref.TaskID += ref.TaskID + "0"
		}, 400, "DMS.00400070", client.ErrInvalid},
		"all three malformed": {"", func(_ *clienttest.Server, ref *client.TaskRef, _ *string) {
			*ref = client.TaskRef{ProjectID: "p", InstanceID: "i", TaskID: "t.t"}
		}, 400, "DMS.00400002", client.ErrInvalid},

		"no token": {"", func(_ *clienttest.Server, _ *client.TaskRef, token *string) {
			*token = ""
		}, 401, "DMS.10240103", client.ErrUnauthorized},
		"wrong token": {"", func(_ *clienttest.Server, _ *client.TaskRef, token *string) {
			*token += "0"
		}, 401, "DMS.10240101", client.ErrUnauthorized},
		"expired token": {"", func(srv *clienttest.Server, _ *client.TaskRef, token *string) {
			srv.ExpireToken(*token)
		}, 401, "DMS.10240102", client.ErrUnauthorized},
		"token of another project": {"", func(srv *clienttest.Server, _ *client.TaskRef, token *string) {
			*token = "foreign"
			srv.AddToken(*token, otherProject)
		}, 401, "DMS.10240104", client.ErrUnauthorized},
		"project of others": {"", func(_ *clienttest.Server, ref *client.TaskRef, _ *string) {
			ref.ProjectID = otherProject
		}, 401, "DMS.10240104", client.ErrUnauthorized},
		"no token for malformed IDs": {"", func(_ *clienttest.Server, ref *client.TaskRef, token *string) {
			*ref, *token = client.TaskRef{ProjectID: "p", InstanceID: "i", TaskID: "t"}, ""
		}, 401, "DMS.10240103", client.ErrUnauthorized},

		"unknown instance": {"", func(_ *clienttest.Server, ref *client.TaskRef, _ *string) {
			ref.InstanceID = otherInstance
		}, 404, "DMS.00404022", client.ErrNotFound},
		"unknown task": {"", func(_ *clienttest.Server, ref *client.TaskRef, _ *string) {
			ref.TaskID = "unknown"
		}, 404, "DMS.00404001", client.ErrNotFound},
		"running task": {"", func(srv *clienttest.Server, ref *client.TaskRef, _ *string) {
			srv.AddRunningTask(*ref)
		}, 400, "DMS.00400017", client.ErrBusy},
		"throttled": {"", func(srv *clienttest.Server, _ *client.TaskRef, _ *string) {
			srv.LimitRequests(0)
		}, 429, "APIG.0308", client.ErrThrottled},

		"GET":     {http.MethodGet, nil, 405, "DMS.00405001", client.ErrWrongEndpoint},
		"POST":    {http.MethodPost, nil, 405, "DMS.00405001", client.ErrWrongEndpoint},
		"PUT":     {http.MethodPut, nil, 405, "DMS.00405001", client.ErrWrongEndpoint},
		"PATCH":   {http.MethodPatch, nil, 405, "DMS.00405001", client.ErrWrongEndpoint},
		"OPTIONS": {http.MethodOptions, nil, 405, "DMS.00405001", client.ErrWrongEndpoint},
		"delete":  {"delete", nil, 405, "DMS.00405001", client.ErrWrongEndpoint},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t)
			ref, token := srv.NewTask(), srv.Token
			asked := ref
			if tt.spoil != nil {
				tt.spoil(srv, &asked, &token)
			}
			method := http.MethodDelete
			if tt.method != "" {
				method = tt.method
			}
			got := send(t, srv, method, target(asked), token)
			requireAnswer(t, got, tt.status, tt.code)
			assert.Empty(t, got.header["Location"])
			assert.Empty(t, got.excess)
			assert.Equal(t, tt.status != http.StatusNoContent, srv.HasTask(ref), "is the task still there?")
			assert.True(t, srv.HasInstance(ref.ProjectID, ref.InstanceID))
			if tt.means != nil {
				require.ErrorIs(t, &client.APIError{StatusCode: got.status, Code: got.code}, tt.means)
			}
		})
	}
}

// RFC 9110 section 15.3.5, and section 8.6 about Content-Length.
func Test204HasNoContent(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	got := send(t, srv, http.MethodDelete, target(srv.NewTask()), srv.Token)
	requireAnswer(t, got, 204, "")
	for _, field := range []string{"Content-Length", "Content-Type", "Transfer-Encoding"} {
		assert.NotContains(t, got.header, field)
	}
	assert.Empty(t, got.body)
	assert.Empty(t, got.excess)
}

func TestDeleteTwice(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	ref, other := srv.NewTask(), srv.NewTask()
	requireAnswer(t, send(t, srv, http.MethodDelete, target(ref), srv.Token), 204, "")
	requireAnswer(t, send(t, srv, http.MethodDelete, target(ref), srv.Token), 404, "DMS.00404001")
	assert.True(t, srv.HasTask(other))

	srv.AddTask(ref)
	requireAnswer(t, send(t, srv, http.MethodDelete, target(ref), srv.Token), 204, "")
}

func TestRunningTaskFinishes(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	ref := srv.NewTask()
	srv.AddRunningTask(ref)
	for range 2 {
		requireAnswer(t, send(t, srv, http.MethodDelete, target(ref), srv.Token), 400, "DMS.00400017")
		assert.True(t, srv.HasTask(ref))
	}
	srv.AddTask(ref)
	requireAnswer(t, send(t, srv, http.MethodDelete, target(ref), srv.Token), 204, "")
}

func TestTokenIsRenewed(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	ref := srv.NewTask()
	srv.ExpireToken(srv.Token)
	requireAnswer(t, send(t, srv, http.MethodDelete, target(ref), srv.Token), 401, "DMS.10240102")
	srv.AddToken(srv.Token, srv.ProjectID)
	requireAnswer(t, send(t, srv, http.MethodDelete, target(ref), srv.Token), 204, "")
}

// The same task ID in two instances, and the same instance ID in two projects, are different tasks.
func TestTasksAreKeptApart(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	ref := srv.NewTask()
	elsewhere, abroad := ref, ref
	elsewhere.InstanceID = otherInstance
	abroad.ProjectID = otherProject
	srv.AddTask(elsewhere)
	srv.AddTask(abroad)
	requireAnswer(t, send(t, srv, http.MethodDelete, target(ref), srv.Token), 204, "")
	assert.False(t, srv.HasTask(ref))
	assert.True(t, srv.HasTask(elsewhere))
	assert.True(t, srv.HasTask(abroad))
}
