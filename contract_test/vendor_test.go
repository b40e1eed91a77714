package contract_test

import "strings"

const deleting = "DeleteBackgroundTask"

// The vendor's pages.
const (
	page      = "Deleting a Background Task"
	catalog   = "Error Codes"
	gateway   = "table of error codes of the API Gateway"
	iam       = "Authentication"
	endpoints = "Regions and Endpoints"
)

// A fact is something that the vendor's pages or openapi.yaml say about an operation, or about the whole API if
// operation is "".
type fact struct {
	operation, kind, value string
	source                 string // the vendor's page
	line                   int    // of openapi.yaml
}

// vendor repeats what the vendor's pages say, so that a wrong edit of openapi.yaml is noticed. The codes of each status
// are in internal/codes.
var vendor = facts{}.
	add("", "operation", page, "DeleteBackgroundTask").
	add("", "server", endpoints, "https://dms.eu-de.otc.t-systems.com", "https://dms.eu-nl.otc.t-systems.com").
	add("", "server", endpoints, "https://dms.eu-ch2.sc.otc.t-systems.com").
	add("", "default server", endpoints, "https://dms.eu-de.otc.t-systems.com").
	add("", "field", catalog, "error_code string", "error_msg string").
	add("", "field", gateway, "request_id string").
	add(deleting, "request", page, "DELETE /v2/{project_id}/instances/{instance_id}/tasks/{task_id}").
	add(deleting, "credential", iam, "X-Auth-Token in header", "Authorization in header").
	add(deleting, "parameter", page, "project_id in path, string", "task_id in path, string").
	add(deleting, "parameter", catalog, "instance_id in path, string (uuid)").
	add(deleting, "status", page, "204").
	add(deleting, "status", catalog, "400", "401", "403", "404", "405", "408", "500", "501", "503").
	add(deleting, "status", gateway, "429", "502", "504").
	add(deleting, "error", catalog, "application/json of the schema Error")

type facts []fact

func (list facts) add(operation, kind, source string, values ...string) facts {
	for _, value := range values {
		list = append(list, fact{operation, kind, value, source, 0})
	}
	return list
}

// samples are, for each path parameter, IDs that the contract must accept, and values that it must refuse.
var samples = map[string]struct{ good, bad []string }{
	"project_id": {[]string{strings.Repeat("0", 32), aProject}, []string{
		"", "..", strings.Repeat("0", 31), strings.Repeat("0", 33), strings.Repeat("A", 32),
		strings.Repeat("g", 32), strings.Repeat("0", 32) + "\n", strings.Repeat("0", 31) + "/",
	}},
	"instance_id": {[]string{"00000000-0000-0000-0000-000000000000", uuid, strings.ToUpper(uuid)}, []string{
		"", "..", uuid + "0", uuid[1:], "g" + uuid[1:], "{" + uuid + "}", uuid + "\n", uuid + "}",
		strings.ReplaceAll(uuid, "-", ""), strings.Replace(uuid, "-", "", 1), strings.Replace(uuid, "-", "0", 1),
	}},
	"task_id": {[]string{"0", "_", "-", "aZ09_-", strings.Repeat("x", 64), aTask}, []string{
		"", ".", "..", "a.b", "a/b", "/", "%2e", "..%2f", "a b", "a;b", "a\n", "é", "＿", "\x00", "\xff", "?", "#",
		strings.Repeat("x", 65), "task\r\nHost: elsewhere",
	}},
}

type object = map[string]any

// Bodies of errors that the contract must accept, and others that it must refuse.
var (
	goodErrors = []any{
		object{"error_code": "DMS.1", "error_msg": "m"},
		object{"error_code": "DMS.1", "error_msg": "m", "another": []any{1.0}},
		object{"error_code": "APIG.1", "error_msg": "m", "request_id": "r"},
		object{"error_code": "DMS.1", "error_msg": "m", "request_id": nil},
	}
	badErrors = []any{
		object{}, []any{}, "error", nil, object{"error_code": "DMS.1"}, object{"error_msg": "m"},
		object{"error_code": "", "error_msg": "m"}, object{"error_code": "DMS.1", "error_msg": ""},
		object{"error_code": 1.0, "error_msg": "m"}, object{"error_code": "DMS.1", "error_msg": 1.0},
		object{"error_code": nil, "error_msg": "m"}, object{"error_code": "DMS.1", "error_msg": "m", "request_id": 1.0},
	}
)
