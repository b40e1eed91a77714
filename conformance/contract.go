package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/dmstask/dmstask"
)

// A Contract is an OpenAPI document with one operation, the one that a server is held against.
type Contract struct {
	doc     *openapi3.T
	route   routers.Route
	formats openapi3.SchemaValidationOption
}

// The path parameters by the names that the contract has for them.
const (
	projectID  = "project_id"
	instanceID = "instance_id"
	taskID     = "task_id"
)

// uuidFormat is what format: uuid stands for. kin-openapi checks no format that is not defined; the versions of
// RFC 9562 section 4.2 are not looked at, since the vendor says no more than "a uuid".
const uuidFormat = `^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`

// DefaultContract returns the contract that this module is made for, its openapi.yaml.
func DefaultContract() (*Contract, error) { return LoadContract(dmstask.Contract()) }

// LoadContract reads an OpenAPI 3.0 document. It is refused unless it is valid, examples and all, and has exactly one
// operation, with the path parameters project_id, instance_id and task_id.
func LoadContract(data []byte) (*Contract, error) {
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	if err := doc.Validate(context.Background(), openapi3.EnableExamplesValidation()); err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	c := &Contract{doc: doc}
	c.formats = openapi3.WithStringFormatValidators(map[string]openapi3.StringFormatValidator{
		"uuid": openapi3.NewRegexpFormatValidator(uuidFormat),
	})
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			if c.route.Operation != nil {
				return nil, errors.New("contract: it has more than one operation")
			}
			c.route = routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: operation}
		}
	}
	if c.route.Operation == nil {
		return nil, errors.New("contract: it has no operation")
	}
	for _, name := range []string{projectID, instanceID, taskID} {
		if c.parameter(name) == nil || !strings.Contains(c.route.Path, "{"+name+"}") {
			return nil, fmt.Errorf("contract: its operation has no path parameter %s", name)
		}
	}
	return c, nil
}

// Version returns the version of the contract, info.version of the document.
func (c *Contract) Version() string { return c.doc.Info.Version }

// parameter returns a path parameter of the operation, or nil.
func (c *Contract) parameter(name string) *openapi3.Parameter {
	if p := c.route.Operation.Parameters.GetByInAndName(openapi3.ParameterInPath, name); p != nil {
		return p
	}
	return c.route.PathItem.Parameters.GetByInAndName(openapi3.ParameterInPath, name)
}

// checkID returns an error unless value is what the contract allows for a path parameter.
func (c *Contract) checkID(name, value string) error {
	err := openapi3filter.ValidateParameter(context.Background(), &openapi3filter.RequestValidationInput{
		Request:    &http.Request{Method: c.route.Method, URL: &url.URL{}},
		PathParams: map[string]string{name: value},
		Route:      &c.route,
		Options:    c.options(),
	}, c.parameter(name))
	if err != nil {
		return fmt.Errorf("%s %q is not what the contract allows (pattern %s)",
			name, value, c.parameter(name).Schema.Value.Pattern)
	}
	return nil
}

// path returns the path of the operation for these IDs, percent-encoded.
func (c *Contract) path(ids map[string]string) string {
	path := c.route.Path
	for name, value := range ids {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
	}
	return path
}

// documents reports whether the operation has this status among its responses.
func (c *Contract) documents(status int) bool {
	return c.route.Operation.Responses.Status(status) != nil
}

// statuses lists the documented statuses of a class, 4 for 4xx, for people to read.
func (c *Contract) statuses(class int) string {
	var list []string
	for status := class * 100; status < class*100+100; status++ {
		if c.documents(status) {
			list = append(list, strconv.Itoa(status))
		}
	}
	return strings.Join(list, ", ")
}

// ValidateResponse holds a response against the contract, strictly: an undocumented status, a redirect, and content
// where the contract has none are errors too, all of which kin-openapi lets pass by default or for good.
func (c *Contract) ValidateResponse(status int, header http.Header, body []byte) error {
	if !c.documents(status) {
		return fmt.Errorf("status %d is not documented", status)
	}
	response := c.route.Operation.Responses.Status(status).Value
	if len(response.Content) == 0 {
		if len(body) > 0 {
			return fmt.Errorf("there are %d bytes of content, and a %d has none", len(body), status)
		}
		return nil
	}
	if err := soleJSON(header, body); err != nil {
		return err
	}
	return c.validateContent(status, header, body)
}

// validateContent asks kin-openapi.
func (c *Contract) validateContent(status int, header http.Header, body []byte) error {
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: &http.Request{Method: c.route.Method, URL: &url.URL{}},
			Route:   &c.route,
		},
		Status:  status,
		Header:  header,
		Options: c.options(),
	}
	input.SetBodyBytes(body)
	err := openapi3filter.ValidateResponse(context.Background(), input)
	if invalid := (*openapi3filter.ResponseError)(nil); errors.As(err, &invalid) {
		reason := invalid.Reason
		if schema := (*openapi3.SchemaError)(nil); errors.As(invalid.Err, &schema) {
			reason += fmt.Sprintf(": at /%s: %s", strings.Join(schema.JSONPointer(), "/"), schema.Reason)
		} else if invalid.Err != nil {
			reason += ": " + invalid.Err.Error()
		}
		return errors.New(reason)
	}
	return err
}

// validateError holds the answer to a request that the contract does not know, or one of an undocumented status,
// against the error content of the contract, which all its error responses share.
func (c *Contract) validateError(status int, header http.Header, body []byte) error {
	if !c.documents(status) {
		status = http.StatusBadRequest
	}
	return c.ValidateResponse(status, header, body)
}

func (c *Contract) options() *openapi3filter.Options {
	return &openapi3filter.Options{
		IncludeResponseStatus:   true,
		SchemaValidationOptions: []openapi3.SchemaValidationOption{c.formats},
	}
}
