package conformance

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dmstask/dmstask/conformance/internal/printable"
	"github.com/dmstask/dmstask/conformance/internal/wire"
)

// An Exchange is a request and the answer to it, for people to read: credentials are redacted, and a long answer is
// cut.
type Exchange struct {
	Probe    string  `json:"probe"`           // which request of the check it is
	Request  string  `json:"request"`         // as sent
	Response string  `json:"response"`        // as received; "" if there was none
	Error    string  `json:"error,omitempty"` // what happened instead of an answer, or while it came
	Duration float64 `json:"duration_seconds"`
}

// exchange is a request of a run and what came of it.
type exchange struct {
	probe     Probe
	ids       map[string]string // path parameters by name
	generated bool              // the IDs were drawn
	secrets   *[]string         // credentials of the run, whether they went along with this request or not
	sent      []byte
	response  *wire.Response // nil if there was no answer
	err       error          // why not
	blamed    bool           // a rule has noted that there was no answer
	duration  time.Duration
}

// minSecret is how many characters a credential has at least. A shorter one could not be told from other text, and so
// neither be kept out of a report nor be found in an answer.
const minSecret = 6

// redacted stands where a credential was.
const redacted = "[redacted]"

// longest is how much of an answer a report shows, in bytes.
const longest = 4 << 10

// export returns the exchange for people, and where in its response a part is.
func (x *exchange) export(where Part) (*Exchange, []Span) {
	public := &Exchange{Probe: x.probe.Name, Request: x.redact(x.sent), Duration: x.duration.Seconds()}
	if x.err != nil {
		public.Error = x.err.Error()
	}
	if x.response == nil {
		return public, nil
	}
	if x.response.BodyErr != nil {
		public.Error = "the body is not whole: " + x.response.BodyErr.Error()
	}
	// Redacted before it is cut, and without the framing of chunks: half a credential would not be recognised.
	text, start, length := x.response.Text(), x.response.Start, x.response.HeadLength
	interim, head, content := x.redact(text[:start]), x.redact(text[start:length]), x.redact(text[length:])
	public.Response = interim + head + content
	var spans []Span
	if where.find != nil {
		spans = where.find(head, content)
	}
	if len(public.Response) <= longest {
		return public, clip(spans, len(interim), len(public.Response))
	}
	shown := strings.ToValidUTF8(public.Response[:longest], "")
	public.Response = fmt.Sprintf("%s… (%d bytes in all)", shown, len(x.response.Raw))
	return public, clip(spans, len(interim), len(shown))
}

// clip moves spans and leaves out what is beyond the end of the text.
func clip(spans []Span, offset, end int) []Span {
	var clipped []Span
	for _, s := range spans {
		s.Start, s.End = s.Start+offset, min(s.End+offset, end)
		if s.Start < s.End {
			clipped = append(clipped, s)
		}
	}
	return clipped
}

// redact replaces credentials in one go: what stands in their place is not looked at again.
func (x *exchange) redact(text []byte) string {
	pieces := [][]byte{text}
	for form := range x.forms() {
		smaller := make([][]byte, 0, len(pieces))
		for _, piece := range pieces {
			smaller = append(smaller, bytes.Split(piece, form)...)
		}
		pieces = smaller
	}
	return strings.ToValidUTF8(string(bytes.Join(pieces, []byte(redacted))), "\uFFFD")
}

// A cleanError is an error whose text is fit to be shown: net/http quotes what a server sent.
type cleanError struct {
	text string
	err  error
}

func (e *cleanError) Error() string { return e.text }
func (e *cleanError) Unwrap() error { return e.err }

func (x *exchange) clean(err error) error {
	if err == nil {
		return nil
	}
	return &cleanError{printable.Line(x.redact([]byte(err.Error()))), err}
}

// repeatsSecret reports whether the answer has a credential of the run in it.
func (x *exchange) repeatsSecret() bool {
	if x.response == nil {
		return false
	}
	// Both ways: chunks may break a credential in two, and bytes after the body are in no body.
	text := slices.Concat(x.response.Text(), []byte("\n"), x.response.Raw)
	for form := range x.forms() {
		if bytes.Contains(text, form) {
			return true
		}
	}
	return false
}

// forms yields all credentials of the run in all the ways in which they may be written, the longest first: one may
// begin as another does.
func (x *exchange) forms() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		longestFirst := func(a, b string) int { return len(b) - len(a) }
		for _, secret := range slices.SortedFunc(slices.Values(*x.secrets), longestFirst) {
			for _, form := range forms(secret) {
				if !yield(form) {
					return
				}
			}
		}
	}
}

// forms lists how a credential may be written: plain, in JSON, in a URL.
func forms(secret string) [][]byte {
	quoted, _ := json.Marshal(secret) // never fails for a string
	inJSON := string(bytes.Trim(quoted, `"`))
	return [][]byte{
		[]byte(secret),
		[]byte(inJSON),
		[]byte(strings.ReplaceAll(inJSON, "/", `\/`)),
		[]byte(url.QueryEscape(secret)),
		[]byte(url.PathEscape(secret)),
	}
}

// summary says what came back, in one line.
func (x *exchange) summary() string { return x.redact([]byte(x.describe())) }

func (x *exchange) describe() string {
	switch {
	case x.response == nil:
		return x.err.Error()
	case len(x.response.Body) == 0:
		return x.statusLine() + ", no content"
	}
	body := x.redact(x.response.Body) // before it is cut
	if len(body) > 200 {
		body = strings.ToValidUTF8(body[:200], "") + "…"
	}
	return fmt.Sprintf("%s, %s %s", x.statusLine(), cmp.Or(x.response.Head.Get("Content-Type"), "no media type"), body)
}

func (x *exchange) statusLine() string { return statusText(x.response.Status) }
