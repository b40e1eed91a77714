package conformance

import (
	"maps"
	"net/http"
	"slices"

	"github.com/dmstask/dmstask/internal/codes"
	"github.com/dmstask/dmstask/internal/secret"
)

// DeleteBackgroundTask is the operation that this module is about.
var DeleteBackgroundTask = Operation{ID: "DeleteBackgroundTask", Rules: deleteRules}

// project is the path parameter that a token is for.
const project = "project_id"

// deleteRules are in the order in which they are judged: what needs good credentials comes before the bulk of the wrong
// ones, since a server may lock out a client that fails often, and what shows whether the task exists comes before what
// may delete it by mistake.
func deleteRules(c *Contract) (rules []Rule) {
	parameters, last := c.Parameters(), *c.last()
	rules = append(rules, UnknownRule(last), safeMethods)
	for _, p := range parameters {
		if p.Name != project && !p.Last {
			rules = append(rules, UnknownRule(p))
		}
	}
	if c.parameter(project) != nil {
		rules = append(rules, foreignProject)
	}
	for _, p := range parameters {
		if uuid(p) && !p.Last {
			rules = append(rules, CaseRule(p, last))
		}
	}
	for _, rule := range []func(Parameter) Rule{MalformedRule, NearMissRule} {
		for _, p := range parameters {
			rules = append(rules, rule(p))
		}
	}
	rules = append(rules, unsupportedMethod, missingCredentials, keptConnection(last), invalidCredentials,
		deletion, deleteEmpty, deleteTwice, nearMissCredentials(last),
		framingRule, errorResponse, errorCode, noRedirect, noSecretEcho)
	for i, r := range rules { // they are the caller's to change
		rules[i].Demands, rules[i].Probes = slices.Clone(r.Demands), slices.Clone(r.Probes)
		for j, p := range r.Probes {
			rules[i].Probes[j].IDs, rules[i].Probes[j].Header = maps.Clone(p.IDs), maps.Clone(p.Header)
		}
	}
	return rules
}

var safeMethods = Rule{
	ID:   "safe-methods",
	Says: "GET and HEAD delete nothing, and are not answered like a deletion.",
	Why:  "Crawlers, prefetching browsers and people who follow a link expect that nothing changes.",
	Fix:  "Route by method: only DELETE may delete.",
	Probes: []Probe{
		{Name: getProbe, Method: http.MethodGet},
		{Name: "safe-methods/HEAD", Method: http.MethodHead},
	},
	Demands: []Demand{{MUST, RFC("9110", "9.2.1"), func(x *Exchange) *Finding {
		if !x.Succeeded() {
			return nil
		}
		return &Finding{Want: "anything other than the response to a deletion", Where: StatusLine}
	}}},
}

// getProbe may show that the task exists: the vendor has an operation for it, which is not part of the contract.
const getProbe = "safe-methods/GET"

var foreignProject = Rule{
	ID:     "foreign-project",
	Says:   "A project other than that of the token gets {401} or, failing that, {403}.",
	Why:    "The project in the path is what separates customers: a token is valid for its own project only.",
	Fix:    "Compare project_id with the project of the token; answer {401} DMS.10240104 if they differ.",
	Probes: []Probe{{Name: "foreign-project", IDs: map[string]ID{project: UnknownID()}}},
	Demands: []Demand{
		{MUST, ErrorCodes, Exactly(http.StatusUnauthorized, http.StatusForbidden)},
		{SHOULD, ErrorCodes, Status(http.StatusUnauthorized)},
	},
}

