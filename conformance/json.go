package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"unicode/utf8"
)

// soleJSON returns an error unless a body is one JSON document, and is declared as such. kin-openapi looks at the first
// Content-Type field only.
func soleJSON(header http.Header, body []byte) error {
	declared := header.Values("Content-Type")
	if len(declared) != 1 {
		return &flaw{Field("Content-Type"), fmt.Errorf("there are %d Content-Type fields instead of one", len(declared))}
	}
	if mediaType, _, err := mime.ParseMediaType(declared[0]); err != nil || mediaType != "application/json" {
		return &flaw{Field("Content-Type"), fmt.Errorf("the media type is %q instead of application/json", declared[0])}
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
