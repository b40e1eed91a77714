package conformance_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask"
	"github.com/dmstask/dmstask/conformance"
)

// load reads our contract with some texts replaced.
func load(pairs ...string) (*conformance.Contract, error) {
	return loadAs(conformance.DeleteBackgroundTask.ID, pairs...)
}

func loadAs(operation string, pairs ...string) (*conformance.Contract, error) {
	document := strings.NewReplacer(pairs...).Replace(string(dmstask.Contract()))
	return conformance.LoadContract([]byte(document), operation)
}

// says checks an error by its words; "" is none.
func says(t *testing.T, err error, words string) {
	t.Helper()
	if words == "" {
		require.NoError(t, err)
		return
	}
	require.ErrorContains(t, err, words)
}

// openAPI is the version of OpenAPI that the contract is written in.
var openAPI = regexp.MustCompile(`openapi: \S+`).FindString(string(dmstask.Contract()))

const (
	parameters = "      parameters:\n"
	taskSchema = "            title: 1 to 64 letters, digits, '_' or '-'\n            type: string\n" +
		"            pattern: '^[0-9A-Za-z_-]{1,64}$'\n"
	taskExample  = "          example: 8abfa7b372160bfd0172165864064079\n"
	unauthorized = "        '401':\n          $ref: '#/components/responses/Unauthorized'\n"
)

func TestLoadContract(t *testing.T) {
	t.Parallel()
	const id = "operationId: DeleteBackgroundTask"
	const delete2 = "operationId: x\n    get: {responses: {'200': {description: x}}}\n    delete2:"
	const schema, plain = "          schema:\n" + taskSchema + taskExample, "{text/plain: {schema: {type: string}}}"
	//nolint:gosec // G101: none are in it
	const example, token = "example: 8abfa7b372160bfd0172165864064079", "      name: X-Auth-Token\n"
	const field = "        - {name: X-Q, in: header, required: true, schema: {type: string}}\n"
	const query = "        - {name: q, in: query, schema: {type: string}}\n"
	const body = "      requestBody: {required: true, content: " + plain + "}\n"
	for name, tc := range map[string]struct{ old, new, says string }{
		"as it is":               {"", "", ""},
		"no YAML":                {"openapi: ", "\topenapi: ", "contract: "},
		"not valid":              {"\ninfo:", "\nx-info:", "contract: "},
		"OpenAPI 3.1":            {openAPI, "openapi: 3.1.0", ""},
		"OpenAPI 3.2":            {openAPI, "openapi: 3.2.0", "openapi is \"3.2.0\"; the check reads 3.0.0 to"},
		"no OpenAPI":             {openAPI, "swagger: '2.0'", "field openapi is \"\""},
		"wrong example":          {example, "example: '..'", "contract: "},
		"no operation":           {"    delete:", "    x-delete:", "it has no operation with the operationId"},
		"no such ID":             {id, delete2, "contract: "},
		"unknown ID":             {"_id}/tasks/{task_id}", "_id}/tasks/{id}", "contract: "},
		"another prefix":         {"  /v2/", "  /dms/v2/", ""},
		"without 404":            {"        '404':\n          $ref: '#/components/responses/NotFound'\n", "", ""},
		"other error type":       {"application/json:", "application/problem+json:", ""},
		"no success":             {"        '204':", "        '304':", "needs a 2xx"},
		"required field":         {parameters, parameters + field, "requires a header parameter X-Q"},
		"optional query":         {parameters, parameters + query, ""},
		"fourth ID":              {parameters, parameters + strings.Replace(field, "header", "path", 1), "contract: "},
		"ID with slashes":        {"{1,64}$'", "{1,64}'", `the pattern of task_id allows "x/.."`},
		"ID that may be empty":   {"{1,64}$'", "{0,64}$'", `the pattern of task_id allows ""`},
		"ID without a schema":    {schema, "          content: " + plain + "\n", "its path parameter task_id has no schema"},
		"token in Host":          {token, "      name: Host\n", "in a header field \"Host\""},
		"token in no field":      {token, "      name: X Auth\n", "in a header field \"X Auth\""},
		"token in another field": {token, "      name: X-Token\n", ""},
		"required body":          {parameters, body + parameters, "requires a request body"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contract, err := load(tc.old, tc.new)
			says(t, err, tc.says)
			if tc.says == "" {
				assert.Len(t, contract.Parameters(), 3)
			}
		})
	}
}

