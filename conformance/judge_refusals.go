package conformance

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// refusal judges requests that must be answered with a documented 4xx, and should be with a certain one, if the
// contract has it, and no code for something else than what is refused. Where the vendor leaves open what is right,
// tolerates knows.
func refusal(what string, should int, source Source, tolerates func(*Answer) bool) func(*Judgement, *Answer) {
	return func(j *Judgement, a *Answer) {
		switch {
		case a.Status/100 != 4 || !j.Contract().documents(a.Status):
			j.Violated(MUST, StatusLine(), contract, "a documented 4xx: "+j.Contract().expected(4), "")
		case a.Status == should:
			j.judgeMeaning(a, what)
		case j.Contract().documents(should) && !tolerates(a):
			j.Violated(SHOULD, StatusLine(), source, statusText(should), "")
		}
	}
}

// otherTaskIDs: the format of a task ID is open, and a service may have a narrower one than the contract.
func otherTaskIDs(a *Answer) bool {
	return a.Status == http.StatusBadRequest && (a.Generated || a.ErrorCode() == "DMS.00400070")
}

// otherInstanceIDs: the contract allows more UUIDs than the vendor's examples show.
func otherInstanceIDs(a *Answer) bool { return a.Status == http.StatusBadRequest && a.Generated }

// foreignFirst: a malformed project is not that of the token either, and which is looked at first is open.
func foreignFirst(a *Answer) bool {
	return a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden
}

// malformedOnly: there is no other reason to refuse.
func malformedOnly(*Answer) bool { return false }

// widerTaskIDs: a service may have a wider form than the contract, too, and no such task.
func widerTaskIDs(a *Answer) bool { return a.Status == http.StatusNotFound && a.Generated }

// noSuchAPI is what a client is told that has the wrong host, region or path.
const noSuchAPI = "an API that does not exist"

// meanings are what codes of 400 and 404 say about a path, in the words of the rules.
var meanings = map[string]string{
	"DMS.00400002": "a malformed project ID",
	"DMS.00400017": "a task that still runs",
	"DMS.00400026": "an instance in another state",
	"DMS.00400030": "a malformed instance ID",
	"DMS.00400061": "a malformed instance ID",
	"DMS.00400070": "a malformed task ID",
	"DMS.10240406": noSuchAPI,
	"APIG.0101":    noSuchAPI,
	"APIGW.0101":   noSuchAPI,
}

// judgeMeaning holds the code of a refusal against what is refused: programs go by the code.
func (j *Judgement) judgeMeaning(a *Answer, refused string) {
	code := a.ErrorCode()
	if status, ok := parsedCatalogue()[code]; ok && status != a.Status {
		return // which the rule error-code is about
	}
	if meaning, ok := meanings[code]; ok && meaning != refused {
		j.Violated(SHOULD, Text(code), errorPage, "a code for "+refused, fmt.Sprintf("%s, which is for %s", code, meaning))
	}
}

func judgeUnauthorized(j *Judgement, a *Answer) {
	// No WWW-Authenticate is asked for: neither a token in a field of its own nor SDK-HMAC-SHA256 is an authentication
	// scheme of HTTP, of which it would be the challenge (RFC 9110 section 11.6.1).
	j.mustBe(a, iam, http.StatusUnauthorized)
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

var gatewayCode = regexp.MustCompile(`^APIG(W)?\.[0-9]+$`)

// isGatewayCode reports whether a code is one of the gateway's, for whose table there is no catalogue.
func isGatewayCode(code string) bool { return gatewayCode.MatchString(code) }

func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}
