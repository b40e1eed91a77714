package conformance

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// response returns what the contract has for a status, or nil. A default stands for the errors that are not listed.
// OpenAPI 3.0.3 section 4.7.16.1 has it stand for any status; in practice nobody means by it that a deletion may
// succeed in other ways than those listed, or be redirected.
func (c *Contract) response(status int) *openapi3.Response {
	responses := c.route.Operation.Responses
	ref := responses.Status(status)
	if ref == nil && status >= http.StatusBadRequest {
		ref = responses.Default()
	}
	if ref == nil {
		return nil
	}
	return ref.Value
}

// documents reports whether the operation has this status among its responses.
func (c *Contract) documents(status int) bool { return c.response(status) != nil }

// statuses returns the documented statuses of a class, 4 for 4xx.
func (c *Contract) statuses(class int) (list []int) {
	for status := class * 100; status < class*100+100; status++ {
		if c.documents(status) {
			list = append(list, status)
		}
	}
	return list
}

// expected lists the documented statuses of a class for people to read.
func (c *Contract) expected(class int) string {
	statuses := c.statuses(class)
	switch len(statuses) {
	case 1:
		return statusText(statuses[0])
	case 100: // a range, or a default
		return fmt.Sprintf("any %dxx", class)
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(statuses), " ", ", "), "[]")
}
