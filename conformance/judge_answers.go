package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/dmstask/dmstask/conformance/internal/wire"
)

var (
	blankBeforeColon = regexp.MustCompile(`(?m)^[^\s:]+[ \t]+:`)
	statusLine       = regexp.MustCompile(`^HTTP/1\.[01] [0-9]{3} [^\x00-\x08\x0a-\x1f\x7f]*\r?\n`)
	framed           = regexp.MustCompile(`(?im)^(Content-Length|Transfer-Encoding)[ \t]*:`)
	connectionField  = regexp.MustCompile(`(?im)^(` + strings.Join(wire.ConnectionFields, "|") + `):`)
)

// judgeFraming leaves to delete-empty what follows a 204, however it is framed.
func judgeFraming(j *Judgement, a *Answer) {
	judgeHead(j, a)
	r := a.exchange.response
	whole := rfc9112("6.3")
	if r.Proto == wire.HTTP2 {
		whole = rfc9113("8.1.1")
	}
	if a.Status == http.StatusNoContent {
		if r.Proto == wire.HTTP2 && r.BodyErr != nil && len(r.Content()) == 0 {
			j.Violated(MUST, StatusLine(), rfc9113("8.1"), "a stream that ends", r.BodyErr.Error())
		}
		return
	}
	if r.BodyErr != nil {
		j.Violated(MUST, Parts(Field("Content-Length", "Transfer-Encoding"), Content()), whole, "a whole body",
			r.BodyErr.Error())
	}
	if r.Excess > 0 {
		j.Violated(MUST, tail(int(r.Excess)), whole, "nothing after the body", fmt.Sprintf("%d bytes", r.Excess))
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
	judgeFields(j, a)
	if r.Proto == wire.HTTP2 {
		judgeHTTP2(j, head)
		return
	}
	if !statusLine.Match(head[r.Start:]) {
		j.Violated(MUST, StatusLine(), rfc9112("4"), "version, status and reason, with one space between",
			"another status line")
	}
	if bytes.Count(head, []byte("\n")) != bytes.Count(head, []byte("\r\n")) {
		j.Violated(MUST, Part{}, rfc9112("2.2"), "lines that end with CR LF", "a line that ends with LF")
	}
	if bytes.Contains(head, []byte("\n ")) || bytes.Contains(head, []byte("\n\t")) {
		j.Violated(MUST, Part{}, rfc9112("5.2"), "a header field on one line", "one on several")
	}
	if blankBeforeColon.Match(head) {
		j.Violated(MUST, Part{}, rfc9112("5.1"), "no space between the name of a header field and the colon", "a space")
	}
}

// judgeFields looks at names of fields, whatever the version of HTTP.
func judgeFields(j *Judgement, a *Answer) {
	r := a.exchange.response
	for name := range a.Header {
		// Blanks before the colon are judged by themselves.
		if bare := strings.TrimRight(name, " \t"); !httpguts.ValidHeaderFieldName(bare) {
			j.Violated(MUST, Field(name), rfc9110("5.1"), "a field name that is a token", fmt.Sprintf("%q", bare))
		}
	}
	for _, name := range noTrailers {
		if len(r.Trailer.Values(name)) > 0 {
			j.Violated(MUST, Content(), rfc9110("6.5.1"), "trailers without fields that say how to read the content", name)
		}
	}
	if framed.Match(r.Raw[:r.Start]) {
		j.Violated(MUST, Part{}, rfc9110("8.6"), "an interim response without content",
			"one with Content-Length or Transfer-Encoding")
	}
}

// noTrailers are fields that would come too late after the content.
var noTrailers = []string{
	"Content-Encoding", "Content-Length", "Content-Range", "Content-Type", "Trailer", "Transfer-Encoding",
}

func judgeHTTP2(j *Judgement, head []byte) {
	found := connectionField.FindAllSubmatch(head, -1)
	for _, name := range wire.ConnectionFields {
		if slices.ContainsFunc(found, func(field [][]byte) bool { return strings.EqualFold(string(field[1]), name) }) {
			j.Violated(MUST, Field(name), rfc9113("8.2.2"), "no field about the connection in HTTP/2", name)
		}
	}
}

func judgeErrorResponse(j *Judgement, a *Answer) {
	if a.Status < http.StatusBadRequest || a.exchange.response.BodyErr != nil ||
		a.exchange.probe.Method == http.MethodHead {
		return
	}
	if err := j.run.contract.validateError(a.Status, a.Header, a.Body); err != nil {
		where := Content()
		if f := (*flaw)(nil); errors.As(err, &f) {
			where = f.where
		}
		j.Violated(MUST, where, contract, "an error as the contract has it", err.Error())
	} else if name := repeatedName(json.NewDecoder(bytes.NewReader(a.Body))); name != "" {
		j.Violated(SHOULD, Content(), rfc8259("4"), "a JSON object whose names are unique", fmt.Sprintf("%q twice", name))
	}
}

func judgeErrorCode(j *Judgement, a *Answer) {
	code := a.ErrorCode()
	if a.Status < http.StatusBadRequest || code == "" {
		return
	}
	if isGatewayCode(code) {
		statuses := gatewayStatuses[strings.Replace(code, "APIGW", "APIG", 1)]
		if len(statuses) > 0 && !slices.Contains(statuses, a.Status) {
			j.Violated(SHOULD, Parts(StatusLine(), Text(code)), gateway,
				fmt.Sprintf("%s under status %d", code, statuses[0]), "")
		}
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

// gatewayStatuses are the codes of the gateway's table that this API meets. Its table is longer.
var gatewayStatuses = map[string][]int{
	"APIG.0101": {http.StatusNotFound},
	"APIG.0201": {http.StatusBadGateway, http.StatusGatewayTimeout},
	"APIG.0202": {http.StatusBadGateway, http.StatusGatewayTimeout},
	"APIG.0203": {http.StatusGatewayTimeout, http.StatusBadGateway},
	"APIG.0301": {http.StatusUnauthorized},
	"APIG.0302": {http.StatusForbidden},
	"APIG.0307": {http.StatusUnauthorized},
	"APIG.0308": {http.StatusTooManyRequests},
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
