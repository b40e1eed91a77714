package contract_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
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
	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/internal/lint"
)

// TestEveryLineOfTheContractCounts leaves out each line of the contract in memory, and demands that it is noticed.
func TestEveryLineOfTheContractCounts(t *testing.T) {
	t.Parallel()
	lines := strings.Split(string(dmstask.Contract()), "\n")
	require.NotEmpty(t, demanding(lines))
	for _, i := range demanding(lines) {
		broken := []byte(strings.Join(slices.Delete(slices.Clone(lines), i, i+1), "\n"))
		if len(lint.Check(broken)) == 0 && len(differences(broken)) == 0 {
			t.Errorf("no test notices line %d: %s", i+1, lines[i])
		}
	}
}

// explaining matches the lines of the contract that say something to people only.
var explaining = regexp.MustCompile(
	`^ *(- )?(#.*|x-.*|description:.*|summary:.*|externalDocs:|url:.*|tags:.*|name: Background.*|` +
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

// differences lists where a sound contract is not what the vendor's pages say. Each is one line: where, what, why it
// matters, and what to do if the contract is wrong, or if the vendor has changed something.
func differences(contract []byte) (lines []string) {
	loader := openapi3.NewLoader()
	loader.IncludeOrigin = true
	doc, err := loader.LoadFromData(contract)
	if err != nil {
		return []string{err.Error()}
	}
	say := func(line int, format string, args ...any) {
		lines = append(lines, fmt.Sprintf("openapi.yaml:%d: ", max(line, 1))+fmt.Sprintf(format, args...))
	}
	said := factsOf(doc)
	missing, others := notAmong(vendor, said), notAmong(said, vendor)
	for _, m := range missing {
		i := slices.IndexFunc(others, m.likeIt)
		if i < 0 {
			near := said[max(0, slices.IndexFunc(said, m.likeIt))]
			say(near.line, "%s %s is missing; the vendor's page %q has it; restore it, or if it is gone there, remove %s",
				m.kind, m.value, m.source, placeOf(m))
			continue
		}
		say(others[i].line, "%s %s differs from the vendor's page %q; the service may not know it; write %s, or if the "+
			"page has changed, edit %s", m.kind, others[i].value, m.source, m.value, placeOf(m))
		others = slices.Delete(others, i, i+1)
	}
	for _, o := range others {
		near := vendor[max(0, slices.IndexFunc(vendor, o.likeIt))]
		say(o.line, "%s %s is not on the vendor's page; the service may not know it; remove it, or if the page has it now, "+
			"add it at %s", o.kind, o.value, placeOf(near))
	}
	for _, op := range operations(doc) {
		for _, ref := range op.Parameters {
			p, origin := ref.Value, ref.Value.Schema.Value.Origin
			if wrong := misread(p); wrong != "" {
				say(lineOf(origin, "pattern"), "%s; service and client accept other IDs; correct the pattern, or if the "+
					"vendor has changed them, edit %s", wrong, place(vendorTable, "\t\t"+strconv.Quote(p.Name)+",\n"))
			}
			if words := clientsWords(p.Name); words != "" && p.Schema.Value.Title != words {
				say(lineOf(origin, "title"), "the title of %s is %q and not %q; errors of the client use the latter; write the "+
					"same, here or at %s", p.Name, p.Schema.Value.Title, words, place("client/raw/ids.go", words))
			}
		}
	}
	if doc.Components == nil || doc.Components.Schemas["Error"] == nil {
		return lines
	}
	options := []openapi3.SchemaValidationOption{openapi3.MultiErrors()}
	if doc.IsOpenAPI31OrLater() {
		options = append(options, openapi3.EnableJSONSchema2020())
	}
	schema := doc.Components.Schemas["Error"].Value
	for i, body := range append(slices.Clone(conforming), spoiled...) {
		text, _ := json.Marshal(body) // which cannot fail for these
		if accepts := schema.VisitJSON(body, options...) == nil; accepts != (i < len(conforming)) {
			say(lineOf(schema.Origin, ""), "the schema Error %s %s; the vendor documents errors differently; correct it, or if "+
				"they have changed, edit %s", verb[accepts], text, place(vendorTable, "conforming = "))
			break
		}
	}
	return lines
}

var verb = map[bool]string{true: "accepts", false: "refuses"}

const vendorTable = "contract_test/vendor_test.go"

// placeOf returns where a fact is in the table of the vendor.
func placeOf(f fact) string { return place(vendorTable, fmt.Sprintf("%q, %q", f.kind, f.value)) }

// place returns file and line of a text in a file of this repository.
func place(file, text string) string {
	content, err := os.ReadFile(filepath.Join(root, file)) //nolint:gosec // G304: of this repository
	before, _, found := strings.Cut(string(content), text)
	if err != nil || !found {
		return file
	}
	return fmt.Sprintf("%s:%d", file, 1+strings.Count(before, "\n"))
}

// likeIt reports whether a fact says another thing of the same kind.
func (f fact) likeIt(other fact) bool { return f.operation == other.operation && f.kind == other.kind }

// notAmong returns those facts of some that are not among others, which say something of the operation, too.
func notAmong(some, others []fact) (list []fact) {
	for _, f := range some {
		known := f.operation == "" ||
			slices.ContainsFunc(others, func(o fact) bool { return o.kind == "operation" && o.value == f.operation })
		if known && !slices.ContainsFunc(others, func(o fact) bool { return f.likeIt(o) && f.value == o.value }) {
			list = append(list, f)
		}
	}
	return list
}

// factsOf returns what a contract says of what the vendor's pages say, in the order of its lines.
func factsOf(doc *openapi3.T) (said []fact) {
	say := func(operation, kind, value string, line int) {
		f := fact{operation, kind, value, "", line}
		if !slices.ContainsFunc(said, func(o fact) bool { return f.likeIt(o) && o.value == value }) {
			said = append(said, f)
		}
	}
	for _, server := range doc.Servers {
		urls := []string{server.URL}
		for name, variable := range server.Variables {
			with := func(value string) string { return strings.ReplaceAll(server.URL, "{"+name+"}", value) }
			say("", "default server", with(variable.Default), lineOf(variable.Origin, "default"))
			urls = nil
			for _, value := range variable.Enum {
				urls = append(urls, with(value))
			}
		}
		for _, url := range urls {
			say("", "server", url, lineOf(server.Origin, "url"))
		}
	}
	if doc.Components != nil && doc.Components.Schemas["Error"] != nil {
		for name, p := range doc.Components.Schemas["Error"].Value.Properties {
			types := slices.DeleteFunc(slices.Clone(p.Value.Type.Slice()), func(t string) bool { return t == openapi3.TypeNull })
			say("", "field", name+" "+strings.Join(types, " or "), lineOf(p.Value.Origin, "type"))
		}
	}
	for url, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			id := op.OperationID
			say("", "operation", id, lineOf(op.Origin, "operationId"))
			say(id, "request", method+" "+url, lineOf(item.Origin, ""))
			alternatives := doc.Security
			if op.Security != nil {
				alternatives = *op.Security
			}
			for _, alternative := range alternatives {
				for name := range alternative {
					scheme := doc.Components.SecuritySchemes[name].Value
					say(id, "credential", scheme.Name+" in "+scheme.In, lineOf(scheme.Origin, "name"))
				}
			}
			for _, ref := range slices.Concat(item.Parameters, op.Parameters) {
				p, form := ref.Value, ""
				if p.Schema.Value.Format != "" {
					form = " (" + p.Schema.Value.Format + ")"
				}
				say(id, "parameter", fmt.Sprintf("%s in %s, %s%s", p.Name, p.In,
					strings.Join(p.Schema.Value.Type.Slice(), " or "), form), lineOf(p.Origin, "name"))
			}
			for status, response := range op.Responses.Map() {
				say(id, "status", status, lineOf(response.Origin, ""))
				for media, content := range response.Value.Content {
					body := media + " of no schema"
					if content.Schema != nil {
						body = media + " of the schema " + path.Base(content.Schema.Ref)
					}
					if status >= "400" {
						say(id, "error", body, lineOf(content.Origin, ""))
					}
				}
			}
		}
	}
	slices.SortStableFunc(said, func(a, b fact) int { return cmp.Compare(a.line, b.line) })
	return said
}

