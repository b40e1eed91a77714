package contract_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime/debug"
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

// TestMain stops before the tests if the contract does not pass the gate. If all tests are to run, the contract must
// also say what the vendor's pages say: otherwise many tests would fail for that one reason.
func TestMain(m *testing.M) {
	lint.OrExit(dmstask.Contract())
	flag.Parse()
	if lines := differences(dmstask.Contract()); len(lines) > 0 && flag.Lookup("test.run").Value.String() == "" {
		fmt.Println(strings.Join(lines, "\n"))
		os.Exit(1)
	}
	debug.SetGCPercent(400) // the heap is small: fewer collections save a quarter of the time
	m.Run()
}

// TestEveryLineOfTheContractCounts removes each line of the contract that programs read, one at a time. Either the gate
// or the comparison with the vendor's pages must notice.
func TestEveryLineOfTheContractCounts(t *testing.T) {
	t.Parallel()
	lines := strings.Split(string(dmstask.Contract()), "\n")
	indices := demanding(lines)
	require.NotEmpty(t, indices)
	for _, i := range indices {
		broken := []byte(strings.Join(slices.Delete(slices.Clone(lines), i, i+1), "\n"))
		if len(lint.Check(broken)) == 0 && len(differences(broken)) == 0 {
			t.Errorf("no test notices line %d: %s", i+1, lines[i])
		}
	}
}

// explaining matches lines of the contract that only people read.
var explaining = regexp.MustCompile(
	`^ *(- )?(#.*|x-.*|description:.*|summary:.*|externalDocs:|url:.*|tags:.*|name: Background.*|` +
		`example: .*|error_msg: .*|request_id: .*)?$`)

