package clienttest_test

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

// What the vendor documents for an existing, finished task, when one thing about the request is wrong.
func TestDocumentedAnswers(t *testing.T) {
	t.Parallel()
	srv := clienttest.New(t)
	running := srv.NewTask()
	running.TaskID = "running"
	srv.AddRunningTask(running)
	srv.AddToken("foreign", otherProject)
	srv.AddToken("expired", srv.ProjectID)
	srv.ExpireToken("expired")
	for name, tt := range map[string]struct {
		method, project, instance, task, token string // instead of those that are right
		status                                 int
		code                                   string
	}{
		"fine":                     {status: 204},
		"project ID too short":     {project: "0e5a", status: 400, code: "DMS.00400002"},
		"instance ID is no UUID":   {instance: "kafka-1", status: 400, code: "DMS.00400030"},
		"task ID with a dot":       {task: "a.b", status: 400, code: "DMS.00400070"},
		"malformed, without token": {project: "p", token: "none", status: 401, code: "DMS.10240103"},
		"no token":                 {token: "none", status: 401, code: "DMS.10240103"},
		"wrong token":              {token: "wrong", status: 401, code: "DMS.10240101"},
		"expired token":            {token: "expired", status: 401, code: "DMS.10240102"},
		"token of another project": {token: "foreign", status: 401, code: "DMS.10240104"},
		"unknown instance":         {instance: otherInstance, status: 404, code: "DMS.00404022"},
		"unknown task":             {task: "unknown", status: 404, code: "DMS.00404001"},
		"running task":             {task: "running", status: 400, code: "DMS.00400017"},
		"PATCH":                    {method: http.MethodPatch, status: 405, code: "DMS.00405001"},
		"delete":                   {method: "delete", status: 405, code: "DMS.00405001"},
	} {
		t.Run(name, func(t *testing.T) {
			ref := srv.NewTask()
			asked := client.TaskRef{
				ProjectID:  cmp.Or(client.ProjectID(tt.project), ref.ProjectID),
				InstanceID: cmp.Or(client.InstanceID(tt.instance), ref.InstanceID),
				TaskID:     cmp.Or(client.TaskID(tt.task), ref.TaskID),
			}
			token := strings.ReplaceAll(cmp.Or(tt.token, srv.Token), "none", "")
			got := send(srv, request(t, cmp.Or(tt.method, http.MethodDelete), target(asked), token))
			requireAnswer(t, got, tt.status, tt.code)
			assert.Equal(t, tt.status != http.StatusNoContent, srv.HasTask(ref), "is the task still there?")
			assert.True(t, srv.HasTask(running))
		})
	}
}

func TestLifeOfATask(t *testing.T) {
	t.Parallel()
	srv := clienttest.New(t)
	ref := srv.NewTask()
	srv.AddRunningTask(ref)
	requireDelete(t, srv, ref, srv.Token, 400, "DMS.00400017")
	srv.AddTask(ref)
	// RFC 9110 section 15.3.5, and section 8.6 about Content-Length.
	assert.Regexp(t, "^HTTP/1.1 204 No Content\r\nDate: [^\r]+\r\nConnection: close\r\n\r\n$", receive(t, srv, ref))
	requireDelete(t, srv, ref, srv.Token, 404, "DMS.00404001")
}

// The same task ID in two instances, and the same instance ID in two projects, are different tasks. The case of an
// instance ID makes no difference.
func TestTasksAreKeptApart(t *testing.T) {
	t.Parallel()
	srv := clienttest.New(t)
	srv.AddToken("other", otherProject)
	ref := srv.NewTask()
	elsewhere, abroad, upper := ref, ref, ref
	elsewhere.InstanceID = otherInstance
	abroad.ProjectID = otherProject
	upper.InstanceID = client.InstanceID(strings.ToUpper(string(ref.InstanceID)))

	assert.False(t, srv.HasInstance(otherProject, ref.InstanceID))
	srv.AddInstance(otherProject, upper.InstanceID)
	assert.True(t, srv.HasInstance(otherProject, ref.InstanceID))
	srv.AddTask(abroad)
	srv.AddTask(elsewhere)
	assert.True(t, srv.HasInstance(srv.ProjectID, otherInstance))

	assert.True(t, srv.HasTask(upper))
	requireDelete(t, srv, upper, srv.Token, 204, "")
	assert.False(t, srv.HasTask(ref))
	srv.AddTask(upper)
	requireDelete(t, srv, ref, srv.Token, 204, "")
	assert.True(t, srv.HasTask(elsewhere))
	requireDelete(t, srv, abroad, "other", 204, "")
}

