package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// A flaw is what is wrong with a response, and where.
type flaw struct {
	where Where
	text  string
}

func (f *flaw) Error() string { return f.text }

func flawed(where Where, format string, args ...any) *flaw {
	return &flaw{where, fmt.Sprintf(format, args...)}
}

// ValidateResponse checks a response against the contract, strictly: an undocumented status, a redirect, and content
// where the contract has none are errors too, all of which kin-openapi lets pass by default or always.
func (c *Contract) ValidateResponse(status int, header http.Header, body []byte) error {
	response := c.response(status)
	if response == nil {
		return flawed(StatusLine, "status %d is not documented", status)
	}
	if len(response.Content) == 0 {
		if len(body) > 0 {
			return flawed(Content, "there is content, and the contract has none for %d", status)
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
	var document any
	if err := json.Unmarshal(body, &document); err != nil || media.Schema == nil {
		return err
	}
	options := append(slices.Clip(c.options), openapi3.VisitAsResponse())
	if err := media.Schema.Value.VisitJSON(document, options...); err != nil {
		return flawed(Content, "%s", strings.Join(reasons(err), "; "))
	}
	return nil
}

// validateError checks the response to a request that the contract does not know, or one with an undocumented status,
// against the error content of the contract: that of its first 4xx, if it has no default.
func (c *Contract) validateError(status int, header http.Header, body []byte) error {
	if !c.Documents(status) {
		status = c.Statuses(4)[0]
	}
	return c.ValidateResponse(status, header, body)
}

var nextItem = regexp.MustCompile(`\n *- `)

// reasons returns the parts of an error of kin-openapi, each with the place that it is about, in a fixed order. Schemas
// of OpenAPI 3.1 are checked by a library that writes its errors on several lines, in no particular order.
func reasons(err error) (list []string) {
	all := (openapi3.MultiError)(nil)
	if !errors.As(err, &all) {
		all = openapi3.MultiError{err}
	}
	for _, e := range all {
		text := e.Error()
		if schema := (*openapi3.SchemaError)(nil); errors.As(e, &schema) {
			text = fmt.Sprintf("at /%s: %s", strings.Join(schema.JSONPointer(), "/"), schema.Reason)
		}
		if i := strings.Index(text, "at '"); i >= 0 {
			text = text[i:]
		}
		list = append(list, nextItem.Split(text, -1)...)
	}
	slices.Sort(list)
	return list
}

var emptyParameter = regexp.MustCompile(`;[ \t]*(;|$)`)

// declared returns the entry of content for the media type that a response declares. Types are compared without regard
// to case (RFC 9110 section 8.3.1) and parameters: which of them matter is up to each type.
func declared(content openapi3.Content, header http.Header) (*openapi3.MediaType, error) {
	fields := header.Values("Content-Type") // kin-openapi looks at the first one only
	if len(fields) != 1 {
		return nil, flawed("Content-Type", "there are %d Content-Type fields instead of one", len(fields))
	}
	// Package mime takes no empty parameters, which RFC 9110 section 5.6.6 allows.
	mediaType, _, err := mime.ParseMediaType(emptyParameter.ReplaceAllString(fields[0], "$1"))
	if err == nil {
		kind, _, _ := strings.Cut(mediaType, "/")
		for _, want := range []string{mediaType, kind + "/*", "*/*"} {
			for key, entry := range content {
				own, _, err := mime.ParseMediaType(key)
				// A range must not let an HTML page pass for an error: within it the type has to be one of JSON.
				if err == nil && own == want && (want == mediaType || strings.Contains(mediaType, "json")) {
					return entry, nil
				}
			}
		}
	}
	return nil, flawed("Content-Type", "the media type is %q instead of %s", fields[0],
		strings.Join(slices.Sorted(maps.Keys(content)), " or "))
}

// soleJSON returns an error unless a body is one JSON document.
func soleJSON(header http.Header, body []byte) error {
	if coding := header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return flawed("Content-Encoding", "it has the content coding %q, which was not requested", coding)
	}
	if len(body) == 0 {
		return flawed(Content, "there is no content")
	}
	if !utf8.Valid(body) {
		return flawed(Content, "the content is not UTF-8 (RFC 8259 section 8.1)")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(new(json.RawMessage)); err != nil {
		return flawed(Content, "the content is not JSON: %v", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return flawed(Content, "there is more content after the JSON document")
	}
	return nil
}

// repeatedName returns a name that an object of a valid JSON document has twice, or "". Which of the values counts is
// up to the reader (RFC 8259 section 4).
func repeatedName(decoder *json.Decoder) string {
	token, _ := decoder.Token()
	seen := map[string]bool{}
	if token == json.Delim('{') || token == json.Delim('[') {
		for decoder.More() {
			if token == json.Delim('{') {
				name, _ := decoder.Token()
				text, _ := name.(string)
				if seen[text] {
					return text
				}
				seen[text] = true
			}
			if name := repeatedName(decoder); name != "" {
				return name
			}
		}
		_, _ = decoder.Token() // its end
	}
	return ""
}