// TestPathsOfContracts: a path is refused in which a request could be for something else than a task.
func TestPathsOfContracts(t *testing.T) {
	t.Parallel()
	const plain = "/v2/{project_id}/instances/{instance_id}/tasks/{task_id}"
	for path, words := range map[string]string{
		plain:               "",
		"/dms/v2.1" + plain: "",
		"/{instance_id}/~of/{project_id}/tasks/{task_id}": "",
		"/a:b/c@d" + plain: "",

		"/v2/{project_id}/instances/{instance_id}#/tasks/{task_id}":     `the segment "{instance_id}#"`,
		"/v2/{project_id}/instances/{instance_id}/tasks?id={task_id}":   `the segment "tasks?id={task_id}"`,
		`/v2/{project_id}/instances/{instance_id}/tasks\/{task_id}`:     `the segment "tasks\\"`,
		"/v2/{project_id}/instances/{instance_id}/t\u00e4sks/{task_id}": `the segment "täsks"`,
		"/v2/{project_id}/instances/{instance_id}/%2e%2E/{task_id}":     `the segment "%2e%2E"`,
		plain + "/..":    `the segment ".."`,
		plain + "/.":     `the segment "."`,
		plain + "/":      `the segment ""`,
		"/" + plain:      `the segment ""`,
		plain + "?force": `the segment "{task_id}?force"`,
		plain + ":stop":  `the segment "{task_id}:stop"`,
		"/v2/{project_id}/instances/{instance_id}.{task_id}":     "instance_id}.{task_id has no schema",
		"/v2/{project_id}/{instance_id}/{instance_id}/{task_id}": "the parameter instance_id more than once",
		plain + "/{": "contract: ",

		"/v2/{project_id}/tasks/{task_id}/instances/{instance_id}":   "DELETE on it could delete something other than a task",
		"/v2/{project_id}/tasks/{instance_id}/instances/{task_id}":   "could delete something other than a task",
		"/v2/{project_id}/instances/{instance_id}/tasks/{task_id}/x": "could delete something other than a task",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			quoted, err := json.Marshal(path)
			require.NoError(t, err)
			_, err = load("  "+plain+":", "  "+string(quoted)+":")
			says(t, err, words)
			if words != "" {
				require.ErrorContains(t, err, "contract: ")
			}
		})
	}
}

// TestNoParameter: a path that is the same for everybody names nothing that the rules could be about.
func TestNoParameter(t *testing.T) {
	t.Parallel()
	_, err := conformance.LoadContract([]byte(`{"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {
		"/things": {"get": {"responses": {"200": {"description": "d"}, "404": {"description": "d"}}}}}}`), "x")
	require.EqualError(t, err, `contract: its path "/things" has no parameter`)
}

// TestCheckID: what is refused is told what is allowed, in the words of the schema's title or by its keywords; and what
// may be a token is not repeated.
func TestCheckID(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("gAAAA~", 300)
	const no, many = `task_id "b" is not what the contract allows: `, "task_id (1800 characters, not repeated here in case"
	for schema, tc := range map[string]struct{ id, says string }{
		"type: string, title: two of them, pattern: '^[ab]{2}$'": {"b", no + "two of them"},
		"type: string, pattern: '^a+$'":                          {"b", no + `{"pattern":"^a+$"`},
		"type: string, format: uuid":                             {"b", `"format":"uuid"`},
		"type: integer, minimum: 1":                              {"b", `"minimum":1`},
		"type: string, pattern: '^a$'":                           {long, many},
		"type: string, pattern: '^aa?$'":                         {"a", ""},
	} {
		contract, err := load("          schema:\n"+taskSchema+taskExample, "          schema: {"+schema+"}\n")
		require.NoError(t, err)
		err = contract.CheckID("task_id", tc.id)
		says(t, err, tc.says)
		assert.NotContains(t, fmt.Sprint(err), long[:65])
	}
	c, err := conformance.DefaultContract()
	require.NoError(t, err)
	require.ErrorContains(t, c.CheckID("name", "x"), `no path parameter "name"`)
	require.ErrorContains(t, c.CheckID("instance_id", "x"), "a UUID with hyphens")
}

