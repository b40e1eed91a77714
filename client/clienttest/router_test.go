package clienttest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// http.ServeMux would answer many of these with a redirect to the cleaned path, one of which is the instance.
func TestTargetsOutsideTheContract(t *testing.T) {
	t.Parallel()
	// {P}, {I} and {T} stand for a project, an instance and a task that exist.
	tests := map[string]struct {
		status int
		code   string
	}{
		"/v2/{P}/instances/{I}/tasks/":              {404, "DMS.00404001"},
		"/v2/{P}/instances/{I}/tasks/.":             {404, "DMS.00404001"},
		"/v2/{P}/instances/{I}/tasks/..":            {404, "DMS.00404001"},
		"/v2/{P}/instances/{I}/tasks/%2e":           {404, "DMS.00404001"},
		"/v2/{P}/instances/{I}/tasks/%2E%2e":        {404, "DMS.00404001"},
		"/v2/{P}/instances/{I}/tasks/.%2e":          {404, "DMS.00404001"},
		"/v2/{P}/instances/{I}/tasks/../..":         {404, "DMS.00404001"},
		"/v2/{P}/instances/{I}/tasks/{T}/":          {404, "DMS.00404001"},
		"/v2/{P}/instances/{I}/tasks/{T}/..":        {404, "DMS.00404001"},
		"/v2/{P}/instances/{I}/tasks/{T}/../{T}":    {404, "DMS.00404001"},
		"/v2/{P}/instances/{I}/tasks/./{T}":         {404, "DMS.00404001"},
		"/v2/{P}/instances/{I}/tasks//{T}":          {404, "DMS.00404001"},
		"//v2/{P}/instances/{I}/tasks/{T}":          {404, "DMS.00404001"},
		"/v2//{P}/instances/{I}/tasks/{T}":          {404, "DMS.00404001"},
		"/./v2/{P}/instances/{I}/tasks/{T}":         {404, "DMS.00404001"},
		"/v2/{P}/instances/{I}/tasks":               {404, "DMS.00404001"},
		"/v2/{P}/instances/{I}/":                    {404, "DMS.00404001"},
		"/v2/{P}/instances/{I}":                     {404, "DMS.00404001"},
		"/v2/{P}/instances/":                        {404, "DMS.00404001"},
		"/v2/{P}/instances":                         {404, "DMS.00404001"},
		"/v2/{P}/instances//tasks/{T}":              {404, "DMS.00404001"},
		"/v2/{P}/instances/../tasks/{T}":            {404, "DMS.00404001"},
		"/v2/../instances/{I}/tasks/{T}":            {404, "DMS.00404001"},
		"/v2//instances/{I}/tasks/{T}":              {404, "DMS.00404001"},
		"/v2/{P}/instances/{I}/tasks%2F{T}":         {404, "DMS.00404001"},
		"/v2%2F{P}/instances/{I}/tasks/{T}":         {404, "DMS.00404001"},
		"/v1.0/{P}/instances/{I}/tasks/{T}":         {404, "DMS.00404001"},
		"/V2/{P}/instances/{I}/tasks/{T}":           {404, "DMS.00404001"},
		"/v2/{P}/Instances/{I}/tasks/{T}":           {404, "DMS.00404001"},
		"/prefix/v2/{P}/instances/{I}/tasks/{T}":    {404, "DMS.00404001"},
		"/":                                         {404, "DMS.00404001"},
		"/v2/{P}/instances/{I}/tasks/..%2f..":       {400, "DMS.00400070"},
		"/v2/{P}/instances/{I}/tasks/%2f":           {400, "DMS.00400070"},
		"/v2/{P}/instances/{I}/tasks/{T}%2f":        {400, "DMS.00400070"},
		"/v2/{P}/instances/{I}/tasks/{T}%00":        {400, "DMS.00400070"},
		"/v2/{P}/instances/{I}/tasks/{T}%0A":        {400, "DMS.00400070"},
		"/v2/{P}/instances/{I}/tasks/%252e%252e":    {400, "DMS.00400070"},
		"/v2/{P}/instances/{I}/tasks/%C3%A9":        {400, "DMS.00400070"},
		"/v2/{P}/instances/{I}/tasks/...":           {400, "DMS.00400070"},
		"/v2/{P}/instances/{I}/tasks/{T};v=1":       {400, "DMS.00400070"},
		"/v2/{P}/instances/{I}%2ftasks/tasks/{T}":   {400, "DMS.00400030"},
		"/v2/{P}%2finstances/instances/{I}/tasks/t": {400, "DMS.00400002"},
	}
	for pattern, tt := range tests {
		t.Run(pattern, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t)
			ref := srv.NewTask()
			target := strings.NewReplacer("{P}", string(ref.ProjectID), "{I}", string(ref.InstanceID),
				"{T}", string(ref.TaskID)).Replace(pattern)
			for _, method := range []string{http.MethodDelete, http.MethodGet, http.MethodPost} {
				got := send(t, srv, method, target, srv.Token)
				assert.NotContains(t, got.header, "Location")
				switch {
				case method == http.MethodDelete:
					requireAnswer(t, got, tt.status, tt.code)
				case tt.status == http.StatusNotFound:
					requireAnswer(t, got, 404, "DMS.00404001")
				default: // the method is judged before the IDs are
					requireAnswer(t, got, 405, "DMS.00405001")
				}
				assert.Equal(t, target, srv.Requests()[len(srv.Requests())-1].Target)
			}
			assert.True(t, srv.HasTask(ref))
			assert.True(t, srv.HasInstance(ref.ProjectID, ref.InstanceID))
		})
	}
}

// RFC 3986 section 2.3: an ID means the same when its letters are encoded, which no client needs to do.
func TestEncodedLetters(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	ref := srv.NewTask()
	ref.TaskID = "abc"
	srv.AddTask(ref)
	encoded := strings.TrimSuffix(target(ref), "abc") + "%61%62%63"
	requireAnswer(t, send(t, srv, http.MethodDelete, encoded, srv.Token), 204, "")
	require.False(t, srv.HasTask(ref))
}
