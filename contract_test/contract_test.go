package contract_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask"
	"github.com/dmstask/dmstask/client"
	known "github.com/dmstask/dmstask/internal/codes"
)

// TestContractSaysWhatTheVendorSays holds openapi.yaml against the vendor's page, written down here once more.
func TestContractSaysWhatTheVendorSays(t *testing.T) {
	t.Parallel()
	assert.Empty(t, disagreements(dmstask.Contract()))
}

// TestEveryLineOfTheContractCounts breaks the contract in memory, line by line, and demands that it is noticed.
func TestEveryLineOfTheContractCounts(t *testing.T) {
	t.Parallel()
	lines := strings.Split(string(dmstask.Contract()), "\n")
	demands := demanding(lines)
	require.Greater(t, len(demands), 150)
	for _, i := range demands {
		broken := strings.Join(slices.Delete(slices.Clone(lines), i, i+1), "\n")
		assert.NotEmpty(t, disagreements([]byte(broken)), "without line %d, %q", i+1, lines[i])
	}
}

// TestBrokenContractIsNoticed changes the contract in ways that a line less does not show.
func TestBrokenContractIsNoticed(t *testing.T) {
	t.Parallel()
	for _, change := range [][2]string{
		{"'204':", "'200':"},
		{"    delete:", "    post:"},
		{"/tasks/{task_id}", "/task/{task_id}"},
		{"/v2/", "/v1/"},
		{"operationId: DeleteBackgroundTask", "operationId: DeleteTask"},
		{"name: project_id", "name: project"},
		{"name: task_id", "name: instance_id"},
		{"required: true", "required: false"},
		{"'^[0-9a-f]{32}$'", "'[0-9a-f]{32}'"},
		{"'^[0-9a-f]{32}$'", "'^[0-9a-f]{31,32}$'"},
		{"'^[0-9A-Fa-f]{8}-", "'^[0-9A-Fa-f]{8}-?"},
		{"{1,64}", "{0,64}"},
		{"{1,64}", "{1,65}"},
		{"{1,64}", "{1,63}"},
		{"[0-9A-Za-z_-]", "[0-9A-Za-z_.-]"},
		{"[0-9A-Za-z_-]", "[0-9A-Za-z_/-]"},
		{"format: uuid", "format: byte"},
		{"  - signature: []", "    signature: []"},
		{"  - token: []", "  - {}"},
		{"name: X-Auth-Token", "name: X-Auth"},
		{"      in: header", "      in: query"},
		{"required: [error_code, error_msg]", "required: [error_code]"},
		{"        error_code:\n", "        code:\n"},
		{"minLength: 1", "minLength: 0"},
		{"        application/json:", "        text/plain:"},
		{"$ref: '#/components/responses/NotFound'", "$ref: '#/components/responses/BadRequest'"},
		{"error_code: DMS.00404022", "error_code: DMS.00400070"},
		{"      type: object", "      type: object\n      additionalProperties: false"},
		{"default: eu-de", "default: eu-xx"},
		{"enum: [eu-de, eu-nl]", "enum: [eu-de]"},
		{"        '504':", "        default:"},
		{"      operationId:", "      requestBody: {content: {application/json: {schema: {}}}}\n      operationId:"},
		{"      responses:\n", "      security: []\n      responses:\n"},
		{"      parameters:\n", "      parameters:\n        - {name: force, in: query, schema: {type: boolean}}\n"},
	} {
		t.Run(change[0]+" to "+change[1], func(t *testing.T) {
			t.Parallel()
			original := string(dmstask.Contract())
			require.Contains(t, original, change[0])
			assert.NotEmpty(t, disagreements([]byte(strings.Replace(original, change[0], change[1], 1))))
		})
	}
}

// explaining matches the lines of the contract that say something to people only.
var explaining = regexp.MustCompile(
	`^ *(- )?(#.*|description:.*|summary:.*|externalDocs:|url:.*|tags:.*|name: Background.*|` +
		`example: .*|error_msg: .*|request_id: .*)?$`)

// demanding returns the indices of the lines that say something to programs.
func demanding(lines []string) (indices []int) {
	prose := -1 // indentation of the key whose block of text this is
	for i, line := range lines {
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if prose >= 0 && (line == "" || indent > prose) {
			continue
		}
		prose = -1
		if strings.HasSuffix(line, "-") && strings.Contains(line, "description:") {
			prose = indent
		}
		if !explaining.MatchString(line) {
			indices = append(indices, i)
		}
	}
	return indices
}

