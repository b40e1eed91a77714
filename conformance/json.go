package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

var emptyParameter = regexp.MustCompile(`;[ \t]*(;|$)`)

// soleJSON returns an error unless a body is one JSON document, and is declared as such, with a media type of the
// contract. kin-openapi looks at the first Content-Type field only.
func soleJSON(mediaTypes []string, header http.Header, body []byte) error {
	declared := header.Values("Content-Type")
	if len(declared) != 1 {
		return &flaw{Field("Content-Type"), fmt.Errorf("there are %d Content-Type fields instead of one", len(declared))}
	}
	// Package mime takes no empty parameters, which RFC 9110 section 5.6.6 allows.
	mediaType, _, err := mime.ParseMediaType(emptyParameter.ReplaceAllString(declared[0], "$1"))
	if err != nil || !slices.Contains(mediaTypes, mediaType) {
		return &flaw{Field("Content-Type"),
			fmt.Errorf("the media type is %q instead of %s", declared[0], strings.Join(mediaTypes, " or "))}
	}
	if coding := header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return &flaw{Field("Content-Encoding"), fmt.Errorf("it is coded by %q, which was not asked for", coding)}
	}
	if len(body) == 0 {
		return errors.New("there is no content")
	}
	if !utf8.Valid(body) {
		return errors.New("the content is not UTF-8 (RFC 8259 section 8.1)")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(new(json.RawMessage)); err != nil {
		return fmt.Errorf("the content is no JSON: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON document")
	}
	return nil
}
