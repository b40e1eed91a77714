package contract_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask"
	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/conformance"
	known "github.com/dmstask/dmstask/internal/codes"
)

// documented is what the vendor says, written down once more.
var documented = []string{
	"OpenAPI 3.0",
	"DELETE /v2/{project_id}/instances/{instance_id}/tasks/{task_id} DeleteBackgroundTask, takes a body: false",
	"0 project_id in path, required: true, described: true",
	`0 {"pattern":"^[0-9a-f]{32}$","title":"32 lower-case hexadecimal digits","type":"string"}`,
	"1 instance_id in path, required: true, described: true",
	`1 {"format":"uuid","pattern":"^[0-9A-Fa-f]{8}` + strings.Repeat("-[0-9A-Fa-f]{4}", 3) + `-[0-9A-Fa-f]{12}$",` +
		`"title":"a UUID with hyphens","type":"string"}`,
	"2 task_id in path, required: true, described: true",
	`2 {"pattern":"^[0-9A-Za-z_-]{1,64}$","title":"1 to 64 letters, digits, '_' or '-'","type":"string"}`,
	"204", "400 application/json", "401 application/json", "403 application/json", "404 application/json",
	"405 application/json", "408 application/json", "429 application/json", "500 application/json", "501 application/json",
	"502 application/json", "503 application/json", "504 application/json",
	`Error {"required":["error_code","error_msg"],"type":"object"}`,
	`Error.error_code {"minLength":1,"type":"string"}`, `Error.error_msg {"minLength":1,"type":"string"}`,
	`Error.request_id {"nullable":true,"type":"string"}`,
	"security: [map[token:[]] map[signature:[]]]",
	"token: apiKey X-Auth-Token in header", "signature: apiKey Authorization in header",
	"https://dms.{region}.otc.t-systems.com", "region is eu-de, or one of [eu-de eu-nl]",
	"https://dms.eu-ch2.sc.otc.t-systems.com",
}

// statements returns what a contract says to programs, or why it is none.
func statements(document []byte) (list []string) {
	say := func(format string, values ...any) { list = append(list, fmt.Sprintf(format, values...)) }
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err == nil {
		err = doc.Validate(context.Background(), openapi3.EnableExamplesValidation(),
			openapi3.EnableSchemaPatternValidation(), openapi3.EnableSchemaDefaultsValidation(),
			openapi3.ProhibitExtensionsWithRef())
	}
	if err != nil {
		return []string{err.Error()}
	}
	say("OpenAPI %.3s", doc.OpenAPI)
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			say("%s %s %s, takes a body: %t", method, path, op.OperationID, op.RequestBody != nil)
			if op.Security != nil {
				say("%s has a security of its own", method)
			}
			for i, parameter := range op.Parameters {
				p := parameter.Value
				described := p.Description != "" && p.Example != nil
				say("%d %s in %s, required: %t, described: %t", i, p.Name, p.In, p.Required, described)
				say("%d %s", i, keywords(p.Schema))
			}
			for status, response := range op.Responses.Map() {
				say("%s", strings.Join(append([]string{status}, contentOf(status, response.Value)...), " "))
			}
		}
	}
	say("Error %s", keywords(doc.Components.Schemas["Error"]))
	for name, property := range doc.Components.Schemas["Error"].Value.Properties {
		say("Error.%s %s", name, keywords(property))
	}
	say("security: %v", doc.Security)
	for name, scheme := range doc.Components.SecuritySchemes {
		say("%s: %s %s in %s", name, scheme.Value.Type, scheme.Value.Name, scheme.Value.In)
	}
	for _, server := range doc.Servers {
		say("%s", server.URL)
		for name, variable := range server.Variables {
			say("%s is %s, or one of %v", name, variable.Default, variable.Enum)
		}
	}
	return list
}

// contentOf returns the media types of a response, and what is wrong with them.
func contentOf(status string, response *openapi3.Response) (list []string) {
	for mediaType, media := range response.Content {
		list = append(list, mediaType)
		if media.Schema == nil || media.Schema.Ref != "#/components/schemas/Error" {
			list = append(list, "with another schema than Error")
		}
		example, _ := media.Example.(map[string]any)
		code, _ := example["error_code"].(string)
		if !strings.Contains(fmt.Sprint(known.Statuses(code)), status) {
			list = append(list, "with an example of another status: "+code)
		}
	}
	return list
}

