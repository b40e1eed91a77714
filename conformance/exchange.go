package conformance

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/dmstask/dmstask/conformance/internal/wire"
	"github.com/dmstask/dmstask/internal/printable"
	"github.com/dmstask/dmstask/internal/secret"
)

// An Exchange is a request and the answer to it, for people to read: credentials are redacted, and a long answer is
// cut.
type Exchange struct {
	Probe    string  `json:"probe"`            // which request of the check it is
	Request  string  `json:"request"`          // as sent
	Response string  `json:"response"`         // as received; "" if there was none
	Error    string  `json:"error,omitempty"`  // what happened instead of an answer, or while it came
	Duration float64 `json:"duration_seconds"` // from the connection to the last byte
}

// exchange is a request of a run and what came of it.
type exchange struct {
	probe     Probe
	ids       map[string]string // path parameters by name
	generated bool              // the IDs were drawn
	secrets   *secret.Set       // credentials of the run, whether they went along with this request or not
	carried   []string          // header values of this request that are credentials
	sent      []byte
	response  *wire.Response // nil if there was no answer
	err       error          // why not
	blamed    bool           // a rule has noted that there was no answer
	duration  time.Duration
}

// redacted stands where a credential was.
const redacted = "[redacted]"

// marks stand where the credentials of a request were, and tell them apart.
var marks = map[Credentials]string{ //nolint:gosec // G101: none are in it
	OwnCredentials: redacted, MadeUpCredentials: "[made up, redacted]", MadeUpSignature: "[made up, redacted]",
	AlteredCredentials: "[altered, redacted]",
}

// longest is how much of an answer a report shows, in bytes.
const longest = 4 << 10

// public returns the exchange for people.
func (x *exchange) public() *Exchange {
	exchange, _ := x.export(Part{})
	return exchange
}

// export returns the exchange for people, and where in its response a part is.
func (x *exchange) export(where Part) (*Exchange, []Span) {
	public := &Exchange{Probe: x.probe.Name, Request: x.request(), Duration: x.duration.Seconds()}
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
	shown := printable.Start(public.Response, longest)
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

// request returns the request for people. Its own credentials are known by where they stand, as a whole.
func (x *exchange) request() string {
	var shown strings.Builder
	rest := x.sent
	for {
		first, length := len(rest), 0
		for _, credential := range x.carried {
			if i := bytes.Index(rest, []byte(credential)); i >= 0 && i < first {
				first, length = i, len(credential)
			}
		}
		shown.WriteString(x.redact(rest[:first]))
		if length == 0 {
			return shown.String()
		}
		shown.WriteString(marks[x.probe.Credentials])
		rest = rest[first+length:]
	}
}

// redact replaces credentials, however they are written, and what is no UTF-8.
func (x *exchange) redact(text []byte) string {
	return strings.ToValidUTF8(string(x.secrets.Redact(text, redacted)), "\uFFFD")
}

// clean returns an error that is fit to be shown.
func (x *exchange) clean(err error) error {
	if err == nil {
		return nil
	}
	return printable.Error(x.line(err.Error()), err)
}

// repeatsSecret reports whether the answer has a credential of the run in it.
func (x *exchange) repeatsSecret() bool {
	if x.response == nil {
		return false
	}
	// Both ways: chunks may break a credential in two, and bytes after the body are in no body.
	return x.secrets.In(x.response.Text()) || x.secrets.In(x.response.Raw)
}

// line makes what may have come from the server fit for one line of a report. It is redacted before it is cut: half a
// credential would not be recognised.
func (x *exchange) line(text string) string {
	return printable.Cut(printable.Line(x.redact([]byte(text))), longestLine)
}

// longestLine is how much of what may have come from the server is quoted, in bytes.
const longestLine = 300

// summary says what came back, in one line.
func (x *exchange) summary() string {
	switch {
	case x.response == nil:
		return x.line(x.err.Error())
	case len(x.response.Body) == 0:
		return x.statusLine() + ", no content"
	}
	mediaType := cmp.Or(x.line(x.response.Head.Get("Content-Type")), "no media type")
	return fmt.Sprintf("%s, %s %s", x.statusLine(), mediaType, x.line(string(x.response.Body)))
}

func (x *exchange) statusLine() string { return statusText(x.response.Status) }