var unsupportedMethod = Rule{
	ID:   "unsupported-method",
	Says: "PUT, POST and PATCH delete nothing. They get {405}, or the gateway's {404} APIG.0101.",
	Why:  "If every method deletes, a request that was meant for something else deletes too.",
	Fix:  "Route by method, and answer unsupported methods with {405} DMS.00405001 and an Allow field.",
	Probes: []Probe{
		{Name: "unsupported-method/PUT", Method: http.MethodPut},
		{Name: "unsupported-method/POST", Method: http.MethodPost},
		{Name: "unsupported-method/PATCH", Method: http.MethodPatch},
		{
			Name: "unsupported-method/override", Method: http.MethodPost,
			Header: map[string]string{"X-HTTP-Method-Override": http.MethodDelete},
		},
	},
	Demands: []Demand{
		{MUST, RFC("9110", "15.5.6"), func(x *Exchange) *Finding {
			// 501 is for a method that a server does not know at all (RFC 9110 section 15.6.2).
			if x.Status/100 == 4 || x.Status == http.StatusNotImplemented {
				return nil
			}
			return &Finding{Want: "a 4xx or 501", Where: StatusLine}
		}},
		{SHOULD, ErrorCodes, func(x *Exchange) *Finding {
			_, ofGateway := codes.Gateway(x.ErrorCode())
			// A server may look for the task first, if it is one that does not exist.
			noneThere := x.Status == http.StatusNotFound && (ofGateway || !x.Named)
			if noneThere || x.Status == http.StatusMethodNotAllowed || x.Status == http.StatusNotImplemented {
				return nil
			}
			return &Finding{Want: "405 Method Not Allowed, or the gateway's 404 with APIG.0101", Where: StatusLine}
		}},
		{SHOULD, RFC("9110", "10.2.1"), Allow},
	},
}

func keptConnection(last Parameter) Rule {
	return Rule{
		ID:   "kept-connection",
		Says: "A response does not depend on earlier requests on the same connection.",
		Why: "Clients and proxies reuse connections: a mix-up there gives one customer the response of another, or lets a " +
			"request without credentials use those of the previous one.",
		Fix: "Check the credentials of every request, and answer the requests on a connection in order.",
		Probes: []Probe{
			{Name: "kept-connection/first", IDs: map[string]ID{last.Name: UnknownID()}},
			{Name: "kept-connection/none", Credentials: NoCredentials()},
			{Name: "kept-connection/again", IDs: map[string]ID{last.Name: UnknownID()}},
		},
		OneConnection: true,
		Demands: []Demand{{MUST, RFC("9112", "9.2"), func(x *Exchange) *Finding {
			like := map[string]string{
				"kept-connection/again": "kept-connection/first", "kept-connection/none": "missing-credentials",
			}[x.Probe.Name]
			alone := x.Answer(like)
			if alone == nil || alone.Status == x.Status || alone.Succeeded() && x.Status == http.StatusNotFound {
				return nil // the task was deleted by the first of them, and no longer exists for the second
			}
			return &Finding{
				Want:  "the response that the same request gets as the first on a connection: " + statusText(alone.Status),
				Where: StatusLine,
			}
		}}},
	}
}

var missingCredentials = Rule{
	ID:   "missing-credentials",
	Says: "A request without credentials gets {401}.",
	Why: "Any other status does not tell a client that it has to log in. A 2xx lets strangers delete; a 404 lets them " +
		"find out what exists.",
	Fix:    "Authenticate before you evaluate the path, and answer {401} if there is neither a token nor a signature.",
	Probes: []Probe{{Name: "missing-credentials", Credentials: NoCredentials()}},
	// No WWW-Authenticate is required: it holds the challenge of an HTTP authentication scheme (RFC 9110 section 11.6.1),
	// and neither a token in a field of its own nor SDK-HMAC-SHA256 is a registered one.
	Demands: []Demand{{MUST, IAM, Exactly(http.StatusUnauthorized)}},
}

var invalidCredentials = Rule{
	ID:     "invalid-credentials",
	Says:   "A request with an invalid token and an invalid signature gets {401}.",
	Why:    "A server that accepts any token protects nothing. A 404 does not tell a client that its token has expired.",
	Fix:    "Verify the token, or the signature, before you evaluate the path; answer {401} if it is invalid.",
	Probes: []Probe{{Name: "invalid-credentials", Credentials: AlteredTokenAndSignature()}},
	// A server may take a request with two credentials for malformed.
	Demands: []Demand{{MUST, IAM, Unless(isOneOf(http.StatusBadRequest), Exactly(http.StatusUnauthorized))}},
}

func nearMissCredentials(last Parameter) Rule {
	return Rule{
		ID:     "near-miss-credentials",
		Says:   "Credentials that are made up or almost right get {401}, whether or not the task exists.",
		Why:    "Comparing only part of a token accepts other tokens. Looking up the task first reveals what exists.",
		Fix:    "Compare the whole token, and verify every signature, before you evaluate the path; answer {401}.",
		Probes: nearCredentials(last),
		Demands: []Demand{{MUST, IAM, Unless(lockedOut, UnlessLike("missing-credentials", UnlessLike("invalid-credentials",
			Exactly(http.StatusUnauthorized))))}},
	}
}