// TestMediaTypesOfContracts: types are compared as RFC 9110 has it, and within a range only JSON will do.
func TestMediaTypesOfContracts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ contract, declared, says string }{
		{"application/json; charset=utf-8", "application/json;charset=latin1", ""},
		{"Application/JSON", "application/json", ""},
		{"application/vnd.cloud.error+json", "application/vnd.cloud.error+json", ""}, // kin-openapi has no decoder for it
		{"application/*", "application/json", ""},
		{"*/*", "application/problem+json", ""},
		{"*/*", "text/html", `is "text/html" instead of */*`},
		{"application/json", "json", `is "json" instead of application/json`},
	} {
		contract, err := load("        application/json:\n", "        '"+tc.contract+"':\n")
		require.NoError(t, err)
		header := http.Header{"Content-Type": {tc.declared}}
		says(t, contract.ValidateResponse(404, header, []byte(`{"error_code":"x","error_msg":"m"}`)), tc.says)
		if tc.says == "" {
			says(t, contract.ValidateResponse(404, header, []byte(`{"error_code":"x"}`)), "error_msg")
		}
	}
}

// TestValidateResponse: what kin-openapi lets pass by default is an error.
func TestValidateResponse(t *testing.T) {
	t.Parallel()
	const sound = `{"error_code":"x","error_msg":"m"}`
	for _, tc := range []struct {
		status     int
		body, says string
	}{
		{404, sound, ""}, {204, "", ""}, {204, "{}", "there is content"},
		{418, sound, "status 418 is not documented"}, {301, "", "status 301 is not documented"},
		{404, "", "there is no content"}, {404, "{", "is not JSON"}, {404, sound + sound, "there is more"},
		{404, "{\"\xff\":1}", "not UTF-8"}, {404, "[]", "object"},
	} {
		header := http.Header{"Content-Type": {"application/json"}}
		says(t, ownContract(t).ValidateResponse(tc.status, header, []byte(tc.body)), tc.says)
	}
}

// TestText: texts of rules name statuses as the contract has them.
func TestText(t *testing.T) {
	t.Parallel()
	own := string(dmstask.Contract())
	first, after := strings.Index(own, "        '400':\n"), strings.Index(own, "\ncomponents:")
	for keys, want := range map[string]string{
		"404": "404, 404, 404; 204", "401 403 410": "a documented 4xx, 401, 401, 403 or 410; 204",
		"4XX": "404, 401, any 4xx; 204", "default": "404, 401, any 4xx; 204",
	} {
		document := []byte(own[:first])
		for key := range strings.FieldsSeq(keys) {
			document = fmt.Appendf(document, "        '%s':\n          $ref: '#/components/responses/NotFound'\n", key)
		}
		c, err := conformance.LoadContract(append(document, own[after:]...), conformance.DeleteBackgroundTask.ID)
		require.NoError(t, err)
		assert.Equal(t, want, c.Text("{404}, {401}, {4xx}; {204}"))
		assert.Equal(t, "a documented 1xx, {x}", c.Text("{100}, {x}"))
	}
	// A contract with other statuses has none of ours in the sentences of its rules.
	c, err := load("        '204':", "        '202':", unauthorized, "")
	require.NoError(t, err)
	for _, r := range conformance.DeleteBackgroundTask.Rules(c) {
		if r.ID != "delete-empty" {
			assert.NotRegexp(t, `\b(204|401)\b`, r.Text(c).Demands+r.Text(c).Fix, r.ID)
		}
	}
}

