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
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"golang.org/x/net/http/httpguts"

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

// pathIDs are these, in the order of the path.
var pathIDs = []string{projectID, instanceID, taskID}

// uuidFormat is what format: uuid stands for. kin-openapi checks no format that is not defined; the versions of
// RFC 9562 section 4.2 are not looked at, since the vendor says no more than "a uuid".
const uuidFormat = `^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`

// DefaultContract returns the contract that this module is made for, its openapi.yaml.
func DefaultContract() (*Contract, error) { return LoadContract(dmstask.Contract()) }

// LoadContract reads an OpenAPI document, 3.0 or 3.1. It is refused unless it is valid, examples and all, and the check
// can follow it:
//   - it has exactly one operation, with the path parameters project_id, instance_id and task_id, each of which has a
//     schema and is a segment of the path by itself; the other segments need no encoding;
//   - it requires no other parameter and no request body;
//   - it has a 2xx for what is deleted, and a 4xx or a default for what is refused;
//   - the keys of its contents are media types;
//   - a token can be sent in the header field that its first API key names.
func LoadContract(data []byte) (*Contract, error) {
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
	for _, name := range pathIDs {
		p := c.parameter(name)
		if p != nil && (p.Schema == nil || p.Schema.Value == nil) {
			return nil, fmt.Errorf("contract: its path parameter %s has no schema", name)
		}
		if p == nil {
			return nil, fmt.Errorf("contract: its operation has no path parameter %s", name)
		}
	}
	if err := checkTemplate(c.route.Path); err != nil {
		return nil, err
	}
	if err := c.checkMediaTypes(); err != nil {
		return nil, err
	}
	if len(c.statuses(2)) == 0 || len(c.statuses(4)) == 0 {
		return nil, errors.New("contract: its operation needs a 2xx for what is deleted and a 4xx for what is refused")
	}
	field := c.tokenField()
	if !httpguts.ValidHeaderFieldName(field) || slices.Contains(ownFields, http.CanonicalHeaderKey(field)) {
		return nil, fmt.Errorf("contract: no token can be sent in a header field %q", field)
	}
	if what := c.unsent(); what != "" {
		return nil, fmt.Errorf("contract: its operation requires a %s, for which the check has no value", what)
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

// path returns the path of the operation for these IDs, percent-encoded.
func (c *Contract) path(ids map[string]string) string {
	path := c.route.Path
	for name, value := range ids {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
	}
	return path
}

// Operation returns the method and the path of the operation, such as "DELETE /v2/{project_id}/…".
func (c *Contract) Operation() string { return c.route.Method + " " + c.route.Path }

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

// ownFields are header fields that a request has for other reasons than to carry a token.
var ownFields = []string{
	"Accept", "Accept-Encoding", "Connection", "Content-Length", "Host", "Transfer-Encoding", "User-Agent",
}

// unsent returns what a request needs by the contract and the check has nothing to put in, or "".
func (c *Contract) unsent() string {
	for _, list := range []openapi3.Parameters{c.route.PathItem.Parameters, c.route.Operation.Parameters} {
		for _, p := range list {
			if p.Value.Required && (p.Value.In != openapi3.ParameterInPath || !slices.Contains(pathIDs, p.Value.Name)) {
				return p.Value.In + " parameter " + p.Value.Name
			}
		}
	}
	if body := c.route.Operation.RequestBody; body != nil && body.Value.Required {
		return "request body"
	}
	return ""
}

// ValidateResponse holds a response against the contract, strictly: an undocumented status, a redirect, and content
// where the contract has none are errors too, all of which kin-openapi lets pass by default or for good.
func (c *Contract) ValidateResponse(status int, header http.Header, body []byte) error {
	response := c.response(status)
	if response == nil {
		return &flaw{StatusLine(), fmt.Errorf("status %d is not documented", status)}
	}
	if len(response.Content) == 0 {
		if len(body) > 0 {
			return &flaw{Content(), fmt.Errorf("there are %d bytes of content, and a %d has none", len(body), status)}
		}
		return nil
	}
	media, err := declared(response.Content, header)
	if err != nil {
		return err
	}
	if err := soleJSON(header, body); err != nil {
		return err
	}
	return c.validateContent(response.Headers, media, header, body)
}

// validateContent asks kin-openapi, which decodes no media type that it does not know and compares them in its own way:
// it gets the content as what it is, JSON.
func (c *Contract) validateContent(
	fields openapi3.Headers, media *openapi3.MediaType, header http.Header, body []byte,
) error {
	route, sent := c.route, header.Clone()
	route.Operation = openapi3.NewOperation()
	route.Operation.AddResponse(http.StatusOK, &openapi3.Response{
		Headers: fields, Content: openapi3.Content{aJSON: media},
	})
	sent.Set("Content-Type", aJSON)
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: &http.Request{Method: http.MethodDelete, URL: &url.URL{}}, // it looks at nothing for a HEAD
			Route:   &route,
		},
		Status:  http.StatusOK, // nor for some of the redirects
		Header:  sent,
		Options: c.options(),
	}
	input.SetBodyBytes(body)
	err := openapi3filter.ValidateResponse(context.Background(), input)
	if invalid := (*openapi3filter.ResponseError)(nil); errors.As(err, &invalid) {
		reason := invalid.Reason
		if schema := (*openapi3.SchemaError)(nil); errors.As(invalid.Err, &schema) {
			reason += ": " + said(schema)
		} else if invalid.Err != nil {
			reason += ": " + invalid.Err.Error()
		}
		return errors.New(reason)
	}
	return err
}

// said says where what is wrong. Schemas of OpenAPI 3.1 are checked by a library that says it in its own way, on
// several lines, in no particular order.
func said(e *openapi3.SchemaError) string {
	if _, list, ok := strings.Cut(e.Reason, "\n- "); ok && strings.HasPrefix(e.Reason, "jsonschema validation failed") {
		items := nextItem.Split(list, -1)
		slices.Sort(items)
		return strings.Join(items, "; ")
	}
	return fmt.Sprintf("at /%s: %s", strings.Join(e.JSONPointer(), "/"), e.Reason)
}

var nextItem = regexp.MustCompile(`\n *- `)

// validateError holds the answer to a request that the contract does not know, or one of an undocumented status,
// against the error content of the contract: that of its first 4xx, where it has no default.
func (c *Contract) validateError(status int, header http.Header, body []byte) error {
	if !c.documents(status) {
		status = c.statuses(4)[0]
	}
	return c.ValidateResponse(status, header, body)
}

// A flaw is what is wrong with a response, and where.
type flaw struct {
	where Part
	error
}

func (f *flaw) Unwrap() error { return f.error }

func (c *Contract) options() *openapi3filter.Options {
	return &openapi3filter.Options{
		IncludeResponseStatus:   true,
		SchemaValidationOptions: []openapi3.SchemaValidationOption{c.formats},
	}
}
