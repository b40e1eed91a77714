package conformance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask"
	"github.com/dmstask/dmstask/conformance"
)

// load reads our contract with some texts replaced.
func load(pairs ...string) (*conformance.Contract, error) {
	document := strings.NewReplacer(pairs...).Replace(string(dmstask.Contract()))
	return conformance.LoadContract([]byte(document), conformance.DeleteBackgroundTask.ID)
}

const (
	parameters = "      parameters:\n"
	taskSchema = "            title: 1 to 64 letters, digits, '_' or '-'\n            type: string\n" +
		"            pattern: '^[0-9A-Za-z_-]{1,64}$'\n"
	taskExample  = "          example: 8abfa7b372160bfd0172165864064079\n"
	notFoundRef  = "        '404':\n          $ref: '#/components/responses/NotFound'\n"
	unauthorized = "        '401':\n          $ref: '#/components/responses/Unauthorized'\n"
)

func TestLoadContract(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ old, new, says string }{
		"as it is":      {"", "", ""},
		"no YAML":       {"openapi: ", "\topenapi: ", "contract: "},
		"not valid":     {"\ninfo:", "\nx-info:", "contract: "},
		"OpenAPI 3.1":   {"openapi: 3.0.3", "openapi: 3.1.0", ""},
		"OpenAPI 3.2":   {"openapi: 3.0.3", "openapi: 3.2.0", "field openapi is \"3.2.0\"; the check reads 3.0.0 to"},
		"no OpenAPI":    {"openapi: 3.0.3", "swagger: '2.0'", "field openapi is \"\""},
		"wrong example": {"example: 8abfa7b372160bfd0172165864064079", "example: '..'", "contract: "},
		"no operation":  {"    delete:", "    x-delete:", "none of its 0 operations"},
		"of another ID": {"operationId: DeleteBackgroundTask", "operationId: other", ""},
		"no such ID": {
			"operationId: DeleteBackgroundTask",
			"operationId: x\n    get: {responses: {'200': {description: x}}}\n    delete2:", "contract: ",
		},
		"unknown ID":       {"_id}/tasks/{task_id}", "_id}/tasks/{id}", "contract: "},
		"another prefix":   {"  /v2/", "  /dms/v2/", ""},
		"without 404":      {notFoundRef, "", ""},
		"other error type": {"application/json:", "application/problem+json:", ""},
		"no success":       {"        '204':", "        '304':", "needs a 2xx"},
		"required field": {
			parameters, parameters + "        - {name: X-Q, in: header, required: true, schema: {type: string}}\n",
			"requires a header parameter X-Q",
		},
		"optional query": {parameters, parameters + "        - {name: q, in: query, schema: {type: string}}\n", ""},
		"fourth ID": {
			parameters, parameters + "        - {name: x, in: path, required: true, schema: {type: string}}\n", "contract: ",
		},
		"ID without a schema": {
			"          schema:\n" + taskSchema + taskExample, "          content: {text/plain: {schema: {type: string}}}\n",
			"its path parameter task_id has no schema",
		},
		"token in Host":          {"      name: X-Auth-Token\n", "      name: Host\n", "in a header field \"Host\""},
		"token in no field":      {"      name: X-Auth-Token\n", "      name: X Auth\n", "in a header field \"X Auth\""},
		"token in another field": {"      name: X-Auth-Token\n", "      name: X-Token\n", ""},
		"required body": {
			parameters, "      requestBody: {required: true, content: {text/plain: {schema: {type: string}}}}\n" + parameters,
			"requires a request body",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contract, err := load(tc.old, tc.new)
			if tc.says != "" {
				require.ErrorContains(t, err, tc.says)
				return
			}
			require.NoError(t, err)
			assert.Len(t, contract.Parameters(), 3)
		})
	}
}

