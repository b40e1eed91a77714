// Package lint checks whether a contract is sound: whether code can be generated from it, and whether requests that
// conform to it do what it documents and nothing else. It needs no generated code and writes nothing. It is the gate
// before go generate and before the tests of the contract.
package lint

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/dmstask/dmstask/internal/codes"
)

// atMost is how many findings are printed.
const atMost = 10

// OrExit prints the findings and ends the program, unless the contract is sound.
func OrExit(contract []byte) {
	if lines := Check(contract); len(lines) > 0 {
		fmt.Fprintln(os.Stderr, strings.Join(lines, "\n"))
		os.Exit(1)
	}
}

// Check returns what is wrong with a contract. Each finding is one line: where; what; why it matters; what to do.
func Check(contract []byte) []string {
	loader := openapi3.NewLoader()
	loader.IncludeOrigin = true
	doc, err := loader.LoadFromData(contract)
	f := findings{}
	if err != nil {
		f.unreadable(string(contract), err)
		return f.lines()
	}
	complete := f.demands(doc)
	if len(f) == 0 { // else most findings of the library are the same again
		f.library(doc)
		f.unused(doc, string(contract))
	}
	f.demand(complete || len(f) > 0, 1, "a key has no value; the contract is unusable; look for keys with nothing below")
	return f.lines()
}

// findings are the lines of the contract by what is wrong there.
type findings map[string][]int

// demand notes what is wrong with a line unless the demand is met.
func (f findings) demand(met bool, line int, format string, args ...any) {
	if !met {
		text := fmt.Sprintf(format, args...)
		f[text] = slices.Compact(slices.Sorted(slices.Values(append(f[text], line))))
	}
}

// lines returns the findings in the order of the contract, each once, with the number of places.
func (f findings) lines() (lines []string) {
	compare := func(a, b string) int { return cmp.Or(slices.Compare(f[a], f[b]), cmp.Compare(a, b)) }
	for _, text := range slices.SortedFunc(maps.Keys(f), compare) {
		lines = append(lines, fmt.Sprintf("openapi.yaml:%d: %s", f[text][0], text))
		if n := len(f[text]) - 1; n > 0 {
			lines[len(lines)-1] += fmt.Sprintf(" (and in %d more places)", n)
		}
	}
	if n := len(lines) - atMost; n > 0 {
		lines = append(lines[:atMost], fmt.Sprintf("and %d more", n))
	}
	return lines
}

// lineOf returns the line of an element, or that of the last of these fields that it has.
func lineOf(origin *openapi3.Origin, fields ...string) int {
	if origin == nil || origin.Key == nil {
		return 1
	}
	line := origin.Key.Line
	for _, field := range origin.Fields {
		if slices.Contains(fields, field.Name) {
			line = field.Line
		}
	}
	return line
}

// unreadable notes where a contract cannot be read: invalid YAML, a value of another type, or a $ref to nothing.
func (f findings) unreadable(contract string, err error) {
	line, text := 1, firstLine(err)
	if _, rest, found := strings.Cut(text, ": line "); found {
		_, _ = fmt.Sscan(rest, &line)
		_, text, _ = strings.Cut(rest, ": ")
	} else if _, ref, found := strings.Cut(text, `"#`); found {
		ref, _, _ = strings.Cut(ref, `"`)
		before, _, _ := strings.Cut(contract, ref)
		line, text = 1+strings.Count(before, "\n"), "#"+ref+" does not exist"
	}
	for indent := 0; line == 1 && indent < 20; indent++ { // the library does not say where a key has no value
		empty := regexp.MustCompile(fmt.Sprintf(`(?m)^ {%d}[^ #].*:\n {0,%d}[^ #\n-]`, indent, indent))
		if at := empty.FindStringIndex(contract); at != nil {
			line, text = 1+strings.Count(contract[:at[0]], "\n"), "there is nothing below this key"
		}
	}
	f.demand(false, line, "%s; the contract cannot be read; correct this line, or the one above", text)
}

// library notes what kin-openapi finds wrong with a contract, examples and patterns included.
func (f findings) library(doc *openapi3.T) {
	err := doc.Validate(context.Background(), openapi3.ProhibitExtensionsWithRef(), openapi3.EnableMultiError())
	var all openapi3.MultiError
	if err != nil && !errors.As(err, &all) {
		all = openapi3.MultiError{err}
	}
	for _, err := range all {
		var section *openapi3.SectionValidationError
		var origin *openapi3.Origin
		for e, parent := err, err; e != nil; parent, e = e, errors.Unwrap(e) { // the innermost that knows its place
			if v := reflect.Indirect(reflect.ValueOf(e)); v.Kind() == reflect.Struct && v.FieldByName("Origin").IsValid() {
				if at, ok := v.FieldByName("Origin").Interface().(*openapi3.Origin); ok && at != nil {
					origin, err = at, e
					if errors.As(parent, &section) { // without it nobody knows what is meant
						err = section
					}
				}
			}
		}
		words := strings.FieldsFunc(firstLine(err), func(r rune) bool { return !unicode.IsLetter(r) })
		f.demand(false, lineOf(origin, words...), "%s; OpenAPI does not allow this, and tools interpret it differently; "+
			"correct it", firstLine(err))
	}
}

