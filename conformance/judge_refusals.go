package conformance

import (
	"fmt"
	"net/http"
	"strings"
)

// refusal judges requests that must be answered with a documented 4xx, and should be with a certain one.
func refusal(should int) func(*judgement) {
	return func(j *judgement) {
		for x := range j.answers() {
			switch status := x.response.status; {
			case status/100 != 4 || !j.run.contract.documents(status):
				j.violated(MUST, x, contract, "a documented 4xx: "+j.run.contract.statuses(4))
			case status != should:
				j.violated(SHOULD, x, j.rule.Sources[1], fmt.Sprintf("%d %s", should, http.StatusText(should)))
			}
		}
	}
}

func judgeUnauthorized(j *judgement) {
	for x := range j.answers() {
		if x.response.status != http.StatusUnauthorized {
			j.violated(MUST, x, j.rule.Sources[0], "401 Unauthorized")
		}
	}
}

func judgeForeignProject(j *judgement) {
	for x := range j.answers() {
		switch x.response.status {
		case http.StatusUnauthorized:
		case http.StatusForbidden:
			j.violated(SHOULD, x, errorPage, "401 Unauthorized, with DMS.10240104")
		default:
			j.violated(MUST, x, errorPage, "401 Unauthorized or 403 Forbidden")
		}
	}
}

func judgeUnsupportedMethod(j *judgement) {
	for x := range j.answers() {
		gatewayHasNone := x.response.status == http.StatusNotFound && isGatewayCode(x.errorCode())
		switch status := x.response.status; {
		case status/100 != 4:
			j.violated(MUST, x, rfc9110("15.5.6"), "a 4xx")
		case status != http.StatusMethodNotAllowed && !gatewayHasNone:
			j.violated(SHOULD, x, errorPage, "405 Method Not Allowed, or the gateway's 404 with APIG.0101")
		}
	}
}

// isGatewayCode reports whether a code is one of the gateway's, for whose table there is no catalogue.
func isGatewayCode(code string) bool {
	return strings.HasPrefix(code, "APIG.") || strings.HasPrefix(code, "APIGW.")
}
