package conformance

import (
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// aJSON is what requests ask for where the contract names no media type, or a range of them.
const aJSON = "application/json"

// mediaTypes returns the media types that a key of content stands for, in lower case and without parameters: one, or
// several with commas between them, of which some may be ranges.
func mediaTypes(key string) ([]string, error) {
	parts := []string{key}
	if _, _, err := mime.ParseMediaType(key); err != nil { // a comma may be in a parameter too
		parts = strings.Split(key, ",")
	}
	for i, part := range parts {
		mediaType, _, err := mime.ParseMediaType(part)
		if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) || !mediaRange.MatchString(mediaType) {
			return nil, fmt.Errorf("contract: %q is no media type; expected one such as application/json", key)
		}
		parts[i] = mediaType
	}
	return parts, nil
}

// mediaRange is a type and a subtype, or a range of them (RFC 9110 section 12.5.1).
var mediaRange = regexp.MustCompile(`^([^*/]+/([^*/]+|\*)|\*/\*)$`)

// checkMediaTypes returns an error unless all media types of responses are some.
func (c *Contract) checkMediaTypes() error {
	for _, response := range c.route.Operation.Responses.Map() {
		for key := range response.Value.Content {
			if _, err := mediaTypes(key); err != nil {
				return err
			}
		}
	}
	return nil
}

// accepts returns the value of the Accept field of requests: the media types of errors. What a range covers need not be
// JSON, and a server could take it for a wish for a page; of a range that has it, JSON is asked for.
func (c *Contract) accepts() string {
	var list []string
	for status, response := range c.route.Operation.Responses.Map() {
		if status != "default" && status[0] != '4' && status[0] != '5' {
			continue
		}
		for key := range response.Value.Content {
			types, _ := mediaTypes(key) // checked when the contract was loaded
			for _, mediaType := range types {
				if mediaType == "*/*" || mediaType == "application/*" {
					mediaType = aJSON
				}
				list = append(list, mediaType)
			}
		}
	}
	if len(list) == 0 {
		return aJSON
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), ", ")
}

var emptyParameter = regexp.MustCompile(`;[ \t]*(;|$)`)

// declared returns the entry of content for the media type that a response declares. Types are compared without regard
// to case (RFC 9110 section 8.3.1) and parameters: which of them matter is the affair of each type.
func declared(content openapi3.Content, header http.Header) (*openapi3.MediaType, error) {
	fields := header.Values("Content-Type") // kin-openapi looks at the first one only
	if len(fields) != 1 {
		return nil, &flaw{Field("Content-Type"), fmt.Errorf("there are %d Content-Type fields instead of one", len(fields))}
	}
	// Package mime takes no empty parameters, which RFC 9110 section 5.6.6 allows.
	mediaType, _, err := mime.ParseMediaType(emptyParameter.ReplaceAllString(fields[0], "$1"))
	if err == nil {
		if entry := entryFor(content, mediaType); entry != nil {
			return entry, nil
		}
	}
	names := strings.Join(slices.Sorted(maps.Keys(content)), " or ")
	if strings.Contains(names, "*") {
		names = "a media type of JSON within " + names
	}
	return nil, &flaw{Field("Content-Type"), fmt.Errorf("the media type is %q instead of %s", fields[0], names)}
}

// entryFor returns the entry of a media type, the most specific first. A range does not make a page out of an error:
// within it the type has to be one of JSON.
func entryFor(content openapi3.Content, mediaType string) *openapi3.MediaType {
	kind, _, _ := strings.Cut(mediaType, "/")
	wanted := []string{mediaType}
	if ofJSON.MatchString(mediaType) {
		wanted = append(wanted, kind+"/*", "*/*")
	}
	for _, want := range wanted {
		for _, key := range slices.Sorted(maps.Keys(content)) {
			if types, _ := mediaTypes(key); slices.Contains(types, want) && !strings.Contains(mediaType, "*") {
				return content[key]
			}
		}
	}
	return nil
}

// ofJSON is JSON by its name (RFC 6839 section 3.1).
var ofJSON = regexp.MustCompile(`^((application|text)/json|[^/]+/[^/]+\+json)$`)