// unused notes which responses no status uses.
func (f findings) unused(doc *openapi3.T, contract string) {
	if doc.Components == nil {
		return
	}
	for name, response := range doc.Components.Responses {
		f.demand(strings.Contains(contract, "#/components/responses/"+name), lineOf(response.Origin),
			"no status uses the response %s; an unlisted status is a violation; list it, or remove the response too", name)
	}
}

func firstLine(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	return text
}

// demands checks what linters miss. It reports false if a key has no value, which the library reports.
func (f findings) demands(doc *openapi3.T) (complete bool) {
	defer func() { complete = recover() == nil }()
	f.document(doc)
	f.operations(doc)
	return f.properties(doc) == nil
}

// twice matches the end of a server that every path begins with: a slash, a version.
var twice = regexp.MustCompile(`(/|/v[0-9.]+)$`)

// document checks what holds for all operations.
func (f findings) document(doc *openapi3.T) {
	v := doc.OpenAPIMajorMinor()
	f.demand(v == "3.0" || v == "3.1", lineOf(doc.Origin, "openapi"),
		"OpenAPI %q is not supported; the generator reads 3.0 and 3.1; write 3.0.3 or 3.1.0", doc.OpenAPI)
	f.demand(len(doc.Servers) > 0, lineOf(doc.Origin),
		"there are no servers; readers cannot find the API; list the vendor's endpoints")
	for _, s := range doc.Servers {
		line := lineOf(s.Origin, "url")
		f.demand(strings.HasPrefix(s.URL, "https://"), line,
			"the server %s is not https; tokens would be sent in the clear; write https://", s.URL)
		f.demand(!twice.MatchString(s.URL), line,
			"the server %s ends in a slash or a version; paths begin with both, so URLs would have it twice; remove it", s.URL)
	}
	f.security(lineOf(doc.Origin, "security"), doc.Security)
}

// security checks that each scheme suffices by itself.
func (f findings) security(line int, alternatives openapi3.SecurityRequirements) {
	f.demand(len(alternatives) > 0, line, "there is no security; the API requires credentials; list the schemes")
	for _, alternative := range alternatives {
		f.demand(len(alternative) == 1, line,
			"an alternative of security has %d schemes; the API requires one; make each an item of its own", len(alternative))
	}
}

func (f findings) operations(doc *openapi3.T) {
	ids := map[string]int{} // line by operationId
	for path, item := range doc.Paths.Map() {
		f.demand(!strings.HasSuffix(path, "/") && !strings.Contains(path, "//"), lineOf(item.Origin),
			"the path %s has an empty segment; servers can take it for the path of the instance; remove the slash", path)
		for method, o := range item.Operations() {
			line, deletes := lineOf(o.Origin, "operationId"), method == http.MethodDelete
			f.demand(ids[o.OperationID] == 0 && o.OperationID != "", max(line, ids[o.OperationID]),
				"the operationId %q is missing or used twice; methods are named after it; write the vendor's name", o.OperationID)
			ids[o.OperationID] = line
			if o.Security != nil {
				f.security(lineOf(o.Origin, "security"), *o.Security)
			}
			f.demand(!deletes || o.RequestBody == nil, lineOf(o.Origin, "requestBody"),
				"DELETE has a body; servers may reject it (RFC 9110 section 9.3.5); remove it, or make client and check send it")
			for _, ref := range slices.Concat(item.Parameters, o.Parameters) {
				p := ref.Value
				f.alone(ref.Ref, ref.Origin)
				f.described("parameter "+p.Name, &p.Description, p.Origin)
				f.demand(!deletes || p.In == "path", lineOf(p.Origin, "in"),
					"%s is in %s; the vendor documents none there; remove it, or make client and check send it", p.Name, p.In)
				if p.In == "path" {
					f.pattern(p)
				}
			}
			f.responses(method, o)
		}
	}
}

// pattern checks that a path parameter allows no ID with which the request is for something else.
func (f findings) pattern(p *openapi3.Parameter) {
	const why = "with an ID such as .. the request can delete the instance"
	schema := openapi3.NewSchema()
	if p.Schema != nil {
		f.alone(p.Schema.Ref, p.Schema.Origin)
		schema = p.Schema.Value
	}
	line := max(lineOf(schema.Origin, "pattern"), lineOf(p.Origin, "pattern"))
	_, err := regexp.Compile(schema.Pattern)
	f.demand(err == nil, line, "the pattern of %s is invalid: %v; it refuses nothing; correct it", p.Name, err)
	anchored := strings.HasPrefix(schema.Pattern, "^") && strings.HasSuffix(schema.Pattern, "$")
	f.demand(anchored, line, "the schema of %s has no pattern between ^ and $; %s; add one", p.Name, why)
	example, _ := p.Example.(string)
	id, unsafe := Unsafe(example, func(id string) bool { return schema.VisitJSON(id) == nil })
	f.demand(!anchored || !unsafe, line, "the pattern of %s allows %q; %s; allow fewer characters", p.Name, id, why)
}

