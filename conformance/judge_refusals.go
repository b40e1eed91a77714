package conformance

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// refusal judges requests that must be answered with a documented 4xx, and should be with a certain one, if the
// contract has it.
func refusal(should int) func(*Judgement, *Answer) {
	return func(j *Judgement, a *Answer) {
		switch {
		case a.Status/100 != 4 || !j.Contract().documents(a.Status):
			j.Violated(MUST, StatusLine(), contract, "a documented 4xx: "+j.Contract().expected(4), "")
		case a.Status == should || !j.Contract().documents(should):
		case a.Generated && should == http.StatusNotFound && a.Status == http.StatusBadRequest:
			// The contract allows more IDs than the vendor shows; that a service has a narrower form of its own is open.
		default:
			j.Violated(SHOULD, StatusLine(), j.rule.Sources[1], statusText(should), "")
		}
	}
}

func judgeUnauthorized(j *Judgement, a *Answer) {
	j.mustBe(a, j.rule.Sources[0], http.StatusUnauthorized)
}

func judgeForeignProject(j *Judgement, a *Answer) {
	j.mustBe(a, errorPage, http.StatusUnauthorized, http.StatusForbidden)
	if a.Status == http.StatusForbidden && j.Contract().documents(http.StatusUnauthorized) {
		j.Violated(SHOULD, StatusLine(), errorPage, "401 Unauthorized, with DMS.10240104", "")
	}
}

// mustBe demands one of several statuses, as far as the contract has them; if it has none, any documented 4xx.
func (j *Judgement) mustBe(a *Answer, source Source, statuses ...int) {
	var expected []string
	for _, status := range statuses {
		if !j.Contract().documents(status) {
			continue
		}
		if a.Status == status {
			return
		}
		expected = append(expected, statusText(status))
	}
	switch {
	case len(expected) > 0:
		j.Violated(MUST, StatusLine(), source, strings.Join(expected, " or "), "")
	case a.Status/100 != 4 || !j.Contract().documents(a.Status):
		j.Violated(MUST, StatusLine(), contract, "a documented 4xx: "+j.Contract().expected(4), "")
	}
}

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

var gatewayCode = regexp.MustCompile(`^APIG(W)?\.[0-9]+$`)

// isGatewayCode reports whether a code is one of the gateway's, for whose table there is no catalogue.
func isGatewayCode(code string) bool { return gatewayCode.MatchString(code) }

func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}
