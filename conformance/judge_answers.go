package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/dmstask/dmstask/conformance/internal/wire"
)

var (
	blankBeforeColon = regexp.MustCompile(`(?m)^[^\s:]+[ \t]+:`)
	framed           = regexp.MustCompile(`(?im)^(Content-Length|Transfer-Encoding)[ \t]*:`)
)

// judgeFraming leaves to delete-empty what follows a 204, however it is framed.
func judgeFraming(j *Judgement, a *Answer) {
	judgeHead(j, a)
	r := a.exchange.response
	if a.Status == http.StatusNoContent {
		return
	}
	if r.BodyErr != nil {
		j.Violated(MUST, Parts(Field("Content-Length", "Transfer-Encoding"), Content()), rfc9112("6.3"), "a whole body",
			r.BodyErr.Error())
	}
	if r.Excess > 0 {
		j.Violated(MUST, Content(), rfc9112("6.3"), "nothing after the body", fmt.Sprintf("%d bytes", r.Excess))
	}
	if a.Header.Get("Transfer-Encoding") != "" && a.Header.Get("Content-Length") != "" {
		j.Violated(MUST, Field("Content-Length", "Transfer-Encoding"), rfc9112("6.2"),
			"no Content-Length beside Transfer-Encoding", "both")
	}
	if lengths := a.Header.Values("Content-Length"); len(lengths) > 1 || strings.Contains(strings.Join(lengths, ""), ",") {
		j.Violated(MUST, Field("Content-Length"), rfc9112("6.3"), "one Content-Length", strings.Join(lengths, ", "))
	}
}

// judgeHead looks at the lines of header sections, interim ones included.
func judgeHead(j *Judgement, a *Answer) {
	r := a.exchange.response
	head := r.Raw[:r.HeadLength]
	if bytes.Count(head, []byte("\n")) != bytes.Count(head, []byte("\r\n")) {
		j.Violated(MUST, Part{}, rfc9112("2.2"), "lines that end with CR LF", "a line that ends with LF")
	}
	if bytes.Contains(head, []byte("\n ")) || bytes.Contains(head, []byte("\n\t")) {
		j.Violated(MUST, Part{}, rfc9112("5.2"), "a header field on one line", "one on several")
	}
	if blankBeforeColon.Match(head) {
		j.Violated(MUST, Part{}, rfc9112("5.1"), "no space between the name of a header field and the colon", "a space")
	}
	if r.Proto == "HTTP/2" {
		for _, name := range wire.ConnectionFields {
			if a.Header.Get(name) != "" {
				j.Violated(MUST, Field(name), rfc9113("8.2.2"), "no field about the connection in HTTP/2", name)
			}
		}
	}
	if r.Trailer.Get("Content-Length") != "" || r.Trailer.Get("Transfer-Encoding") != "" {
		j.Violated(MUST, Content(), rfc9110("6.5.1"), "trailers without fields of framing",
			"Content-Length or Transfer-Encoding")
	}
	if framed.Match(r.Raw[:r.Start]) {
		j.Violated(MUST, Part{}, rfc9110("8.6"), "an interim response without content",
			"one with Content-Length or Transfer-Encoding")
	}
}

func judgeErrorResponse(j *Judgement, a *Answer) {
	if a.Status < http.StatusBadRequest || a.exchange.response.BodyErr != nil {
		return
	}
	if err := j.run.contract.validateError(a.Status, a.Header, a.Body); err != nil {
		where := Content()
		if f := (*flaw)(nil); errors.As(err, &f) {
			where = f.where
		}
		j.Violated(MUST, where, contract, "an error as the contract has it", err.Error())
	}
}

func judgeErrorCode(j *Judgement, a *Answer) {
	code := a.ErrorCode()
	if a.Status < http.StatusBadRequest || code == "" || isGatewayCode(code) {
		return
	}
	switch status, ok := parsedCatalogue()[code]; {
	case ok && status != a.Status:
		j.Violated(SHOULD, Parts(StatusLine(), Text(code)), errorPage, fmt.Sprintf("%s under status %d", code, status), "")
	case !ok && strings.HasPrefix(code, "DMS."):
		j.Violated(SHOULD, Text(code), errorPage, "a code of the catalogue", fmt.Sprintf("%q, which it does not have", code))
	case !ok:
		j.Violated(SHOULD, Text(code), errorPage,
			"a code of the catalogue, or the gateway's, such as APIG.0101", fmt.Sprintf("%q", code))
	}
}

func judgeNoRedirect(j *Judgement, a *Answer) {
	if a.Status/100 == 3 {
		j.Violated(MUST, Parts(StatusLine(), Field("Location")), contract, "no redirect", "")
	}
}

func judgeNoSecretEcho(j *Judgement, a *Answer) {
	if a.exchange.repeatsSecret() {
		j.Violated(MUST, Text(redacted), cwe209, "a response without the token", "")
	}
}
