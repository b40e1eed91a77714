// Package codes says what an error code means, of the service or of the gateway in front of it.
//
// Sources: "Error Codes" of the DMS API Reference, and the table of error codes of the API Gateway user guide.
package codes

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

// NoSuchURL is what the service says of a task that it does not have: "the requested URL does not exist".
const NoSuchURL = "DMS.00404001"

var meanings = map[string]Meaning{
	"DMS.00400002": Invalid, // malformed project ID
	"DMS.00400030": Invalid, // malformed instance ID
	"DMS.00400061": Invalid, // malformed instance ID
	"DMS.00400070": Invalid, // malformed task ID

	"DMS.00400017": Busy, // a background job of this instance is still running
	"DMS.00400026": Busy, // not allowed in the instance's present state

	"DMS.10240101": Unauthorized, // token invalid
	"DMS.10240102": Unauthorized, // token expired
	"DMS.10240103": Unauthorized, // token missing
	"DMS.10240104": Unauthorized, // project ID and token do not match
	"APIG.0301":    Unauthorized, // any bad token or signature
	"APIG.0307":    Unauthorized, // the gateway wants a fresh token

	"APIG.0302":    Forbidden, // the gateway does not let this user call this API
	"DMS.00403002": Forbidden,
	"DMS.00403003": Forbidden,
	"DMS.10240306": Forbidden,
	"DMS.10240309": Forbidden,
	"DMS.10240310": Forbidden,
	"DMS.10240311": Forbidden,
	"DMS.10240312": Forbidden,

	NoSuchURL:      NotFound,
	"DMS.00404022": InstanceNotFound, // says nothing about a task

	"DMS.10240406": WrongEndpoint, // a 404 that is about the endpoint, not about the task
	"APIG.0101":    WrongEndpoint, // the same of the gateway
	"DMS.00405001": WrongEndpoint, // there is no DELETE here

	"DMS.10240407": Throttled, // flow control, although its status is 404
	"APIG.0308":    Throttled,

	"DMS.00500000": Unavailable,
	"APIG.0201":    Unavailable, // with 504 the gateway waited too long, otherwise it could not reach the service
	"APIG.0202":    Unavailable, // the gateway cannot reach the service
	"APIG.0203":    Unavailable, // the gateway waited too long for the service
}

// Of returns what a code means, Unknown if it is not one of those that say more than their status.
func Of(code string) Meaning {
	if number, ok := Gateway(code); ok {
		code = "APIG." + number
	}
	return meanings[code]
}

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
