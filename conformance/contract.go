package conformance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"golang.org/x/net/http/httpguts"

	"github.com/dmstask/dmstask"
	"github.com/dmstask/dmstask/internal/lint"
)

// A Contract is an operation of an OpenAPI document, which a server is checked against.
type Contract struct {
	doc        *openapi3.T
	path       string
	method     string
	operation  *openapi3.Operation
	parameters []Parameter
	options    []openapi3.SchemaValidationOption
}

// A Parameter is a path parameter of the operation.
type Parameter struct {
	Name    string
	Format  string // of its schema, such as "uuid", or ""
	Last    bool   // it is the last one of the path
	example string
	schema  *openapi3.Schema
}

// uuidFormat is what format: uuid stands for. kin-openapi checks no format that is not defined; the versions of
// RFC 9562 section 4.2 are not looked at, since the vendor says no more than "a uuid".
const uuidFormat = `^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`

// DefaultContract returns the contract that this module is made for, its openapi.yaml.
func DefaultContract() (*Contract, error) {
	return LoadContract(dmstask.Contract(), DeleteBackgroundTask.ID)
}

// LoadContract reads an OpenAPI document, 3.0 or 3.1, for the operation with this operationId. If there is only one
// operation, it is taken whatever its ID. The document is refused unless it is valid, including its examples, and the
// check can follow it:
//   - the path has a parameter; each one has a schema and is a segment by itself; the other segments need no encoding;
//   - no pattern of these parameters allows what would leave its segment, such as "..";
//   - the path ends in /tasks/{task_id}, unless the operation is a GET or HEAD: it must not delete anything else;
//   - the operation requires no other parameter and no request body;
//   - it has a 2xx, and a 4xx or a default;
//   - a token can be sent in the header field that its first API key names.
func LoadContract(data []byte, operation string) (*Contract, error) {
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	if version := doc.OpenAPIMajorMinor(); version != "3.0" && version != "3.1" {
		return nil, fmt.Errorf("contract: its field openapi is %q; the check reads 3.0.0 to 3.0.4 and 3.1.0 to 3.1.2",
			doc.OpenAPI)
	}
	if err := doc.Validate(context.Background(), openapi3.EnableExamplesValidation()); err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	count := 0
	c := &Contract{doc: doc, options: []openapi3.SchemaValidationOption{
		openapi3.MultiErrors(),
		openapi3.WithStringFormatValidator("uuid", openapi3.NewRegexpFormatValidator(uuidFormat)),
	}}
	if doc.IsOpenAPI31OrLater() {
		c.options = append(c.options, openapi3.EnableJSONSchema2020())
	}
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			if o.OperationID == operation || c.operation == nil {
				c.path, c.method, c.operation = path, method, o
			}
			count++
		}
	}
	if count == 0 || count > 1 && c.operation.OperationID != operation {
		return nil, fmt.Errorf("contract: it has no operation with the operationId %q", operation)
	}
	if err := c.check(doc.Paths.Value(c.path).Parameters); err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	return c, nil
}

// taskPath is how a path ends on which the check uses methods that can change something.
const taskPath = "/tasks/{task_id}"

// literal is what a segment of a path may consist of, apart from IDs: characters that no URL has to encode (RFC 3986
// section 3.3), without the semicolon, at which some servers cut segments off.
var literal = regexp.MustCompile(`^[A-Za-z0-9._~!$&'()*+,=:@-]+$`)

// check returns an error unless the check can follow the contract, and finds the parameters.
func (c *Contract) check(common openapi3.Parameters) error {
	all := slices.Concat(c.operation.Parameters, common)
	for segment := range strings.SplitSeq(c.path[1:], "/") {
		name := strings.TrimSuffix(strings.TrimPrefix(segment, "{"), "}")
		switch p := all.GetByInAndName(openapi3.ParameterInPath, name); {
		case segment == "{"+name+"}" && (p == nil || p.Schema == nil || p.Schema.Value == nil):
			return fmt.Errorf("its path parameter %s has no schema", name)
		case segment == "{"+name+"}" && c.parameter(name) != nil:
			return fmt.Errorf("its path has the parameter %s more than once", name)
		case segment == "{"+name+"}":
			example, _ := p.Example.(string)
			id, unsafe := lint.Unsafe(example, func(id string) bool { return p.Schema.Value.VisitJSON(id, c.options...) == nil })
			if p.Schema.Value.Pattern != "" && unsafe {
				return fmt.Errorf("the pattern of %s allows %q, which leaves its segment of the path", name, id)
			}
			c.parameters = append(c.parameters, Parameter{name, p.Schema.Value.Format, false, example, p.Schema.Value})
		case segment == ".", segment == "..", !literal.MatchString(segment):
			return fmt.Errorf("its path has the segment %q; a segment must be one parameter, or consist of letters, digits and "+
				"any of -_.~!$&'()*+,=:@, and must not be a dot segment", segment)
		}
	}
	if len(c.parameters) == 0 {
		return fmt.Errorf("its path %q has no parameter", c.path)
	}
	c.last().Last = true
	if !c.allows(c.method) {
		return fmt.Errorf("its path %q does not end in %s; %s on it could delete something other than a task",
			c.path, taskPath, c.method)
	}
	for _, p := range all {
		if p.Value.Required && p.Value.In != openapi3.ParameterInPath {
			return fmt.Errorf("its operation requires a %s parameter %s, which the check cannot supply",
				p.Value.In, p.Value.Name)
		}
	}
	body, field := c.operation.RequestBody, c.tokenField()
	switch {
	case body != nil && body.Value.Required:
		return errors.New("its operation requires a request body, which the check cannot supply")
	case len(c.Statuses(2)) == 0 || len(c.Statuses(4)) == 0:
		return errors.New("its operation needs a 2xx, and a 4xx or a default")
	case !httpguts.ValidHeaderFieldName(field) || field == "Host":
		return fmt.Errorf("no token can be sent in a header field %q", field)
	}
	return nil
}

