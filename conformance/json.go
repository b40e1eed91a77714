package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"
)

// soleJSON returns an error unless a body is one JSON document.
func soleJSON(header http.Header, body []byte) error {
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
