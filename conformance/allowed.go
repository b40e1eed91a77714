package conformance

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// longestID is how long a value is that may be repeated. What is longer may be a token, given by mistake.
const longestID = 64

// checkID returns an error unless value is what the contract allows for a path parameter.
func (c *Contract) checkID(name, value string) error {
	p := c.parameter(name)
	err := openapi3filter.ValidateParameter(context.Background(), &openapi3filter.RequestValidationInput{
		Request:    &http.Request{Method: c.route.Method, URL: &url.URL{}},
		PathParams: map[string]string{name: value},
		Route:      &c.route,
		Options:    c.options(),
	}, p)
	if err == nil {
		return nil
	}
	says := "is not what the contract allows" + allowed(p.Schema.Value)
	if n := utf8.RuneCountInString(value); n > longestID {
		return fmt.Errorf("%s %s: it has %d characters, and is not repeated here in case it is a token", name, says, n)
	}
	return fmt.Errorf("%s %q %s", name, value, says)
}

// allowed says in brackets what a schema allows, or nothing where that is not said in short.
func allowed(s *openapi3.Schema) string {
	var parts []string
	add := func(says bool, format string, args ...any) {
		if says {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(s.Type != nil && !s.Type.Includes(openapi3.TypeString), "type %s", strings.Join(s.Type.Slice(), " or "))
	add(s.Const != nil, "%v", s.Const)
	add(len(s.Enum) > 0, "one of %s", enumerated(s.Enum))
	add(s.Format != "", "format %s", s.Format)
	add(s.Pattern != "", "pattern %s", s.Pattern)
	add(s.MinLength > 0, "minLength %d", s.MinLength)
	if s.MaxLength != nil {
		add(true, "maxLength %d", *s.MaxLength)
	}
	if s.Min != nil {
		add(true, "minimum %v", *s.Min)
	}
	if s.Max != nil {
		add(true, "maximum %v", *s.Max)
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// enumerated lists the first values of an enum.
func enumerated(values []any) string {
	const most = 10
	text := make([]string, 0, most)
	for _, v := range values[:min(most, len(values))] {
		text = append(text, fmt.Sprint(v))
	}
	if len(values) > most {
		text = append(text, "…")
	}
	return strings.Join(text, ", ")
}
