// Package codes has the meaning of error codes, of the service and of the gateway in front of it.
//
// Sources: "Error Codes" of the DMS API Reference, and the table of error codes of the API Gateway user guide.
package codes

import (
	_ "embed"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A Meaning is what an error code or a status stands for.
type Meaning int

// The meanings, which package client explains where it has an error for each.
const (
	Unknown Meaning = iota
	Invalid
	NotFound
	InstanceNotFound
	Unauthorized
	Forbidden
	Busy
	Throttled
	WrongEndpoint
	Unavailable
)

// NoSuchURL is the code for a task that the service does not have: "the requested URL does not exist".
const NoSuchURL = "DMS.00404001"

// An entry is what a code stands for, and in words what it says of a request.
type entry struct {
	meaning Meaning
	says    string
}

var entries = map[string]entry{
	"DMS.00400002": {Invalid, "a malformed project_id"},
	"DMS.00400030": {Invalid, "a malformed instance_id"},
	"DMS.00400061": {Invalid, "a malformed instance_id"},
	"DMS.00400070": {Invalid, "a malformed task_id"},

	"DMS.00400017": {Busy, "a task that is still running"},
	"DMS.00400026": {Busy, "an instance whose state does not allow it"},

	"DMS.10240101": {Unauthorized, "an invalid token"},
	"DMS.10240102": {Unauthorized, "an expired token"},
	"DMS.10240103": {Unauthorized, "a missing token"},
	"DMS.10240104": {Unauthorized, "a project other than that of the token"},
	"APIG.0301":    {Unauthorized, "an incorrect token or signature"},
	"APIG.0307":    {Unauthorized, "a token that must be renewed"},

	"APIG.0302":    {Forbidden, "a user who may not call this API"},
	"DMS.00403002": {Forbidden, ""},
	"DMS.00403003": {Forbidden, ""},
	"DMS.10240306": {Forbidden, ""},
	"DMS.10240309": {Forbidden, ""},
	"DMS.10240310": {Forbidden, ""},
	"DMS.10240311": {Forbidden, ""},
	"DMS.10240312": {Forbidden, ""},

	NoSuchURL:      {NotFound, "a URL that does not exist"},
	"DMS.00404022": {InstanceNotFound, "an instance that does not exist"}, // says nothing about a task

	"DMS.10240406": {WrongEndpoint, "an API that does not exist"}, // a 404 that is about the endpoint, not about the task
	"APIG.0101":    {WrongEndpoint, "an API that does not exist"}, // the same of the gateway
	"DMS.00405001": {WrongEndpoint, "a method that is not allowed"},

	"DMS.10240407": {Throttled, "too many requests"}, // flow control, although its status is 404
	"APIG.0308":    {Throttled, "too many requests"},

	"DMS.00500000": {Unavailable, "an internal error"},
	"APIG.0201":    {Unavailable, "a backend that is unavailable"}, // with 504 the gateway waited too long
	"APIG.0202":    {Unavailable, "a backend that is unavailable"},
	"APIG.0203":    {Unavailable, "a backend that timed out"},
}

// gatewayStatuses are those of the gateway's codes that this API meets, the usual one first. Its table is longer.
var gatewayStatuses = map[string][]int{
	"APIG.0101": {404},
	"APIG.0201": {502, 504},
	"APIG.0202": {502, 504},
	"APIG.0203": {504, 502},
	"APIG.0301": {401},
	"APIG.0302": {403},
	"APIG.0307": {401},
	"APIG.0308": {429},
}

// Two columns, status and code: what the DMS API Reference lists under "Error Codes".
//
//go:embed error-codes.tsv
var catalog string

var parsedCatalogue = sync.OnceValue(func() map[string]int {
	codes := make(map[string]int)
	for line := range strings.Lines(catalog) {
		status, code, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if n, err := strconv.Atoi(status); err == nil {
			codes[code] = n
		}
	}
	return codes
})

// Catalogue returns the error codes that the vendor documents for DMS, each with its HTTP status.
func Catalogue() map[string]int { return maps.Clone(parsedCatalogue()) }

// Statuses returns the HTTP statuses that a code belongs to, the usual one first, by the catalog of the service or
// the table of the gateway; none if neither has it.
func Statuses(code string) []int {
	if status, ok := parsedCatalogue()[code]; ok {
		return []int{status}
	}
	return gatewayStatuses[plain(code)]
}

// Says returns in words what a code says of a request, such as "a malformed task_id", or "" if that is not known.
func Says(code string) string { return entries[plain(code)].says }

// For returns the codes that say this of a request, in order.
func For(says string) (list []string) {
	for code, entry := range entries {
		if entry.says == says {
			list = append(list, code)
		}
	}
	slices.Sort(list)
	return list
}

// plain returns a code in the one of the gateway's two spellings that the tables here have.
func plain(code string) string {
	if number, ok := Gateway(code); ok {
		return "APIG." + number
	}
	return code
}

// Of returns what a code means, Unknown if it is not one of those that say more than their status.
func Of(code string) Meaning { return entries[plain(code)].meaning }

// Gateway returns the number of a code of the gateway, of which there are two spellings.
func Gateway(code string) (number string, ok bool) {
	for _, prefix := range []string{"APIG.", "APIGW."} {
		if len(code) > len(prefix) && code[:len(prefix)] == prefix {
			return code[len(prefix):], true
		}
	}
	return "", false
}

// OfStatus returns what a status means whose code is missing or is not known.
func OfStatus(status int) Meaning {
	switch status {
	case 400:
		return Invalid
	case 401:
		return Unauthorized
	case 403:
		return Forbidden
	case 404, 405, 410, 421: // any web server has a 404
		return WrongEndpoint
	case 409, 423:
		return Busy
	case 429:
		return Throttled
	case 408, 425:
		return Unavailable
	}
	if status >= 500 {
		return Unavailable
	}
	return Unknown
}
