package conformance

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
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

// exchange is what the rules look at.
type exchange struct {
	probe    probe
	secrets  *[]string // credentials of the run, whether they went along with this request or not
	sent     []byte
	response *response // nil if there was no answer
	err      error     // why not
	duration time.Duration
}

// redacted stands where a credential was.
const redacted = "[redacted]"

// longest is how much of an answer a report shows, in bytes.
const longest = 4 << 10

func (x *exchange) export() *Exchange {
	public := &Exchange{Probe: x.probe.name, Request: x.redact(x.sent), Duration: x.duration.Seconds()}
	if x.err != nil {
		public.Error = x.err.Error()
	}
	if x.response != nil {
		// Redacted before it is cut, and without the framing of chunks: half a credential would not be recognised.
		public.Response = x.redact(x.response.text())
		if len(public.Response) > longest {
			public.Response = fmt.Sprintf("%s… (%d bytes in all)", strings.ToValidUTF8(public.Response[:longest], ""),
				len(x.response.raw))
		}
		if x.response.bodyErr != nil {
			public.Error = "the body is not whole: " + x.response.bodyErr.Error()
		}
	}
	return public
}

func (x *exchange) redact(text []byte) string {
	for form := range x.forms() {
		text = bytes.ReplaceAll(text, form, []byte(redacted))
	}
	return strings.ToValidUTF8(string(text), "\uFFFD")
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
	return &cleanError{printable(x.redact([]byte(err.Error()))), err}
}

// repeatsSecret reports whether the answer has a credential of the run in it.
func (x *exchange) repeatsSecret() bool {
	if x.response == nil {
		return false
	}
	// Both ways: chunks may break a credential in two, and bytes after the body are in no body.
	text := slices.Concat(x.response.text(), []byte("\n"), x.response.raw)
	for form := range x.forms() {
		if bytes.Contains(text, form) {
			return true
		}
	}
	return false
}

// forms yields all credentials of the run in all the ways in which they may be written.
func (x *exchange) forms() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, secret := range *x.secrets {
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
	case len(x.response.body) == 0:
		return x.statusLine() + ", no content"
	}
	body := x.redact(x.response.body) // before it is cut
	if len(body) > 200 {
		body = strings.ToValidUTF8(body[:200], "") + "…"
	}
	return fmt.Sprintf("%s, %s %q", x.statusLine(), cmp.Or(x.response.header.Get("Content-Type"), "no media type"), body)
}

func (x *exchange) statusLine() string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", x.response.status, http.StatusText(x.response.status)))
}

// errorCode returns the error_code of the answer, or "".
func (x *exchange) errorCode() string {
	var body struct {
		Code string `json:"error_code"`
	}
	if x.response == nil || json.Unmarshal(x.response.body, &body) != nil {
		return ""
	}
	return body.Code
}