// TestPathsOfContracts: a path is refused in which a request could be for something else than a task.
func TestPathsOfContracts(t *testing.T) {
	t.Parallel()
	const plain = "/v2/{project_id}/instances/{instance_id}/tasks/{task_id}"
	for path, says := range map[string]string{
		plain:               "",
		"/dms/v2.1" + plain: "",
		"/{task_id}/in/{instance_id}/~of/{project_id}/delete-it": "",
		"/a:b/c@d" + plain: "",

		"/v2/{project_id}/instances/{instance_id}#/tasks/{task_id}":     `the segment "{instance_id}#"`,
		"/v2/{project_id}/instances/{instance_id}/#/tasks/{task_id}":    `the segment "#"`,
		"/v2/{project_id}/instances/{instance_id}/tasks?id={task_id}":   `the segment "tasks?id={task_id}"`,
		"/v2/{project_id}/instances/{instance_id};/tasks/{task_id}":     `the segment "{instance_id};"`,
		`/v2/{project_id}/instances/{instance_id}/tasks\/{task_id}`:     `the segment "tasks\\"`,
		"/v2/{project_id}/instances/{instance_id}/tasks\n/{task_id}":    `the segment "tasks\n"`,
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
		plain + "/{other}": "contract: ",
		plain + "/{}":      "contract: ",
		plain + "/{":       "contract: ",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			quoted, err := json.Marshal(path)
			require.NoError(t, err)
			_, err = load("  "+plain+":", "  "+string(quoted)+":")
			if says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, says)
			require.ErrorContains(t, err, "contract: ")
		})
	}
}

// TestCheckID: what is refused is told what is allowed, in the words of the schema's title or by its keywords; and what
// may be a token is not repeated.
func TestCheckID(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("gAAAA~", 300)
	for name, tc := range map[string]struct{ schema, id, says string }{
		"ours": {
			"type: string, title: two of them, pattern: '^..$'", "b",
			`task_id "b" is not what the contract allows: two of them`,
		},
		"pattern": {
			"type: string, pattern: '^a+$'", "b", `task_id "b" is not what the contract allows: {"pattern":"^a+$"`,
		},
		"format":     {"type: string, format: uuid", "b", `"format":"uuid"`},
		"other type": {"type: integer, minimum: 1", "b", `"minimum":1`},
		"may be a token": {
			"type: string, pattern: '^a$'", long,
			"task_id (1800 characters, not repeated here in case they are a token)",
		},
		"allowed": {"type: string, pattern: '^a$'", "a", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contract, err := load("          schema:\n"+taskSchema+taskExample, "          schema: {"+tc.schema+"}\n")
			require.NoError(t, err)
			err = contract.CheckID("task_id", tc.id)
			if tc.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.says)
			assert.NotContains(t, err.Error(), long[:65])
		})
	}
	c, err := conformance.DefaultContract()
	require.NoError(t, err)
	require.ErrorContains(t, c.CheckID("name", "x"), `no path parameter "name"`)
	require.ErrorContains(t, c.CheckID("instance_id", "x"), "a UUID with hyphens")
}

// TestMediaTypesOfContracts: types are compared as RFC 9110 has it, and within a range only JSON will do.
func TestMediaTypesOfContracts(t *testing.T) {
	t.Parallel()
	const body = `{"error_code":"x","error_msg":"m"}`
	for _, tc := range []struct{ contract, declared, says string }{
		{"application/json", "application/json", ""},
		{"application/json", "Application/JSON ; charset=utf-8", ""},
		{"application/json; charset=utf-8", "application/json;charset=latin1", ""},
		{"Application/JSON", "application/json", ""},
		{"application/vnd.cloud.error+json", "application/vnd.cloud.error+json", ""}, // kin-openapi has no decoder for it
		{"application/*", "application/json", ""},
		{"*/*", "application/problem+json", ""},
		{"*/*", "text/html", `is "text/html" instead of */*`},
		{"application/json", "application/problem+json", `is "application/problem+json" instead of application/json`},
		{"application/json", "json", `is "json" instead of application/json`},
		{"application/json", "", `is "" instead of application/json`},
	} {
		t.Run(tc.contract+" "+tc.declared, func(t *testing.T) {
			t.Parallel()
			contract, err := load("        application/json:\n", "        '"+tc.contract+"':\n")
			require.NoError(t, err)
			header := http.Header{"Content-Type": {tc.declared}}
			err = contract.ValidateResponse(http.StatusNotFound, header, []byte(body))
			if tc.says != "" {
				require.ErrorContains(t, err, tc.says)
				return
			}
			require.NoError(t, err)
			err = contract.ValidateResponse(http.StatusNotFound, header, []byte(`{"error_code":"x"}`))
			require.ErrorContains(t, err, `property "error_msg" is missing`)
		})
	}
}

