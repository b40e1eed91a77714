package conformance

import (
	"fmt"
	"net/http"
	"strings"
)

func judgeErrorResponse(j *judgement) {
	for _, x := range j.run.answers() {
		if x.response.status < http.StatusBadRequest {
			continue
		}
		if x.response.bodyErr != nil {
			j.violated(MUST, x, contract, "a whole body: "+x.response.bodyErr.Error())
			continue
		}
		if n := x.response.excess; n > 0 {
			j.violated(MUST, x, contract, fmt.Sprintf("nothing after the body; here %d bytes", n))
			continue
		}
		if err := j.run.contract.validateError(x.response.status, x.response.header, x.response.body); err != nil {
			j.violated(MUST, x, contract, "an error as the contract has it; here "+err.Error())
		}
	}
}

func judgeErrorCode(j *judgement) {
	codes := parsedCatalogue()
	for _, x := range j.run.answers() {
		code := x.errorCode()
		if x.response.status < http.StatusBadRequest || code == "" || isGatewayCode(code) {
			continue
		}
		switch status, ok := codes[code]; {
		case ok && status != x.response.status:
			j.violated(SHOULD, x, errorPage, fmt.Sprintf("%s under status %d", code, status))
		case !ok && strings.HasPrefix(code, "DMS."):
			j.violated(SHOULD, x, errorPage, fmt.Sprintf("a code of the catalogue, which does not have %q", code))
		case !ok:
			j.violated(SHOULD, x, errorPage, fmt.Sprintf("a code that starts with DMS., APIG. or APIGW., not %q", code))
		}
	}
}

func judgeNoRedirect(j *judgement) {
	for _, x := range j.run.answers() {
		if x.response.status/100 == 3 {
			j.violated(MUST, x, contract, "no redirect")
		}
	}
}

func judgeNoSecretEcho(j *judgement) {
	for _, x := range j.run.answers() {
		if x.repeatsSecret() {
			j.violated(MUST, x, j.rule.Sources[0], "a response without the token")
		}
	}
}