// keywords are those of a schema that say something to programs, without the properties.
func keywords(schema *openapi3.SchemaRef) string {
	s := *schema.Value
	s.Description, s.Example, s.Properties = "", nil, nil
	text, _ := json.Marshal(s) // which was read from JSON
	return string(text)
}

// TestContractSaysWhatTheVendorSays holds openapi.yaml against what is written down here.
func TestContractSaysWhatTheVendorSays(t *testing.T) {
	t.Parallel()
	assert.ElementsMatch(t, documented, statements(dmstask.Contract()))
}

// saysOtherwise reports whether a contract says anything else than what is documented.
func saysOtherwise(contract string) bool {
	said := statements([]byte(contract))
	return !slices.Equal(slices.Sorted(slices.Values(documented)), slices.Sorted(slices.Values(said)))
}

// TestEveryLineOfTheContractCounts breaks the contract in memory, line by line, and demands that it is noticed.
func TestEveryLineOfTheContractCounts(t *testing.T) {
	t.Parallel()
	lines := strings.Split(string(dmstask.Contract()), "\n")
	demands := demanding(lines)
	require.Greater(t, len(demands), 150)
	for _, i := range demands {
		broken := strings.Join(slices.Delete(slices.Clone(lines), i, i+1), "\n")
		assert.True(t, saysOtherwise(broken), "without line %d, %q", i+1, lines[i])
	}
}

// TestMoreInTheContractIsNoticed adds what the vendor does not say, which a line less does not show.
func TestMoreInTheContractIsNoticed(t *testing.T) {
	t.Parallel()
	original := string(dmstask.Contract())
	for place, more := range map[string]string{
		"    delete:\n":       "      security: []\n",
		"      parameters:\n": "        - {name: force, in: query, schema: {type: boolean}}\n",
		"      responses:\n":  "        default: {description: more}\n", "security:\n": "  - {}\n",
		"      type: object\n":   "      additionalProperties: false\n",
		"paths:\n":               "  /v2/{project_id}: {get: {responses: {default: {description: more}}}}\n",
		"DeleteBackgroundTask\n": "      requestBody: {content: {text/plain: {}}}\n",
		"      properties:\n":    "        more: {type: string}\n", "          minLength: 1\n": "          maxLength: 9\n",
		"            type: string\n": "            nullable: true\n", "servers:\n": "  - url: https://example.com\n",
	} {
		require.Contains(t, original, place)
		assert.True(t, saysOtherwise(strings.Replace(original, place, place+more, 1)), more)
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

// TestOthersSayWhatTheContractSays: the client has the contract's words for what an ID must be, and the contract's
// endpoints; and the rules name the page that the contract names.
func TestOthersSayWhatTheContractSays(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(dmstask.Contract())
	require.NoError(t, err)
	assert.Equal(t, doc.ExternalDocs.URL, conformance.Page.URL)
	errs := []error{client.ProjectID("").Validate(), client.InstanceID("").Validate(), client.TaskID("").Validate()}
	for i, parameter := range deletion(doc).Parameters {
		p := parameter.Value
		require.ErrorContains(t, errs[i], p.Name+` "" is not allowed: expected `+p.Schema.Value.Title)
	}
	urls := map[string]string{"eu-ch2": doc.Servers[1].URL}
	for _, region := range doc.Servers[0].Variables["region"].Enum {
		urls[region] = strings.Replace(doc.Servers[0].URL, "{region}", region, 1)
	}
	for region, url := range urls {
		endpoint, err := client.Endpoint(region)
		require.NoError(t, err)
		assert.Equal(t, url, endpoint)
	}
}

// deletion is the one operation.
func deletion(doc *openapi3.T) *openapi3.Operation {
	return doc.Paths.Value("/v2/{project_id}/instances/{instance_id}/tasks/{task_id}").Delete
}