func lineOf(origin *openapi3.Origin, field string) int {
	if line := origin.Fields.Get(field).Line; line > 0 {
		return line
	}
	return origin.Key.Line
}

func operations(doc *openapi3.T) (list []*openapi3.Operation) {
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			list = append(list, op)
		}
	}
	return list
}

// deletion returns the operation that the vendor's page is about.
func deletion(doc *openapi3.T) *openapi3.Operation {
	all := operations(doc)
	return all[slices.IndexFunc(all, func(op *openapi3.Operation) bool { return op.OperationID == deleting })]
}

// misread tells an ID that the pattern of a parameter takes otherwise than the vendor, or "".
func misread(p *openapi3.Parameter) string {
	pattern := regexp.MustCompile(p.Schema.Value.Pattern)
	for _, language := range languages {
		for i, id := range append(slices.Clone(language.accepts), language.refuses...) {
			accepts := pattern.MatchString(id)
			if language.name == p.Name && accepts != (i < len(language.accepts)) {
				return fmt.Sprintf("%s %s %q", p.Name, verb[accepts], id)
			}
		}
	}
	return ""
}

// clientsWords are those that the client has for what an ID must be.
func clientsWords(parameter string) string {
	for _, err := range []error{
		client.ProjectID("").Validate(), client.InstanceID("").Validate(), client.TaskID("").Validate(),
	} {
		if _, words, found := strings.Cut(err.Error(), parameter+` "" is not allowed: expected `); found {
			return words
		}
	}
	return ""
}

// TestOthersSayWhatTheContractSays: the client knows the servers by region, and the rules name the vendor's page.
func TestOthersSayWhatTheContractSays(t *testing.T) {
	t.Parallel()
	for _, f := range vendor {
		if f.kind == "server" {
			endpoint, err := client.Endpoint(strings.Split(f.value, ".")[1])
			require.NoError(t, err)
			assert.Equal(t, f.value, endpoint)
		}
	}
	doc, err := openapi3.NewLoader().LoadFromData(dmstask.Contract())
	require.NoError(t, err)
	assert.Equal(t, doc.ExternalDocs.URL, conformance.Page.URL)
}
