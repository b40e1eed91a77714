package conformance

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// An Answer is what a rule looks at. Its parts are as the server sent them, credentials and all: what becomes of them
// in a [Violation] is redacted.
type Answer struct {
	Probe     string      // the name of the probe that it answers
	Generated bool        // the IDs of the request were drawn, and are not the fixed ones of the probe
	Status    int         // as in the status line
	Header    http.Header // with Content-Length and Transfer-Encoding, whatever the status
	Body      []byte      // without the framing of chunks

	exchange *exchange
}

func newAnswer(x *exchange) *Answer {
	a := &Answer{Probe: x.probe.Name, Generated: x.generated, exchange: x}
	if r := x.response; r != nil {
		a.Status, a.Header, a.Body = r.Status, http.Header(r.Head), r.Body
	}
	return a
}

// ErrorCode returns the error_code of the body, or "".
func (a *Answer) ErrorCode() string {
	var body map[string]json.RawMessage // a field of a struct would take ERROR_CODE, too
	var code string
	if json.Unmarshal(a.Body, &body) != nil || json.Unmarshal(body["error_code"], &code) != nil {
		return ""
	}
	return code
}

// A Part is a part of an answer that a violation points at; its zero value points at nothing.
type Part struct {
	find func(head, content string) []Span // content begins where head ends
}

// StatusLine is the first line of an answer.
func StatusLine() Part {
	return Part{func(head, _ string) []Span {
		line, _, _ := strings.Cut(head, "\n")
		return []Span{{0, len(strings.TrimRight(line, "\r"))}}
	}}
}

// Field is all header fields of these names.
func Field(names ...string) Part {
	return Part{func(head, _ string) (spans []Span) {
		start := 0
		for line := range strings.Lines(head) {
			name, _, ok := strings.Cut(line, ":")
			if ok && slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) }) {
				spans = append(spans, Span{start, start + len(strings.TrimRight(line, "\r\n"))})
			}
			start += len(line)
		}
		return spans
	}}
}

// Content is all that follows the header section.
func Content() Part {
	return Part{func(head, content string) []Span {
		if content == "" {
			return nil
		}
		return []Span{{len(head), len(head) + len(content)}}
	}}
}

// tail is so many bytes at the end of an answer.
func tail(length int) Part {
	return Part{func(head, content string) []Span {
		end := len(head) + len(content)
		return []Span{{max(len(head), end-length), end}}
	}}
}

// Text is wherever an answer has this text.
func Text(text string) Part {
	return Part{func(head, content string) (spans []Span) {
		all := head + content
		for start := 0; text != ""; {
			i := strings.Index(all[start:], text)
			if i < 0 {
				break
			}
			spans = append(spans, Span{start + i, start + i + len(text)})
			start += i + len(text)
		}
		return spans
	}}
}

// Parts is several parts at once.
func Parts(parts ...Part) Part {
	return Part{func(head, content string) (spans []Span) {
		for _, p := range parts {
			if p.find != nil {
				spans = append(spans, p.find(head, content)...)
			}
		}
		return spans
	}}
}
