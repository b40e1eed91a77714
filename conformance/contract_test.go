package conformance_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask"
	"github.com/dmstask/dmstask/conformance"
)

func TestLoadContract(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ old, new, says string }{
		"as it is":         {"", "", ""},
		"no YAML":          {"openapi: ", "\topenapi: ", "contract: "},
		"not valid":        {"\ninfo:", "\nx-info:", "contract: "},
		"OpenAPI 3.1":      {"openapi: 3.0.3", "openapi: 3.1.0", ""},
		"OpenAPI 3.2":      {"openapi: 3.0.3", "openapi: 3.2.0", "field openapi is \"3.2.0\"; the check reads 3.0.0 to"},
		"no OpenAPI":       {"openapi: 3.0.3", "swagger: '2.0'", "field openapi is \"\""},
		"wrong example":    {"example: 8abfa7b372160bfd0172165864064079", "example: '..'", "contract: "},
		"no operation":     {"    delete:", "    x-delete:", "no operation"},
		"two operations":   {"\npaths:", "\npaths:\n  /x: {get: {responses: {'200': {description: x}}}}", "more than one"},
		"unknown ID":       {"_id}/tasks/{task_id}", "_id}/tasks/{id}", "contract: "},
		"no task ID":       {"task_id", "id", "no path parameter task_id"},
		"IDs of the path":  {"      operationId", "      x-operationId", ""},
		"another prefix":   {"  /v2/", "  /dms/v2/", ""},
		"without 404":      {"        '404':\n          $ref: '#/components/responses/NotFound'\n", "", ""},
		"other error type": {"application/json:", "application/problem+json:", ""},
		"media type":       {"application/json:", "'Application/JSON; charset=\"utf-8\", text/*':", ""},
		"no media type":    {"application/json:", "json:", "\"json\" is no media type"},
		"no range":         {"application/json:", "'*/json':", "\"*/json\" is no media type"},
		"no success":       {"        '204':", "        '304':", "needs a 2xx"},
		"required field": {
			"      parameters:\n",
			"      parameters:\n        - {name: X-Q, in: header, required: true, schema: {type: string}}\n",
			"requires a header parameter X-Q",
		},
		"optional query": {
			"      parameters:\n", "      parameters:\n        - {name: q, in: query, schema: {type: string}}\n", "",
		},
		"fourth ID": {
			"      parameters:\n", "      parameters:\n        - {name: x, in: path, required: true, schema: {type: string}}\n",
			"contract: ",
		},
		"ID without a schema": {
			"          schema:\n            type: string\n            pattern: '^[0-9A-Za-z_-]{1,64}$'\n" +
				"          example: 8abfa7b372160bfd0172165864064079\n",
			"          content: {text/plain: {schema: {type: string}}}\n",
			"its path parameter task_id has no schema",
		},
		"token in Host":          {"      name: X-Auth-Token\n", "      name: Host\n", "in a header field \"Host\""},
		"token in no field":      {"      name: X-Auth-Token\n", "      name: X Auth\n", "in a header field \"X Auth\""},
		"token in another field": {"      name: X-Auth-Token\n", "      name: X-Token\n", ""},
		"required body": {
			"      parameters:\n",
			"      requestBody: {required: true, content: {text/plain: {schema: {type: string}}}}\n      parameters:\n",
			"requires a request body",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contract, err := conformance.LoadContract(
				[]byte(strings.ReplaceAll(string(dmstask.Contract()), tc.old, tc.new)))
			if tc.says != "" {
				require.ErrorContains(t, err, tc.says)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, "1.0.2", contract.Version())
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
		"/{project_id}/{instance_id}/{task_id}":                  "",
		"/a:b/c@d" + plain:                                       "",

		"/v2/{project_id}/instances/{instance_id}#/tasks/{task_id}":     `the segment "{instance_id}#"`,
		"/v2/{project_id}/instances/{instance_id}/#/tasks/{task_id}":    `the segment "#"`,
		"/v2/{project_id}/instances/{instance_id}?/tasks/{task_id}":     `the segment "{instance_id}?"`,
		"/v2/{project_id}/instances/{instance_id}/tasks?id={task_id}":   `the segment "tasks?id={task_id}"`,
		"/v2/{project_id}/instances/{instance_id};/tasks/{task_id}":     `the segment "{instance_id};"`,
		"/v2/{project_id}/instances/{instance_id}/tasks;/{task_id}":     `the segment "tasks;"`,
		`/v2/{project_id}/instances/{instance_id}/tasks\/{task_id}`:     `the segment "tasks\\"`,
		"/v2/{project_id}/instances/{instance_id}/tasks /{task_id}":     `the segment "tasks "`,
		"/v2/{project_id}/instances/{instance_id}/tasks\n/{task_id}":    `the segment "tasks\n"`,
		"/v2/{project_id}/instances/{instance_id}/tasks\x7f/{task_id}":  `the segment "tasks\x7f"`,
		"/v2/{project_id}/instances/{instance_id}/t\u00e4sks/{task_id}": `the segment "täsks"`,
		"/v2/{project_id}/instances/{instance_id}/tasks%2f/{task_id}":   `the segment "tasks%2f"`,
		"/v2/{project_id}/instances/{instance_id}/%2e%2E/{task_id}":     `the segment "%2e%2E"`,
		"/v2/{project_id}/instances/{instance_id}/%252e/{task_id}":      `the segment "%252e"`,
		"/v2/{project_id}/instances/{instance_id}/%3f/{task_id}":        `the segment "%3f"`,
		plain + "/..":    `the segment ".."`,
		plain + "/.":     `the segment "."`,
		plain + "/":      "an empty segment",
		"/" + plain:      "an empty segment",
		plain + "?force": `the segment "{task_id}?force"`,
		plain + "#":      `the segment "{task_id}#"`,
		plain + ":stop":  `the segment "{task_id}:stop"`,
		"/v2/{project_id}/instances/{instance_id}//tasks/{task_id}": "an empty segment",
		"/v2/{project_id}/instances/{instance_id}.{task_id}":        `the segment "{instance_id}.{task_id}"`,
		"/v2/{project_id}/{instance_id}/{instance_id}/{task_id}":    "the segment {instance_id} 2 times",
		"/v2/{project_id}/instances/{instance_id}/tasks":            "contract: ",
		plain + "/{other}": "contract: ",
		plain + "/{}":      "contract: ",
		plain + "/{":       "contract: ",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			quoted, err := json.Marshal(path)
			require.NoError(t, err)
			_, err = conformance.LoadContract(
				[]byte(strings.Replace(string(dmstask.Contract()), "  "+plain+":", "  "+string(quoted)+":", 1)))
			if says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, says)
			require.ErrorContains(t, err, "contract: ")
		})
	}
}

