package conformance

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dmstask/dmstask/conformance/internal/wire"
	"github.com/dmstask/dmstask/internal/codes"
	"github.com/dmstask/dmstask/internal/printable"
	"github.com/dmstask/dmstask/internal/secret"
)

// An Exchange is a request of a run and its response, as a [Check] sees it. The parts of the response are as the server
// sent them, including credentials; what a [Finding] repeats is redacted later.
type Exchange struct {
	Probe            Probe
	Contract         *Contract
	Method           string            // of the request
	IDs              map[string]string // of the request, by parameter
	Named            bool              // the request is for the task that the target names
	WrongCredentials int               // how many earlier requests had credentials that are wrong on purpose
	Exposed          int               // how many earlier requests for that task, or a near miss of it, must not delete it

	Status  int         // as in the status line
	Header  http.Header // with Content-Length and Transfer-Encoding, whatever the status
	Body    []byte      // without the framing of chunks
	Trailer http.Header

	// For checks of the framing:
	HTTP2     bool
	Interim   []byte // the header sections of interim responses
	Head      []byte // the final header section, with the empty line; over HTTP/2 as it would read in HTTP/1.1
	Content   []byte // all bytes after it
	Excess    int    // how many of them come after the end of the response
	BodyErr   error  // why the body is not whole
	Malformed error  // why the response, which begins like HTTP, could not be parsed

	answers  map[string]*Exchange // of the run, by probe
	secrets  *secret.Set          // credentials of the run, whether they went along with this request or not
	carried  []string             // header values of this request that are credentials
	sent     []byte
	response *wire.Response // nil if there was no response
	err      error          // why not
	owner    string         // the ID of the rule that it was sent for
	locked   bool           // not sent again: a server may lock out a client that has failed several times
	toHTTPS  bool           // it redirects from http to https on the same host
	duration time.Duration
}

// take fills in what came back.
func (x *Exchange) take(r *wire.Response) {
	x.response = r
	x.Status, x.Header, x.Body, x.Trailer = r.Status, http.Header(r.Head), r.Body, http.Header(r.Trailer)
	x.HTTP2, x.Excess, x.BodyErr, x.Malformed = r.Proto == wire.HTTP2, int(r.Excess), r.BodyErr, r.Malformed
	x.Interim, x.Head, x.Content = r.Raw[:r.Start], r.Raw[r.Start:r.HeadLength], r.Raw[r.HeadLength:]
}

// answered reports whether there is a response that could be read.
func (x *Exchange) answered() bool { return x.response != nil && x.Malformed == nil }

// Answer returns the exchange of another probe of the run, or nil if it got no response.
func (x *Exchange) Answer(probe string) *Exchange {
	if other := x.answers[probe]; other != nil && other.answered() {
		return other
	}
	return nil
}

// ErrorCode returns the error_code of the body, or "".
func (x *Exchange) ErrorCode() string {
	var body map[string]json.RawMessage // a field of a struct would take ERROR_CODE, too
	var code string
	if json.Unmarshal(x.Body, &body) != nil || json.Unmarshal(body["error_code"], &code) != nil {
		return ""
	}
	return code
}

// Succeeded reports whether the status means that the operation was carried out. If the operation is not safe, only a
// 204 means that for a GET or HEAD: what else they get is not up to this contract.
func (x *Exchange) Succeeded() bool {
	if isSafe(x.Method) && !x.Contract.safe() {
		return x.Status == http.StatusNoContent && x.Contract.Documents(http.StatusNoContent)
	}
	return x.Status/100 == 2
}

// RepeatsCredential reports whether the response contains a credential of the run.
func (x *Exchange) RepeatsCredential() bool {
	if x.response == nil {
		return false
	}
	// Both ways, where they differ: chunks may break a credential in two, and bytes after the body are in no body.
	text, raw := x.response.Text(), x.response.Raw
	return x.secrets.In(text) || !bytes.Equal(text, raw) && x.secrets.In(raw)
}

// throttled reports whether a response only means that there were too many requests.
func (x *Exchange) throttled() bool {
	return x.answered() && (x.Status == http.StatusTooManyRequests || codes.Of(x.ErrorCode()) == codes.Throttled)
}

