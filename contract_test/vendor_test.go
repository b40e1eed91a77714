package contract_test

import "strings"

// Where the vendor says it.
const (
	deleting  = "DeleteBackgroundTask"
	page      = "Deleting a Background Task"
	catalog   = "Error Codes"
	gateway   = "table of error codes of the API Gateway"
	iam       = "Authentication"
	endpoints = "Regions and Endpoints"
)

// A fact is what the vendor's page, or openapi.yaml in a line, says of an operation, or of all if that is "".
type fact struct {
	operation, kind, value, source string
	line                           int
}

// vendor is what the vendor's pages say, written down here once more. Which code belongs to which status is in
// internal/codes.
var vendor = []fact{
	{"", "operation", "DeleteBackgroundTask", page, 0},
	{"", "server", "https://dms.eu-de.otc.t-systems.com", endpoints, 0},
	{"", "server", "https://dms.eu-nl.otc.t-systems.com", endpoints, 0},
	{"", "server", "https://dms.eu-ch2.sc.otc.t-systems.com", endpoints, 0},
	{"", "default server", "https://dms.eu-de.otc.t-systems.com", endpoints, 0},
	{"", "field", "error_code string", catalog, 0},
	{"", "field", "error_msg string", catalog, 0},
	{"", "field", "request_id string", gateway, 0},

	{deleting, "request", "DELETE /v2/{project_id}/instances/{instance_id}/tasks/{task_id}", page, 0},
	{deleting, "credential", "X-Auth-Token in header", iam, 0},
	{deleting, "credential", "Authorization in header", iam, 0},
	{deleting, "parameter", "project_id in path, string", page, 0},
	{deleting, "parameter", "instance_id in path, string (uuid)", catalog, 0},
	{deleting, "parameter", "task_id in path, string", page, 0},
	{deleting, "status", "204", page, 0},
	{deleting, "status", "400", catalog, 0},
	{deleting, "status", "401", catalog, 0},
	{deleting, "status", "403", catalog, 0},
	{deleting, "status", "404", catalog, 0},
	{deleting, "status", "405", catalog, 0},
	{deleting, "status", "408", catalog, 0},
	{deleting, "status", "429", gateway, 0},
	{deleting, "status", "500", catalog, 0},
	{deleting, "status", "501", catalog, 0},
	{deleting, "status", "502", gateway, 0},
	{deleting, "status", "503", catalog, 0},
	{deleting, "status", "504", gateway, 0},
	{deleting, "error", "application/json of the schema Error", catalog, 0},
}

// languages tells for each path parameter what must be and what must not be an ID.
var languages = []struct {
	name             string
	accepts, refuses []string
}{
	{
		"project_id",
		[]string{strings.Repeat("0", 32), "0123456789abcdef0123456789abcdef"},
		[]string{
			"", "..", strings.Repeat("0", 31), strings.Repeat("0", 33), strings.Repeat("A", 32),
			strings.Repeat("g", 32), strings.Repeat("0", 32) + "\n", strings.Repeat("0", 31) + "/",
		},
	},
	{
		"instance_id",
		[]string{"00000000-0000-0000-0000-000000000000", uuid, strings.ToUpper(uuid)},
		[]string{
			"", "..", uuid + "0", uuid[1:], "g" + uuid[1:], "{" + uuid + "}", uuid + "\n",
			strings.ReplaceAll(uuid, "-", ""), strings.Replace(uuid, "-", "", 1), strings.Replace(uuid, "-", "0", 1),
		},
	},
	{
		"task_id",
		[]string{"0", "_", "-", "aZ09_-", strings.Repeat("x", 64), "8abfa7b372160bfd0172165864064079"},
		[]string{"", ".", "..", "a.b", "a/b", "/", "%2e", "a b", "a\n", "é", strings.Repeat("x", 65)},
	},
}

// Bodies of errors that must be and that must not be allowed.
var (
	conforming = []any{
		map[string]any{"error_code": "DMS.1", "error_msg": "m"},
		map[string]any{"error_code": "APIG.1", "error_msg": "m", "request_id": "r"},
		map[string]any{"error_code": "DMS.1", "error_msg": "m", "request_id": nil},
		map[string]any{"error_code": "DMS.1", "error_msg": "m", "another": []any{1.0}},
	}
	spoiled = []any{
		map[string]any{}, []any{}, "error", nil,
		map[string]any{"error_code": "DMS.1"},
		map[string]any{"error_msg": "m"},
		map[string]any{"error_code": "", "error_msg": "m"},
		map[string]any{"error_code": "DMS.1", "error_msg": ""},
		map[string]any{"error_code": 1.0, "error_msg": "m"},
		map[string]any{"error_code": "DMS.1", "error_msg": 1.0},
		map[string]any{"error_code": nil, "error_msg": "m"},
		map[string]any{"error_code": "DMS.1", "error_msg": "m", "request_id": 1.0},
	}
)