// demanding returns the indices of the lines that programs read.
func demanding(lines []string) (indices []int) {
	prose := -1 // the indentation of the description that the line belongs to; negative outside of descriptions
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

// differences compares a contract that passes the gate with the vendor's pages. Each line says where the contract
// differs, how, why it matters, and what to do: correct the contract, or this package if the vendor changed something.
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
		if i := slices.IndexFunc(others, m.isLike); i >= 0 {
			say(others[i].line, "%s %s differs from the vendor's page %q; the service may not know it; write %s, or if the "+
				"page has changed, edit %s", m.kind, others[i].value, m.source, m.value, m.place())
			others = slices.Delete(others, i, i+1)
			continue
		}
		near := said[max(0, slices.IndexFunc(said, m.isLike))]
		say(near.line, "%s %s is missing; the vendor's page %q has it; restore it, or if it is gone there, remove %s",
			m.kind, m.value, m.source, m.place())
	}
	for _, o := range others {
		near := vendor[max(0, slices.IndexFunc(vendor, o.isLike))]
		say(o.line, "%s %s is not on the vendor's page; the service may not know it; remove it, or if the page has it now, "+
			"add it at %s", o.kind, o.value, near.place())
	}
	for _, op := range operations(doc) {
		for _, ref := range op.Parameters {
			p, schema := ref.Value, ref.Value.Schema.Value
			accepts := regexp.MustCompile(schema.Pattern).MatchString
			if id, verb := misjudged(samples[p.Name].good, samples[p.Name].bad, accepts); verb != "" {
				say(lineOf(schema.Origin, "pattern"), "%s %s %q; service and client accept other IDs; correct the pattern, or if "+
					"the vendor has changed them, edit %s", p.Name, verb, id, place(vendorTable, fmt.Sprintf("\t%q: {", p.Name)))
			}
			if words := expected(p.Name); words != "" && schema.Title != words {
				say(lineOf(schema.Origin, "title"), "the title of %s is %q and not %q; errors of the client use the latter; write "+
					"the same, here or at %s", p.Name, schema.Title, words, place("client/raw/ids.go", regexp.QuoteMeta(words)))
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
	accepts := func(body any) bool { return schema.VisitJSON(body, options...) == nil }
	if body, verb := misjudged(goodErrors, badErrors, accepts); verb != "" {
		text, _ := json.Marshal(body) // cannot fail for these bodies
		say(lineOf(schema.Origin, ""), "the schema Error %s %s; the vendor documents errors differently; correct it, or if "+
			"they have changed, edit %s", verb, text, place(vendorTable, "goodErrors = "))
	}
	return lines
}

// misjudged returns the first good value that is refused, or else the first bad one that is accepted. The verb is what
// happens to it, or "" if there is none.
func misjudged[T any](good, bad []T, accepts func(T) bool) (value T, verb string) {
	for i, value := range slices.Concat(good, bad) {
		if accepted := accepts(value); accepted != (i < len(good)) {
			return value, map[bool]string{true: "accepts", false: "refuses"}[accepted]
		}
	}
	return value, ""
}

const vendorTable = "contract_test/vendor_test.go"

// place returns where the table of the vendor's pages has a fact.
func (f fact) place() string {
	return place(vendorTable, fmt.Sprintf("%q, .*%s", f.kind, regexp.QuoteMeta(strconv.Quote(f.value))))
}

// place returns file and line of the first match of a pattern in a file of this repository.
func place(file, pattern string) string {
	content, err := os.ReadFile(filepath.Join(root, file)) //nolint:gosec // G304: a file of this repository
	at := regexp.MustCompile(pattern).FindIndex(content)
	if err != nil || at == nil {
		return file
	}
	return fmt.Sprintf("%s:%d", file, 1+bytes.Count(content[:at[0]], []byte("\n")))
}

// isLike reports whether two facts are of the same kind, about the same operation.
func (f fact) isLike(other fact) bool { return f.operation == other.operation && f.kind == other.kind }

// notAmong returns the facts that others do not have. It leaves out facts about operations that others do not know: it
// is enough to report the operation.
func notAmong(some, others []fact) (list []fact) {
	for _, f := range some {
		known := f.operation == "" ||
			slices.ContainsFunc(others, func(o fact) bool { return o.kind == "operation" && o.value == f.operation })
		if known && !slices.ContainsFunc(others, func(o fact) bool { return f.isLike(o) && f.value == o.value }) {
			list = append(list, f)
		}
	}
	return list
}

// factsOf returns the facts of a contract that the vendor's pages have too, in the order of its lines.
func factsOf(doc *openapi3.T) (said []fact) {
	say := func(operation, kind, value string, line int) {
		f := fact{operation, kind, value, "", line}
		if !slices.ContainsFunc(said, func(o fact) bool { return f.isLike(o) && o.value == value }) {
			said = append(said, f)
		}
	}
	for _, server := range doc.Servers {
		if len(server.Variables) == 0 {
			say("", "server", server.URL, lineOf(server.Origin, "url"))
		}
		for name, variable := range server.Variables {
			with := func(value string) string { return strings.ReplaceAll(server.URL, "{"+name+"}", value) }
			say("", "default server", with(variable.Default), lineOf(variable.Origin, "default"))
			for _, value := range variable.Enum {
				say("", "server", with(value), lineOf(server.Origin, "url"))
			}
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
			for _, alternative := range *cmp.Or(op.Security, &doc.Security) {
				for name := range alternative {
					scheme := doc.Components.SecuritySchemes[name].Value
					say(id, "credential", scheme.Name+" in "+scheme.In, lineOf(scheme.Origin, "name"))
				}
			}
			for _, ref := range slices.Concat(item.Parameters, op.Parameters) {
				p, types := ref.Value, strings.Join(ref.Value.Schema.Value.Type.Slice(), " or ")
				value := fmt.Sprintf("%s in %s, %s (%s)", p.Name, p.In, types, p.Schema.Value.Format)
				say(id, "parameter", strings.TrimSuffix(value, " ()"), lineOf(p.Origin, "name"))
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
	return cmp.Or(origin.Fields.Get(field).Line, origin.Key.Line)
}

func operations(doc *openapi3.T) (list []*openapi3.Operation) {
	for _, item := range doc.Paths.Map() {
		list = slices.AppendSeq(list, maps.Values(item.Operations()))
	}
	return list
}

// deletion returns the operation that this module is for.
func deletion(doc *openapi3.T) *openapi3.Operation {
	all := operations(doc)
	return all[slices.IndexFunc(all, func(op *openapi3.Operation) bool { return op.OperationID == deleting })]
}

// expected returns how errors of the client describe a valid ID, or "" for a parameter that the client does not know.
func expected(parameter string) string {
	errs := map[string]error{
		"project_id": client.ProjectID("").Validate(), "instance_id": client.InstanceID("").Validate(),
		"task_id": client.TaskID("").Validate(),
	}
	_, words, _ := strings.Cut(fmt.Sprint(errs[parameter]), "expected ")
	return words
}

// TestOthersSayWhatTheContractSays: the client has the same server for each region, and the rules name the same page.
func TestOthersSayWhatTheContractSays(t *testing.T) {
	t.Parallel()
	for _, f := range vendor {
		if f.kind == "server" {
			endpoint, err := client.Endpoint(strings.Split(f.value, ".")[1])
			require.NoError(t, err)
			assert.Equal(t, f.value, endpoint)
		}
	}
	assert.Equal(t, newValidator(t).doc.ExternalDocs.URL, conformance.Page.URL)
}

// TestEdits: the gate, or else the table of the vendor's pages, reports each bad edit of the contract, in one line that
// names the place. Neither reports a good edit. testdata/edits.txt explains its format.
func TestEdits(t *testing.T) {
	t.Parallel()
	ran := 0
	edits := strings.Split(readFile(t, "contract_test/testdata/edits.txt"), "\n= ")[1:]
	for _, block := range edits {
		head, lines, _ := strings.Cut(block, "\n")
		name, want, _ := strings.Cut(head, " | ")
		detector, message, _ := strings.Cut(strings.TrimPrefix(want, "good, "), " | ")
		edited, at, ok := applied(string(dmstask.Contract()), lines)
		if !ok { // this part of the contract has changed since the edit was written
			continue
		}
		ran++
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reported, by := lint.Check([]byte(edited)), "gate"
			if len(reported) == 0 {
				reported, by = differences([]byte(edited)), "table"
			}
			if detector == "diff" || detector == "good" {
				assert.Empty(t, reported)
				return
			}
			require.Len(t, reported, 1)
			t.Log(reported[0])
			assert.Equal(t, by, detector)
			assert.Contains(t, reported[0], message)
			before, _, found := strings.Cut("\n"+edited, "\n"+at+"\n")
			require.True(t, found, at)
			assert.Regexp(t, fmt.Sprintf(`^openapi\.yaml:%d: .*; .*; .*`, 1+strings.Count(before, "\n")), reported[0])
		})
	}
	assert.GreaterOrEqual(t, ran, len(edits)*9/10, "bring testdata/edits.txt up to date with the contract")
}

// applied applies an edit, and returns the line that the report must name. ok is false if the edit does not fit the
// contract.
func applied(contract, edit string) (edited, at string, ok bool) {
	for part := range strings.SplitSeq(edit, "\n...\n") {
		before, after := marked(part, " -"), marked(part, " +")
		added := len(after) > len(before) && strings.Contains(after, before)
		if added && strings.Contains(contract, after) || !strings.Contains(contract, before) {
			return "", "", false
		}
		contract = strings.Replace(contract, before, after, 1)
	}
	at, _, _ = strings.Cut(cmp.Or(marked(edit, "@"), marked(edit, "+")), "\n")
	return contract, at, true
}

// marked returns the lines that begin with one of these signs, without it.
func marked(edit, signs string) string {
	var text strings.Builder
	for line := range strings.Lines(edit) {
		if strings.ContainsAny(line[:1], signs) {
			text.WriteString(line[1:])
		}
	}
	return text.String()
}

// TestManyFindings: the gate prints ten findings at most.
func TestManyFindings(t *testing.T) {
	t.Parallel()
	lines := lint.Check([]byte(strings.ReplaceAll(string(dmstask.Contract()), "description:", "x-description:")))
	require.Len(t, lines, 11)
	assert.Regexp(t, `^and \d+ more$`, lines[10])
}