// disagreements lists where a contract is not valid or not what the vendor documents.
func disagreements(contract []byte) (found []string) {
	defer func() {
		if r := recover(); r != nil { // a part that the checks take for granted is missing
			found = append(found, fmt.Sprint(r))
		}
	}()
	doc, err := openapi3.NewLoader().LoadFromData(contract)
	if err != nil {
		return []string{err.Error()}
	}
	for _, check := range []func(*openapi3.T) error{
		valid, operation, parameters, responses, errorSchema, security, servers,
	} {
		if err := check(doc); err != nil {
			found = append(found, err.Error())
		}
	}
	return found
}

func valid(doc *openapi3.T) error {
	return doc.Validate(context.Background(),
		openapi3.EnableExamplesValidation(), openapi3.EnableSchemaPatternValidation(),
		openapi3.EnableSchemaDefaultsValidation(), openapi3.ProhibitExtensionsWithRef())
}

func operation(doc *openapi3.T) error {
	const path = "/v2/{project_id}/instances/{instance_id}/tasks/{task_id}"
	item := doc.Paths.Value(path)
	switch {
	case !strings.HasPrefix(doc.OpenAPI, "3.0."):
		return fmt.Errorf("OpenAPI %s", doc.OpenAPI)
	case doc.Paths.Len() != 1 || item == nil:
		return fmt.Errorf("the paths are not %s alone", path)
	case len(item.Operations()) != 1 || item.Delete == nil:
		return errors.New("the methods are not DELETE alone")
	case item.Delete.OperationID != "DeleteBackgroundTask":
		return fmt.Errorf("the operation is called %s", item.Delete.OperationID)
	case item.Delete.RequestBody != nil:
		return errors.New("there is a request body")
	}
	return nil
}

func deletion(doc *openapi3.T) *openapi3.Operation {
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			return op
		}
	}
	panic("no operation")
}

const uuid = "69b3e5c4-6b0f-4e0c-9a55-2f6d0c8d7b1e"

// languages tells for each path parameter, all mandatory, what must be and what must not be an ID.
var languages = []struct {
	name, format     string
	accepts, refuses []string
}{
	{
		"project_id", "",
		[]string{strings.Repeat("0", 32), "0123456789abcdef0123456789abcdef"},
		[]string{
			"", "..", strings.Repeat("0", 31), strings.Repeat("0", 33), strings.Repeat("A", 32),
			strings.Repeat("g", 32), strings.Repeat("0", 32) + "\n", strings.Repeat("0", 31) + "/",
		},
	},
	{
		"instance_id", "uuid",
		[]string{"00000000-0000-0000-0000-000000000000", uuid, strings.ToUpper(uuid)},
		[]string{
			"", "..", uuid + "0", uuid[1:], "g" + uuid[1:], "{" + uuid + "}", uuid + "\n",
			strings.ReplaceAll(uuid, "-", ""), strings.Replace(uuid, "-", "", 1), strings.Replace(uuid, "-", "0", 1),
		},
	},
	{
		"task_id", "",
		[]string{"0", "_", "-", "aZ09_-", strings.Repeat("x", 64), "8abfa7b372160bfd0172165864064079"},
		[]string{"", ".", "..", "a.b", "a/b", "/", "%2e", "a b", "a\n", "é", strings.Repeat("x", 65)},
	},
}

func parameters(doc *openapi3.T) error {
	all := deletion(doc).Parameters
	if len(all) != len(languages) {
		return fmt.Errorf("there are %d parameters", len(all))
	}
	for i, want := range languages {
		got := all[i].Value
		switch schema := got.Schema.Value; {
		case got.Name != want.name, got.In != openapi3.ParameterInPath, !got.Required:
			return fmt.Errorf("parameter %d is %s in %s, required: %t", i, got.Name, got.In, got.Required)
		case !schema.Type.Is(openapi3.TypeString), schema.Format != want.format:
			return fmt.Errorf("%s has type %v and format %q", got.Name, schema.Type, schema.Format)
		case got.Description == "", got.Example == nil:
			return fmt.Errorf("%s has no description or no example", got.Name)
		case schema.Title != clientsWords(want.name):
			return fmt.Errorf("%s must be %q, and for the client %q", got.Name, schema.Title, clientsWords(want.name))
		}
		pattern := regexp.MustCompile(got.Schema.Value.Pattern)
		for _, value := range want.accepts {
			if !pattern.MatchString(value) {
				return fmt.Errorf("%s refuses %q", got.Name, value)
			}
		}
		for _, value := range want.refuses {
			if pattern.MatchString(value) {
				return fmt.Errorf("%s accepts %q", got.Name, value)
			}
		}
	}
	return nil
}