// TestIDsOfContracts: what is refused is told what is allowed, whatever the schema says of it; and what may be a token
// is not repeated.
func TestIDsOfContracts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("gAAAA~", 300)
	for name, tc := range map[string]struct{ schema, id, says string }{
		"pattern":          {"type: string, pattern: '^a+$'", "b", `task_id "b" is not what the contract allows (pattern ^a`},
		"format":           {"type: string, format: uuid", "b", `task_id "b" is not what the contract allows (format uuid)`},
		"enum":             {"type: string, enum: [x, y]", "b", "(one of x, y)"},
		"many":             {"enum: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]", "b", "(one of 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …)"},
		"other type":       {"type: integer, minimum: 1, maximum: 9", "b", "(type integer, minimum 1, maximum 9)"},
		"length":           {"type: string, minLength: 2, maxLength: 3", "b", "(minLength 2, maxLength 3)"},
		"several":          {"type: string, format: uuid, pattern: '^a'", "b", "(format uuid, pattern ^a)"},
		"not in short":     {"allOf: [{pattern: '^a'}]", "b", `task_id "b" is not what the contract allows`},
		"64 characters":    {"type: string, pattern: '^a$'", long[:64], `task_id "` + long[:64] + `" is not`},
		"may be a token":   {"type: string, pattern: '^a$'", long, "(pattern ^a$): it has 1800 characters"},
		"a token, no more": {"type: string, not: {}", long, "allows: it has 1800 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document := strings.Replace(string(dmstask.Contract()), "          schema:\n            type: string\n"+
				"            pattern: '^[0-9A-Za-z_-]{1,64}$'\n          example: 8abfa7b372160bfd0172165864064079\n",
				"          schema: {"+tc.schema+"}\n", 1)
			contract, err := conformance.LoadContract([]byte(document))
			require.NoError(t, err)
			_, target := newTarget(t)
			target.TaskID = tc.id
			_, err = conformance.Run(t.Context(), target, conformance.Against(contract))
			require.ErrorContains(t, err, tc.says)
			assert.NotContains(t, err.Error(), "()")
			assert.NotContains(t, err.Error(), long[:65])
			if name == "not in short" {
				assert.True(t, strings.HasSuffix(err.Error(), tc.says), err)
			}
		})
	}
}