// unavailable reports whether a response means that the service is not available at the moment, or comes from a gateway
// or a proxy that does not reach it.
func (x *Exchange) unavailable() bool {
	gateway := []int{http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}
	return slices.Contains(gateway, x.Status) && x.answered() && !x.throttled()
}

// exhausts reports whether a request has wrong credentials after several others that had: a server may lock out a
// client that has failed that often, and its response is no longer about these credentials.
func (x *Exchange) exhausts() bool { return x.WrongCredentials >= 3 && !x.Probe.Credentials.isOwn() }

// passing reports whether another response to the same request may be different.
func (x *Exchange) passing() bool { return x.throttled() || x.unavailable() }

// kind tells the responses of a rule apart: those of one kind are shown once.
func (x *Exchange) kind() string {
	if x.response == nil {
		return x.line(x.err.Error())
	}
	return fmt.Sprintf("%d %s", x.Status, x.Header.Get("Content-Type"))
}

// longest is how much of a response a report shows, in bytes.
const longest = 2 << 10

// evidence returns the exchange for people. Of a long response it shows the beginning, and the surroundings of near.
func (x *Exchange) evidence(near string) Evidence {
	e := Evidence{Probe: x.Probe.Name, Request: x.request(), Duration: x.duration.Seconds()}
	if x.err != nil {
		e.Error = x.err.Error()
	}
	if x.response == nil {
		return e
	}
	if err := cmp.Or(x.Malformed, x.BodyErr); err != nil {
		e.Error = "the response is incomplete or malformed: " + err.Error()
	}
	// Redacted before it is cut, and without the framing of chunks: half a credential would not be recognized.
	text := x.redact(x.response.Text())
	e.Response = text
	if len(text) > longest {
		e.Response = printable.Start(text, longest) + "…"
		if i := strings.Index(text, near); near != "" && i > longest {
			begin := printable.Start(text, i-longest/8)
			e.Response += "\n…" + printable.Start(text[len(begin):], longest/4) + "…"
		}
		e.Response += fmt.Sprintf(" (%d bytes in total)", len(x.response.Raw))
	}
	return e
}

// request returns the request for people. Its own credentials are known by where they stand, as a whole.
func (x *Exchange) request() string {
	mark := secret.Mark
	if !x.Probe.Credentials.isOwn() {
		mark = "[" + x.Probe.Credentials.String() + "]"
	}
	rest := x.sent
	for _, credential := range x.carried {
		rest = bytes.ReplaceAll(rest, []byte(": "+credential+"\r\n"), []byte(": "+mark+"\r\n"))
	}
	return x.redact(rest)
}

// redact replaces credentials, however they are written, and what is not UTF-8.
func (x *Exchange) redact(text []byte) string {
	return strings.ToValidUTF8(string(x.secrets.Redact(text)), "\uFFFD")
}

// clean returns an error that is fit to be shown.
func (x *Exchange) clean(err error) error {
	if err == nil {
		return nil
	}
	return printable.Error(x.line(err.Error()), err)
}

// longestLine is how much of what may have come from the server is quoted, in bytes.
const longestLine = 300

// line makes what may have come from the server fit for one line of a report. It is redacted before it is cut: half a
// credential would not be recognized.
func (x *Exchange) line(text string) string {
	return printable.Cut(printable.Line(x.redact([]byte(text))), longestLine)
}

// summary describes in one line what came back.
func (x *Exchange) summary() string {
	switch {
	case x.response == nil:
		return x.line(x.err.Error())
	case x.Malformed != nil:
		return "a response that cannot be parsed: " + x.line(x.Malformed.Error())
	}
	says := statusText(x.Status)
	if !x.Contract.Documents(x.Status) {
		says += ", which the contract does not document"
	}
	if location := x.Header.Get("Location"); x.Status/100 == 3 && location != "" {
		says += ", Location: " + x.line(location)
	}
	if len(x.Body) == 0 {
		return says + ", no content"
	}
	mediaType := cmp.Or(x.line(x.Header.Get("Content-Type")), "no media type")
	return fmt.Sprintf("%s, %s %s", says, mediaType, x.line(string(x.Body)))
}