// clientsWords are those that the client has for what an ID must be.
func clientsWords(parameter string) string {
	invalid := (*client.InvalidError)(nil)
	errs := map[string]error{
		"project_id":  client.ProjectID("").Validate(),
		"instance_id": client.InstanceID("").Validate(),
		"task_id":     client.TaskID("").Validate(),
	}
	if !errors.As(errs[parameter], &invalid) {
		return ""
	}
	return invalid.Expected
}

func responses(doc *openapi3.T) error {
	want := []int{204, 400, 401, 403, 404, 405, 408, 429, 500, 501, 502, 503, 504}
	all := deletion(doc).Responses
	if all.Len() != len(want) {
		return fmt.Errorf("there are %d responses", all.Len())
	}
	catalogue := known.Catalogue()
	for _, status := range want {
		response := all.Value(strconv.Itoa(status))
		switch {
		case response == nil:
			return fmt.Errorf("there is no response %d", status)
		case status == 204 && len(response.Value.Content) > 0:
			return errors.New("204 has content")
		case status == 204:
			continue
		}
		media := response.Value.Content["application/json"]
		if media == nil || len(response.Value.Content) != 1 || media.Schema.Ref != "#/components/schemas/Error" {
			return fmt.Errorf("%d is not the schema Error in application/json alone", status)
		}
		example, _ := media.Example.(map[string]any)
		code, _ := example["error_code"].(string)
		if strings.HasPrefix(code, "DMS.") && catalogue[code] != status {
			return fmt.Errorf("the example of %d has a code of %d", status, catalogue[code])
		}
		if !strings.HasPrefix(code, "DMS.") && !strings.HasPrefix(code, "APIG.") {
			return fmt.Errorf("the example of %d has no real code", status)
		}
	}
	return nil
}

func errorSchema(doc *openapi3.T) error {
	schema := doc.Components.Schemas["Error"].Value
	conforming := []map[string]any{
		{"error_code": "DMS.1", "error_msg": "m"},
		{"error_code": "APIG.1", "error_msg": "m", "request_id": "r"},
		{"error_code": "DMS.1", "error_msg": "m", "request_id": nil},
		{"error_code": "DMS.1", "error_msg": "m", "another": []any{1.0}},
	}
	spoiled := []any{
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
	for _, value := range conforming {
		if err := schema.VisitJSON(value); err != nil {
			return err
		}
	}
	for _, value := range spoiled {
		if schema.VisitJSON(value) == nil {
			return fmt.Errorf("the schema Error accepts %v", value)
		}
	}
	return nil
}

func security(doc *openapi3.T) error {
	requirements := doc.Security
	if own := deletion(doc).Security; own != nil {
		requirements = *own
	}
	want := map[string]string{} // names of header fields by scheme
	want["token"], want["signature"] = "X-Auth-Token", "Authorization"
	if len(requirements) != len(want) {
		return fmt.Errorf("there are %d alternatives of security", len(requirements))
	}
	for _, alternative := range requirements {
		if len(alternative) != 1 {
			return fmt.Errorf("an alternative has %d schemes", len(alternative))
		}
		for name := range alternative {
			scheme := doc.Components.SecuritySchemes[name].Value
			if scheme.Type != "apiKey" || scheme.In != "header" || scheme.Name != want[name] {
				return fmt.Errorf("%s is %s %s in %s", name, scheme.Type, scheme.Name, scheme.In)
			}
		}
	}
	return nil
}

// servers holds the servers against the endpoints that the client knows by region.
func servers(doc *openapi3.T) error {
	var regions []string
	for _, server := range doc.Servers {
		urls := []string{server.URL}
		if region := server.Variables["region"]; region != nil {
			urls = urls[:0]
			for _, name := range region.Enum {
				urls = append(urls, strings.ReplaceAll(server.URL, "{region}", name))
			}
			if !slices.Contains(region.Enum, region.Default) {
				return fmt.Errorf("region %s is not one of %v", region.Default, region.Enum)
			}
		}
		for _, url := range urls {
			region := strings.Split(url, ".")[1]
			if endpoint, err := client.Endpoint(region); err != nil || endpoint != url {
				return fmt.Errorf("the client has endpoint %q for %s: %w", endpoint, url, err)
			}
			regions = append(regions, region)
		}
	}
	slices.Sort(regions)
	known := "expected one of " + strings.Join(regions, ", ")
	if _, err := client.Endpoint(""); err == nil || !strings.HasSuffix(err.Error(), known) {
		return fmt.Errorf("the client knows other regions than %v: %w", regions, err)
	}
	return nil
}