// lockedOut accepts that a server locks out a client that has failed several times, which protects its users.
func lockedOut(x *Exchange) bool {
	first := x.Answer("near-miss-credentials/made-up")
	return (x.throttled() || x.unavailable() || x.Status == http.StatusForbidden) && x.WrongCredentials >= 3 &&
		(first == nil || first.Status == http.StatusUnauthorized || first.Status == x.Status)
}

func nearCredentials(last Parameter) (list []Probe) {
	unknown := map[string]ID{last.Name: UnknownID()}
	list = append(list, []Probe{
		{Name: "near-miss-credentials/made-up", Credentials: MadeUpToken()},
		{Name: "near-miss-credentials/made-up-unknown-task", Credentials: MadeUpToken(), IDs: unknown},
		{Name: "near-miss-credentials/none-unknown-task", Credentials: NoCredentials(), IDs: unknown},
		{Name: "near-miss-credentials/empty", Credentials: EmptyToken()},
		{Name: "near-miss-credentials/signature", Credentials: MadeUpSignature()},
	}...)
	for _, miss := range tokenMisses {
		list = append(list, Probe{Name: probeName("near-miss-credentials", miss.Name), Credentials: NearToken(miss)})
	}
	for _, value := range []string{"Bearer made-up-by-dms-conformance", "SDK-HMAC-SHA256"} {
		name := "near-miss-credentials/" + value
		list = append(list, Probe{Name: name, Credentials: Authorization(value)})
	}
	return list
}

var framingRule = Rule{
	ID:         "framing",
	Says:       "A response is valid and complete HTTP, and declares its end once and clearly.",
	Why:        "If a client and a proxy disagree about where a response ends, one user can get the response for another.",
	Fix:        "Leave framing to the HTTP library: one Content-Length or Transfer-Encoding, nothing after the end.",
	Unreadable: true,
	Demands:    framingDemands,
}

var errorResponse = Rule{
	ID:   "error-response",
	Says: "An error is one JSON document, declared as JSON and valid against the contract.",
	Why:  "Clients tell errors apart by error_code; an HTML page tells them nothing.",
	Fix: "Answer every error with the media type of the contract and an object with error_code and error_msg, " +
		"including errors from a router, a proxy or a framework.",
	Demands: []Demand{{MUST, OpenAPI, ErrorContent}, {SHOULD, RFC("8259", "4"), UniqueNames}},
}

var errorCode = Rule{
	ID:      "error-code",
	Says:    "An error code is in the catalog with the status of the response, or is one of the gateway's.",
	Why:     "Programs switch on codes: an undocumented one is not handled, and one with the wrong status misleads.",
	Fix:     "Use a code from the vendor's catalog, with the status that the catalog lists for it.",
	Demands: []Demand{{SHOULD, ErrorCodes, KnownCode}},
}

var noRedirect = Rule{
	ID:   "no-redirect",
	Says: "No response is a redirect, which could send the token elsewhere or become a GET.",
	Why: "Many HTTP clients follow a redirect to any host and send X-Auth-Token along, or turn the DELETE into a GET " +
		"that is answered with 200.",
	Fix: "Answer with {401} instead of redirecting to a login page, and do not redirect to another path.",
	Demands: []Demand{{MUST, OpenAPI, func(x *Exchange) *Finding {
		if x.Status/100 != 3 {
			return nil
		}
		return &Finding{Want: "no redirect", Where: "Location"}
	}}},
}

var noSecretEcho = Rule{
	ID:         "no-secret-echo",
	Says:       "No response repeats credentials, whether from its own request or another.",
	Why:        "Responses end up in logs, in tickets and on screens, where others can read a token and use it for a day.",
	Fix:        "Keep credentials out of messages, headers and debugging output.",
	Unreadable: true,
	Demands: []Demand{{MUST, CWE209, func(x *Exchange) *Finding {
		if !x.RepeatsCredential() {
			return nil
		}
		return &Finding{Want: "a response without credentials", Near: secret.Mark}
	}}},
}

// isOneOf reports whether a response has one of these statuses.
func isOneOf(statuses ...int) func(*Exchange) bool {
	return func(x *Exchange) bool { return slices.Contains(statuses, x.Status) }
}