// parameter returns a path parameter, or nil.
func (c *Contract) parameter(name string) *Parameter {
	for i := range c.parameters {
		if c.parameters[i].Name == name {
			return &c.parameters[i]
		}
	}
	return nil
}

// last returns the last path parameter.
func (c *Contract) last() *Parameter { return &c.parameters[len(c.parameters)-1] }

// Version returns the version of the contract, info.version of the document.
func (c *Contract) Version() string { return c.doc.Info.Version }

// Method returns the method of the operation.
func (c *Contract) Method() string { return c.method }

// String returns the method and the path of the operation, such as "DELETE /v2/{project_id}/…".
func (c *Contract) String() string { return c.method + " " + c.path }

// Parameters returns the path parameters of the operation, in the order of the path.
func (c *Contract) Parameters() []Parameter { return slices.Clone(c.parameters) }

// safe reports whether the operation only reads (RFC 9110 section 9.2.1).
func (c *Contract) safe() bool { return isSafe(c.Method()) }

// allows reports whether a method may be used on the path of the operation: it must not change anything but a task.
func (c *Contract) allows(method string) bool {
	return isSafe(method) || strings.HasSuffix(c.path, taskPath)
}

func isSafe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// pathOf returns the path of the operation for these IDs, percent-encoded.
func (c *Contract) pathOf(ids map[string]string) string {
	path := c.path
	for name, value := range ids {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
	}
	return path
}

// longestID is how long a value is that may be repeated. What is longer may be a token, given by mistake.
const longestID = 64

// CheckID returns an error unless value is what the contract allows for a path parameter. It says what is allowed in
// the words of the title of the parameter's schema, or else names the schema's keywords.
func (c *Contract) CheckID(name, value string) error {
	p := c.parameter(name)
	if p == nil {
		return fmt.Errorf("the contract has no path parameter %q", name)
	}
	if p.schema.VisitJSON(value, c.options...) == nil {
		return nil
	}
	allowed := p.schema.Title
	if allowed == "" {
		keywords, _ := p.schema.MarshalJSON() // what was read can be written
		allowed = string(keywords)
	}
	return fmt.Errorf("%s %s is not what the contract allows: %s", name, shownID(value), allowed)
}

// shownID returns a value as it may be shown: a long one is not repeated, in case it is a token.
func shownID(value string) string {
	if n := utf8.RuneCountInString(value); n > longestID {
		return fmt.Sprintf("(%d characters, not repeated here in case it is a token)", n)
	}
	return strconv.Quote(value)
}

// tokenField returns the header field that carries a token: that of the first scheme of the contract for an API key in
// a header field other than Authorization.
func (c *Contract) tokenField() string {
	if c.doc.Components != nil {
		schemes := c.doc.Components.SecuritySchemes
		for _, name := range slices.Sorted(maps.Keys(schemes)) {
			s := schemes[name].Value
			if s.Type == "apiKey" && s.In == openapi3.ParameterInHeader && !strings.EqualFold(s.Name, "Authorization") {
				return s.Name
			}
		}
	}
	return "X-Auth-Token"
}

// response returns what the contract has for a status, or nil. A default stands for the errors that are not listed.
// OpenAPI 3.0.3 section 4.7.16.1 has it stand for any status; but a contract rarely means by it that a deletion can
// succeed in other ways than those listed, or be redirected.
func (c *Contract) response(status int) *openapi3.Response {
	responses := c.operation.Responses
	ref := responses.Status(status)
	if ref == nil && status >= http.StatusBadRequest {
		ref = responses.Default()
	}
	if ref == nil {
		return nil
	}
	return ref.Value
}

// Documents reports whether the operation has this status among its responses.
func (c *Contract) Documents(status int) bool { return c.response(status) != nil }

// Statuses returns the documented statuses of a class, 4 for 4xx.
func (c *Contract) Statuses(class int) (list []int) {
	for status := class * 100; status < class*100+100; status++ {
		if c.Documents(status) {
			list = append(list, status)
		}
	}
	return list
}

var statusInText = regexp.MustCompile(`\{([1-5])([0-9]{2}|xx)\}`)

// Text returns a text with {404} replaced by that status if the contract documents it. Otherwise it stands for the only
// status of its class that is documented, or for "a documented 4xx". {4xx} lists the documented statuses of that class.
// So one text is true for every contract.
func (c *Contract) Text(text string) string {
	return statusInText.ReplaceAllStringFunc(text, func(match string) string {
		class := match[1:2] + "xx"
		status, err := strconv.Atoi(match[1:4])
		list := c.Statuses(int(match[1] - '0'))
		switch n := len(list); {
		case err == nil && c.Documents(status):
			return match[1:4]
		case n == 1:
			return strconv.Itoa(list[0])
		case n == 0 || err == nil:
			return "a documented " + class
		case n == 100: // a range, or a default
			return "any " + class
		default:
			words := strings.Trim(strings.ReplaceAll(fmt.Sprint(list[:n-1]), " ", ", "), "[]")
			return words + " or " + strconv.Itoa(list[n-1])
		}
	})
}

// statusText returns a status with its name, such as "404 Not Found".
func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}
