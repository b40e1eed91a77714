package conformance

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

func judgeUnsupportedMethod(j *Judgement, a *Answer) {
	// A server may look at the method or at the task first.
	noneThere := a.Status == http.StatusNotFound && (isGatewayCode(a.ErrorCode()) || !j.run.names(a.exchange))
	switch {
	case a.Status == http.StatusNotImplemented: // for a method that it does not know at all (RFC 9110 section 15.6.2)
	case a.Status/100 != 4:
		j.Violated(MUST, StatusLine(), rfc9110("15.5.6"), "a 4xx", "")
	case a.Status == http.StatusMethodNotAllowed:
		judgeAllow(j, a)
	case !noneThere:
		j.Violated(SHOULD, StatusLine(), errorPage, "405 Method Not Allowed, or the gateway's 404 with APIG.0101", "")
	}
}

// judgeAllow is about a MUST of HTTP, of which the vendor says nothing.
func judgeAllow(j *Judgement, a *Answer) {
	fields := a.Header.Values("Allow")
	if len(fields) == 0 {
		j.Violated(SHOULD, StatusLine(), rfc9110("15.5.6"), "a 405 with an Allow field", "no Allow field")
		return
	}
	var allowed []string
	for method := range strings.SplitSeq(strings.Join(fields, ","), ",") {
		allowed = append(allowed, strings.TrimSpace(method))
	}
	own, sent := j.Contract().route.Method, a.exchange.probe.withMethod(j.Contract())
	if !slices.Contains(allowed, own) || slices.Contains(allowed, sent) {
		j.Violated(SHOULD, Field("Allow"), rfc9110("10.2.1"), fmt.Sprintf("an Allow field with %s and without %s", own, sent),
			"Allow: "+strings.Join(fields, ", "))
	}
}

// judgeSafeMethod cannot see whether the task is gone: the rule delete will. What a GET is to be answered with is
// beyond the contract, since the vendor has another operation for it.
func judgeSafeMethod(j *Judgement, a *Answer) {
	if a.exchange.claims(j.Contract()) {
		j.Violated(MUST, StatusLine(), rfc9110("9.2.1"), "anything but the answer to a deletion", "")
	}
}