// TestValidateResponse: what kin-openapi lets pass by default is an error.
func TestValidateResponse(t *testing.T) {
	t.Parallel()
	c, err := conformance.DefaultContract()
	require.NoError(t, err)
	const sound = `{"error_code":"x","error_msg":"m"}`
	for name, tc := range map[string]struct {
		status     int
		body, says string
		header     http.Header
	}{
		"sound":            {404, sound, "", nil},
		"deleted":          {204, "", "", nil},
		"content in a 204": {204, "{}", "there are 2 bytes of content", nil},
		"undocumented":     {418, sound, "status 418 is not documented", nil},
		"redirect":         {301, "", "status 301 is not documented", nil},
		"no content":       {404, "", "there is no content", nil},
		"no JSON":          {404, "{", "is not JSON", nil},
		"two documents":    {404, sound + sound, "something follows", nil},
		"not UTF-8":        {404, "{\"\xff\":1}", "not UTF-8", nil},
		"no object":        {404, "[]", "value must be an object", nil},
		"other request_id": {404, `{"error_code":"x","error_msg":"m","request_id":1}`, "at /request_id", nil},
		"coded": {
			404, sound, `coded by "gzip"`,
			http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}},
		},
		"two media types": {
			404, sound, "2 Content-Type fields", http.Header{"Content-Type": {"application/json", "a/b"}},
		},
		"no media type": {404, sound, "0 Content-Type fields", http.Header{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.header == nil {
				tc.header = http.Header{"Content-Type": {"application/json"}}
			}
			err := c.ValidateResponse(tc.status, tc.header, []byte(tc.body))
			if tc.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.says)
		})
	}
}

// TestText: texts of rules name statuses as the contract has them.
func TestText(t *testing.T) {
	t.Parallel()
	own := string(dmstask.Contract())
	first, after := strings.Index(own, "        '400':\n"), strings.Index(own, "\ncomponents:")
	for name, tc := range map[string]struct {
		keys []string
		want string
	}{
		"listed":  {[]string{"404"}, "404, 404, 404; 204"},
		"others":  {[]string{"401", "403", "410"}, "a documented 4xx, 401, 401, 403 or 410; 204"},
		"range":   {[]string{"4XX"}, "404, 401, any 4xx; 204"},
		"default": {[]string{"default"}, "404, 401, any 4xx; 204"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document := []byte(own[:first])
			for _, key := range tc.keys {
				document = fmt.Appendf(document, "        '%s':\n          $ref: '#/components/responses/NotFound'\n", key)
			}
			c, err := conformance.LoadContract(append(document, own[after:]...), "")
			require.NoError(t, err)
			assert.Equal(t, tc.want, c.Text("{404}, {401}, {4xx}; {204}"))
			assert.Equal(t, "a documented 1xx, {x}", c.Text("{100}, {x}"))
		})
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
		"openapi: 3.0.3", "openapi: 3.1.0",
		"            type: string\n            pattern: '^[0-9A-Za-z_-]{1,64}$'\n",
		"            type: [string, 'null']\n            pattern: '^[a-f0-9]{32}$'\n",
		"      required: [error_code, error_msg]\n      properties:\n",
		"      required: [error_code, error_msg]\n      unevaluatedProperties: false\n      properties:\n"+
			"        kind: {const: error}\n",
	)
	require.NoError(t, err)
	for body, says := range map[string]string{
		`{"error_code":"x","error_msg":"m","kind":"error"}`: "",
		`{"error_code":"x","error_msg":"m","kind":"page"}`:  "at '/kind': value must be 'error'",
		`{"error_code":"x","error_msg":"m","other":1}`:      "at '/other': false schema",
		`{"error_code":1,"error_msg":null}`:                 "at '/error_code': got number, want string; at '/error_msg'",
	} {
		err := contract.ValidateResponse(
			http.StatusNotFound, http.Header{"Content-Type": {"application/json"}}, []byte(body))
		if says == "" {
			require.NoError(t, err, body)
			continue
		}
		require.ErrorContains(t, err, says, body)
		assert.NotContains(t, err.Error(), "\n")
	}
	require.NoError(t, contract.CheckID("task_id", "8abfa7b372160bfd0172165864064079"))
	require.Error(t, contract.CheckID("task_id", "x"))
}