// Unsafe returns an ID that leaves its segment of the path, if one is allowed. The example is one that is allowed.
func Unsafe(example string, allowed func(id string) bool) (id string, found bool) {
	for _, id := range []string{
		"", ".", "..", "/", `\`, "\n", "../x", "x/..", example + "/..", "../" + example, example + `\`, example + "\n",
	} {
		if allowed(id) {
			return id, true
		}
	}
	return "", false
}

func (f findings) responses(method string, o *openapi3.Operation) {
	for key, ref := range o.Responses.Map() {
		r := ref.Value
		status, _ := strconv.Atoi(key)
		f.alone(ref.Ref, ref.Origin)
		f.described("response "+key, r.Description, r.Origin)
		f.demand(status >= 100 && status < 600, lineOf(ref.Origin),
			"the response %q is for many statuses; undocumented ones would pass; list each by its number", key)
		empty := status == http.StatusNoContent || method == http.MethodDelete && status/100 == 2
		f.demand(!empty || r.Content == nil, lineOf(r.Origin, "content"),
			"%d has content; a deletion is answered without content (RFC 9110 section 15.3.5); remove it", status)
		found, home := 0, place(`^%d\t|: \{%[1]d\b`, status)
		for _, media := range r.Content {
			if media.Schema != nil {
				f.alone(media.Schema.Ref, media.Schema.Origin)
			}
			for _, code := range codesIn(media) {
				found++
				its, belongs := codes.Statuses(code), "which is not known"
				if len(its) > 0 {
					belongs = fmt.Sprint("which belongs to ", its)
				}
				f.demand(status < 400 || slices.Contains(its, status), lineOf(ref.Origin), "%d has the example %s (line %d), "+
					"%s; people copy examples; use a code from %s, or if the vendor has changed this one, edit %s",
					status, code, lineOf(media.Origin, "example", "examples"), belongs, home, place(`\t%s$|"%[1]s": \{\d`, code))
			}
		}
		f.demand(status < 400 || found > 0, lineOf(ref.Origin),
			"%d has no example with an error_code; programs decide by the code; use one from %s", status, home)
	}
}

// codesIn returns the error codes of the examples of a body.
func codesIn(media *openapi3.MediaType) (list []string) {
	all := append(make([]any, 0, 1+len(media.Examples)), media.Example)
	for _, ref := range media.Examples {
		all = append(all, ref.Value.Value)
	}
	for _, example := range all {
		fields, _ := example.(map[string]any)
		if code, ok := fields["error_code"].(string); ok {
			list = append(list, code)
		}
	}
	return list
}

// place returns where package codes has a pattern, as a place to edit.
func place(pattern string, args ...any) string {
	for _, name := range []string{"error-codes.tsv", "codes.go"} {
		file := "internal/codes/" + name
		content, err := os.ReadFile(file) //nolint:gosec // G304: one of two
		if err != nil {                   // a test runs one directory down
			content, _ = os.ReadFile("../" + file) //nolint:gosec // G304: one of two
		}
		if at := regexp.MustCompile("(?m)" + fmt.Sprintf(pattern, args...)).FindIndex(content); at != nil {
			return fmt.Sprintf("%s:%d", file, 1+bytes.Count(content[:at[0]], []byte("\n")))
		}
	}
	return "internal/codes"
}

// properties checks the properties of all schemas.
func (f findings) properties(doc *openapi3.T) error {
	return doc.WalkSchemas(func(_ string, schema *openapi3.SchemaRef) error {
		for name, ref := range schema.Value.Properties {
			f.alone(ref.Ref, ref.Origin)
			f.described("property "+name, &ref.Value.Description, ref.Value.Origin)
			f.demand(name != "error_code" || ref.Value.Enum == nil, lineOf(ref.Value.Origin, "enum"),
				"error_code has an enum; a code that the vendor adds breaks clients; remove it: internal/codes lists the codes")
		}
		return nil
	})
}

// described demands that people can read what an element is for.
func (f findings) described(element string, text *string, origin *openapi3.Origin) {
	f.demand(text != nil && strings.TrimSpace(*text) != "", lineOf(origin, "description"),
		"the %s has no description; readers cannot know what it is; add one, and name the vendor's page", element)
}

// alone demands that nothing is beside a $ref.
func (f findings) alone(ref string, origin *openapi3.Origin) {
	for i := 0; ref != "" && i < len(origin.Fields); i++ {
		name := origin.Fields[i].Name
		f.demand(name == "$ref", origin.Fields[i].Line, "%s is beside a $ref; most tools ignore it; move it to %s", name, ref)
	}
}