// {P}, {I} and {T} stand for a project, an instance and a task that exist, {S} for where the tasks are. http.ServeMux
// would answer many of these with a redirect to the cleaned path, one of which is the instance.
var outside = map[string]string{
	"APIG.0101": `
		{S}/ {S}/. {S}/.. {S}/%2e {S}/%2E%2e {S}/.%2e {S}/../.. {S}/{T}/ {S}/{T}/.. {S}/{T}/../{T} {S}/./{T} {S}//{T}
		/{S}/{T} /.{S}/{T} /prefix{S}/{T} /v2{S}/{T} {S}%2F{T} / /v2/{P}/instances/{I}/ /v2/{P}/instances/{I}
		/v2/{P}/instances/ /v2/{P}/instances /v2//{P}/instances/{I}/tasks/{T} /v2/{P}/instances//tasks/{T}
		/v2/{P}/instances/../tasks/{T} /v2/../instances/{I}/tasks/{T} /v2//instances/{I}/tasks/{T}
		/v2%2F{P}/instances/{I}/tasks/{T} /v1.0/{P}/instances/{I}/tasks/{T} /V2/{P}/instances/{I}/tasks/{T}
		/v2/{P}/Instances/{I}/tasks/{T}`,
	"DMS.00400070": `
		{S}/..%2f.. {S}/%2f {S}/{T}%2f {S}/{T}%00 {S}/{T}%0A {S}/%252e%252e {S}/%C3%A9 {S}/... {S}/{T};v=1`,
	"DMS.00400030": `/v2/{P}/instances/{I}%2ftasks/tasks/{T}`,
	"DMS.00400002": `/v2/{P}%2finstances/instances/{I}/tasks/t`,
}

func TestTargetsOutsideTheContract(t *testing.T) {
	t.Parallel()
	srv := clienttest.New(t)
	ref := srv.NewTask()
	there := strings.NewReplacer("{P}", string(ref.ProjectID), "{I}", string(ref.InstanceID), "{T}", string(ref.TaskID),
		"{S}", strings.TrimSuffix(target(ref), "/"+string(ref.TaskID)))
	for code, targets := range outside {
		status, other, codeOfOther := 400, 405, "DMS.00405001" // the method is judged before the IDs are
		if code == "APIG.0101" {
			status, other, codeOfOther = 404, 404, code
		}
		for _, target := range strings.Fields(there.Replace(targets)) {
			t.Run(target, func(t *testing.T) {
				requireAnswer(t, send(srv, request(t, http.MethodDelete, target, srv.Token)), status, code)
				requireAnswer(t, send(srv, request(t, http.MethodPatch, target, srv.Token)), other, codeOfOther)
			})
		}
	}
	// The tasks of an instance: there may be an operation one day, but none that deletes.
	tasks := send(srv, request(t, http.MethodDelete, there.Replace("{S}"), srv.Token))
	assert.Contains(t, []int{http.StatusNotFound, http.StatusMethodNotAllowed}, tasks.Code)
	assert.True(t, srv.HasTask(ref))
}

func TestRouter(t *testing.T) {
	t.Parallel()
	routes := &clienttest.Router{}
	handle := func(pattern string) {
		routes.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Served-By", pattern+" "+r.PathValue("a")+r.PathValue("b"))
		})
	}
	handle("GET /x/{a}")
	handle("DELETE /x/{b}")
	handle("GET /x/{a}/y")
	for asked, want := range map[string]struct {
		status        int
		served, allow string
	}{
		"GET /x/1":      {200, "GET /x/{a} 11", ""},
		"DELETE /x/%31": {200, "DELETE /x/{b} 11", ""},
		"GET /x/1/y":    {200, "GET /x/{a}/y 1", ""},
		"PUT /x/1":      {405, "", "GET, DELETE"},
		"DELETE /x/1/y": {405, "", "GET"},
	} {
		method, target, _ := strings.Cut(asked, " ")
		w := httptest.NewRecorder()
		routes.ServeHTTP(w, request(t, method, target, ""))
		assert.Equal(t, want.status, w.Code, asked)
		assert.Equal(t, want.served, w.Header().Get("Served-By"), asked)
		assert.Equal(t, want.allow, w.Header().Get("Allow"))
	}
}