// TestVariants: a private cloud's contract is followed in all that the check demands and sends.
func TestVariants(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		pairs   []string
		wrap    func(own http.Handler) http.Handler
		skipped []string
	}{
		"another prefix": {
			[]string{"  /v2/{", "  /dms/v2/{"},
			func(own http.Handler) http.Handler { return http.StripPrefix("/dms", own) }, nil,
		},
		"202 for 204": {
			[]string{"        '204':", "        '202':"}, status(http.StatusNoContent, http.StatusAccepted), nil,
		},
		"403 for 401": {[]string{unauthorized, ""}, status(http.StatusUnauthorized, http.StatusForbidden), nil},
		"422 for 400": {
			[]string{"        '400':", "        '422':"}, status(http.StatusBadRequest, http.StatusUnprocessableEntity), nil,
		},
		"problems": {[]string{"application/json", "application/problem+json"}, func(own http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { own.ServeHTTP(problemWriter{w}, r) })
		}, nil},
		"any text for a task ID": {
			[]string{"            pattern: '^[0-9A-Za-z_-]{1,64}$'\n", ""},
			func(own http.Handler) http.Handler { return own }, []string{"malformed-task-id"},
		},
		"another name for the token": {[]string{"name: X-Auth-Token", "name: X-Token"}, func(own http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.Header.Set("X-Auth-Token", r.Header.Get("X-Token"))
				own.ServeHTTP(w, r)
			})
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contract, err := load(tc.pairs...)
			require.NoError(t, err)
			options := conformance.Options{Contract: contract}
			_, target := newTarget(t)
			before, _ := conformance.Run(t.Context(), target, options)
			looser := name == "any text for a task ID"
			assert.Equal(t, looser, before.Conforms(), "whether the server as it is keeps this contract")

			_, target = newTarget(t)
			target.Handler = tc.wrap(target.Handler)
			report, err := conformance.Run(t.Context(), target, options)
			require.NoError(t, err)
			assert.True(t, report.Conforms(), "%v", outcomes(report))
			assert.Equal(t, tc.skipped, outcomes(report)[conformance.Skipped])
		})
	}
}

// problemWriter declares errors as problems.
type problemWriter struct{ http.ResponseWriter }

func (w problemWriter) WriteHeader(status int) {
	if w.Header().Get("Content-Type") == "application/json" {
		w.Header().Set("Content-Type", "application/problem+json")
	}
	w.ResponseWriter.WriteHeader(status)
}

// status answers with one status where the server would with another.
func status(was, is int) func(http.Handler) http.Handler {
	return func(own http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			own.ServeHTTP(&statusWriter{w, was, is}, r)
		})
	}
}

type statusWriter struct {
	http.ResponseWriter
	was, is int
}

func (s *statusWriter) WriteHeader(status int) {
	if status == s.was {
		status = s.is
	}
	s.ResponseWriter.WriteHeader(status)
}