// TestOpenAPI31: what is new in its schemas counts, for IDs as for answers.
func TestOpenAPI31(t *testing.T) {
	t.Parallel()
	contract, err := load(
		openAPI, "openapi: 3.1.0",
		"            type: string\n            pattern: '^[0-9A-Za-z_-]{1,64}$'\n",
		"            type: [string, 'null']\n            pattern: '^[a-f0-9]{32}$'\n",
		"      properties:\n", "      unevaluatedProperties: false\n      properties:\n        kind: {const: error}\n",
	)
	require.NoError(t, err)
	for body, words := range map[string]string{
		`{"error_code":"x","error_msg":"m","kind":"error"}`: "",
		`{"error_code":"x","error_msg":"m","kind":"page"}`:  "at '/kind': value must be 'error'",
		`{"error_code":"x","error_msg":"m","other":1}`:      "at '/other': false schema",
		`{"error_code":1,"error_msg":null}`:                 "at '/error_code': got number, want string; at '/error_msg'",
	} {
		err := contract.ValidateResponse(404, http.Header{"Content-Type": {"application/json"}}, []byte(body))
		says(t, err, words)
		assert.NotContains(t, fmt.Sprint(err), "\n")
	}
	require.NoError(t, contract.CheckID("task_id", "8abfa7b372160bfd0172165864064079"))
	require.Error(t, contract.CheckID("task_id", "x"))
}

// TestVariants: a private cloud's contract is followed in all that the check demands and sends.
func TestVariants(t *testing.T) {
	t.Parallel()
	const problem, pattern = "application/problem+json", "            pattern: '^[0-9A-Za-z_-]{1,64}$'\n"
	for name, tc := range map[string]struct {
		pairs   []string
		server  variant
		skipped []string
	}{
		"another prefix": {[]string{"  /v2/{", "  /dms/v2/{"}, variant{prefix: "/dms"}, nil},
		"202 for 204":    {[]string{"        '204':", "        '202':"}, variant{was: 204, is: 202}, nil},
		"403 for 401":    {[]string{unauthorized, ""}, variant{was: 401, is: 403}, nil},
		"422 for 400":    {[]string{"        '400':", "        '422':"}, variant{was: 400, is: 422}, nil},
		"problems":       {[]string{"application/json", problem}, variant{mediaType: problem}, nil},
		"any task ID":    {[]string{pattern, ""}, variant{}, []string{"malformed-task-id"}},
		"another token":  {[]string{"name: X-Auth-Token", "name: X-Token"}, variant{token: "X-Token"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contract, err := load(tc.pairs...)
			require.NoError(t, err)
			options := conformance.Options{Contract: contract}
			_, target := newTarget(t)
			before, _ := conformance.Run(t.Context(), target, options)
			assert.Equal(t, tc.server == variant{}, before.Conforms(), "whether the server as it is keeps this contract")

			_, target = newTarget(t)
			target.Handler = tc.server.of(target.Handler)
			report, err := conformance.Run(t.Context(), target, options)
			require.NoError(t, err)
			assert.True(t, report.Conforms(), "%v", outcomes(report))
			assert.Equal(t, tc.skipped, outcomes(report)[conformance.Skipped])
		})
	}
}

// A variant is what differs in a server.
type variant struct {
	prefix, token, mediaType string
	was, is                  int // a status
}

func (v variant) of(own http.Handler) http.Handler {
	return http.StripPrefix(v.prefix, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v.token != "" {
			r.Header.Set("X-Auth-Token", r.Header.Get(v.token))
		}
		recorder := httptest.NewRecorder()
		own.ServeHTTP(recorder, r)
		maps.Copy(w.Header(), recorder.Header())
		if v.mediaType != "" && w.Header().Get("Content-Type") != "" {
			w.Header().Set("Content-Type", v.mediaType)
		}
		w.WriteHeader(map[int]int{recorder.Code: recorder.Code, v.was: v.is}[recorder.Code])
		_, _ = recorder.Body.WriteTo(w)
	}))
}