// TestMediaTypesOfContracts: types are compared as RFC 9110 has it, whatever way a contract writes them.
func TestMediaTypesOfContracts(t *testing.T) {
	t.Parallel()
	const body = `{"error_code":"x","error_msg":"m"}`
	for _, tc := range []struct{ contract, declared, says string }{
		{"application/json", "application/json", ""},
		{"application/json", "Application/JSON ; charset=utf-8", ""},
		{"application/json; charset=utf-8", "application/json", ""},
		{"application/json; charset=utf-8", "application/json;charset=latin1", ""},
		{"Application/JSON", "application/json", ""},
		{"application/json, application/problem+json", "application/problem+json", ""},
		{"application/vnd.cloud.error+json", "application/vnd.cloud.error+json", ""}, // kin-openapi has no decoder for it
		{"text/plain", "text/plain", ""},
		{"application/*", "application/json", ""},
		{"*/*", "application/json", ""},
		{"*/*", "application/problem+json", ""},
		{"*/*", "text/html", `is "text/html" instead of a media type of JSON within */*`},
		{"*/*", "*/*", `is "*/*" instead of`},
		{"application/*", "text/json", `is "text/json" instead of a media type of JSON within application/*`},
		{"application/json; charset=utf-8", "text/html", `is "text/html" instead of application/json; charset=utf-8`},
		{"application/json", "application/problem+json", `is "application/problem+json" instead of application/json`},
		{"application/json", "json", `is "json" instead of application/json`},
		{"application/json", "", `is "" instead of application/json`},
	} {
		t.Run(tc.contract+" "+tc.declared, func(t *testing.T) {
			t.Parallel()
			contract, err := conformance.LoadContract([]byte(strings.ReplaceAll(
				string(dmstask.Contract()), "        application/json:\n", "        '"+tc.contract+"':\n")))
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

// TestRangesAndDefaults: a range documents its statuses, and a default those errors that are not listed.
func TestRangesAndDefaults(t *testing.T) {
	t.Parallel()
	own := string(dmstask.Contract())
	responses, after := strings.Index(own, "        '400':\n"), strings.Index(own, "\ncomponents:")
	with := func(keys ...string) string {
		var list strings.Builder
		for _, key := range keys {
			list.WriteString("        '" + key + "':\n          $ref: '#/components/responses/NotFound'\n")
		}
		return own[:responses] + list.String() + own[after:]
	}
	header := http.Header{"Content-Type": {"application/json"}}
	for name, tc := range map[string]struct {
		document string
		has, not []int
		expected string
	}{
		"listed":       {with("404"), []int{404}, []int{403, 500, 202, 302}, "404 Not Found"},
		"range":        {with("4XX"), []int{400, 499}, []int{500, 202, 302}, "any 4xx"},
		"default":      {with("default"), []int{400, 451, 500, 599}, []int{100, 202, 302}, "any 4xx"},
		"both":         {with("401", "default"), []int{401, 404, 503}, []int{200, 308}, "any 4xx"},
		"several":      {with("401", "404"), []int{401, 404}, []int{400}, "401, 404"},
		"other ranges": {with("404", "5XX"), []int{404, 500, 555}, []int{400}, "404 Not Found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contract, err := conformance.LoadContract([]byte(tc.document))
			require.NoError(t, err)
			for _, status := range tc.has {
				require.NoError(t, contract.ValidateResponse(status, header, []byte(`{"error_code":"x","error_msg":"m"}`)), status)
				require.ErrorContains(t, contract.ValidateResponse(status, header, []byte(`{}`)), "is missing", status)
			}
			for _, status := range tc.not {
				require.ErrorContains(t, contract.ValidateResponse(status, header, nil), "is not documented", status)
			}
			server, target := newTarget(t)
			server.Wrap(func(http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
			})
			report, _ := conformance.Run(t.Context(), target, conformance.Against(contract), conformance.Only("unknown-task"))
			require.Len(t, report.Results[0].Violations, 1)
			violation := report.Results[0].Violations[0]
			assert.Equal(t, "a documented 4xx: "+tc.expected, violation.Expected) //nolint:testifylint // it is got
		})
	}
	_, err := conformance.LoadContract([]byte(with("500")))
	require.ErrorContains(t, err, "needs a 2xx")
	_, err = conformance.LoadContract([]byte(strings.Replace(with("default"), "'204'", "'304'", 1)))
	require.ErrorContains(t, err, "needs a 2xx")
}

// TestOpenAPI31: what is new in its schemas counts, for IDs as for answers.
func TestOpenAPI31(t *testing.T) {
	t.Parallel()
	document := strings.NewReplacer(
		"openapi: 3.0.3", "openapi: 3.1.0",
		"            type: string\n            pattern: '^[0-9A-Za-z_-]{1,64}$'\n",
		"            type: [string, 'null']\n            pattern: '^[a-f0-9]{32}$'\n",
		"      required: [error_code, error_msg]\n      properties:\n",
		"      required: [error_code, error_msg]\n      unevaluatedProperties: false\n      properties:\n"+
			"        kind: {const: error}\n        ref: {$ref: '#/components/schemas/Ref', minLength: 3}\n",
		"  securitySchemes:\n", "    Ref: {type: [string, 'null']}\n  securitySchemes:\n",
	).Replace(string(dmstask.Contract()))
	contract, err := conformance.LoadContract([]byte(document))
	require.NoError(t, err)
	for body, says := range map[string]string{
		`{"error_code":"x","error_msg":"m","kind":"error","ref":"abc"}`: "",
		`{"error_code":"x","error_msg":"m","ref":null}`:                 "",
		`{"error_code":"x","error_msg":"m","ref":"ab"}`:                 "at '/ref': minLength: got 2, want 3",
		`{"error_code":"x","error_msg":"m","kind":"page"}`:              "at '/kind': value must be 'error'",
		`{"error_code":"x","error_msg":"m","other":1}`:                  "at '/other': false schema",
		`{"error_code":1,"error_msg":null}`: "schema #/components/schemas/Error: " +
			"at '/error_code': got number, want string; at '/error_msg': got null, want string",
		`{"error_code":"x"}`: "at '': missing property 'error_msg'",
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
	for id, says := range map[string]string{
		"8abfa7b372160bfd0172165864064079": "",
		"x":                                `task_id "x" is not what the contract allows (pattern ^[a-f0-9]{32}$)`,
	} {
		_, target := newTarget(t)
		target.TaskID = id
		_, err := conformance.Run(t.Context(), target, conformance.Against(contract), conformance.Only("no-redirect"))
		if says != "" {
			require.ErrorContains(t, err, says, id)
		} else if err != nil {
			assert.NotContains(t, err.Error(), "is not what the contract allows", id)
		}
	}
	// There is less that a document must have.
	_, rest, _ := strings.Cut(document, "\ncomponents:")
	for from, says := range map[string]string{"\npaths:": "it has no operation", "      responses:\n": "needs a 2xx"} {
		before, _, _ := strings.Cut(document, from)
		_, err = conformance.LoadContract([]byte(before + "\ncomponents:" + rest))
		require.ErrorContains(t, err, says)
	}
}

// TestRulesFollowTheContract: what a contract of one's own says counts, and not what ours says.
func TestRulesFollowTheContract(t *testing.T) {
	t.Parallel()
	own := string(dmstask.Contract())
	own = strings.Replace(own, "        '404':\n          $ref: '#/components/responses/NotFound'\n", "", 1)
	// The pattern goes; that the ID must be a UUID is left to the format, which kin-openapi does not check by itself.
	pattern := "            pattern: '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$'\n"
	require.Contains(t, own, pattern)
	contract, err := conformance.LoadContract([]byte(strings.Replace(own, pattern, "", 1)))
	require.NoError(t, err)

	_, target := newTarget(t)
	report, err := conformance.Run(t.Context(), target, conformance.Against(contract))
	require.NoError(t, err)
	assert.Equal(t, []string{"unknown-task", "unknown-instance", "delete-twice"}, outcomes(report)[conformance.Failed])

	target.InstanceID = "not-a-uuid"
	_, err = conformance.Run(t.Context(), target, conformance.Against(contract))
	require.ErrorContains(t, err, `instance_id "not-a-uuid"`)
}

// TestVariants: a private cloud's contract is followed in all that the check demands and sends.
func TestVariants(t *testing.T) {
	t.Parallel()
	replace := func(pairs ...string) string {
		return strings.NewReplacer(pairs...).Replace(string(dmstask.Contract()))
	}
	for name, tc := range map[string]struct {
		document string
		wrap     func(own http.Handler) http.Handler
		skipped  []string
	}{
		"another prefix": {
			replace("  /v2/{", "  /dms/v2/{"),
			func(own http.Handler) http.Handler { return http.StripPrefix("/dms", own) }, nil,
		},
		"202 for 204": {
			replace("        '204':", "        '202':"), status(http.StatusNoContent, http.StatusAccepted),
			[]string{"delete-empty"},
		},
		"403 for 401": {
			replace("        '401':\n          $ref: '#/components/responses/Unauthorized'\n", ""),
			status(http.StatusUnauthorized, http.StatusForbidden), nil,
		},
		"422 for 400": {
			replace("        '400':", "        '422':"), status(http.StatusBadRequest, http.StatusUnprocessableEntity), nil,
		},
		"problems": {
			replace("application/json", "application/problem+json"),
			func(own http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { own.ServeHTTP(problemWriter{w}, r) })
			}, nil,
		},
		"any text for a task ID": {
			replace("            pattern: '^[0-9A-Za-z_-]{1,64}$'\n", ""),
			func(own http.Handler) http.Handler { return own }, []string{"malformed-task-id"},
		},
		"another name for the token": {
			replace("name: X-Auth-Token", "name: X-Cloud-Token"),
			func(own http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					r.Header.Set("X-Auth-Token", r.Header.Get("X-Cloud-Token"))
					own.ServeHTTP(w, r)
				})
			}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contract, err := conformance.LoadContract([]byte(tc.document))
			require.NoError(t, err)
			_, target := newTarget(t)
			before, _ := conformance.Run(t.Context(), target, conformance.Against(contract))
			looser := name == "any text for a task ID"
			assert.Equal(t, looser, before.Conforms(), "whether the server as it is keeps this contract")

			server, target := newTarget(t)
			server.Wrap(tc.wrap)
			report, err := conformance.Run(t.Context(), target, conformance.Against(contract))
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
