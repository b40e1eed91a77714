package conformance

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/dmstask/dmstask/internal/codes"
)

var deletion = Rule{
	ID: "delete", Deletes: true,
	Says:    "The record of a finished task is deleted, with {204}.",
	Why:     "This is what the operation is for, and clients treat any other status as a failure.",
	Fix:     "Delete the record, and answer {204} only after that.",
	Probes:  []Probe{{Name: "delete"}},
	Demands: []Demand{{MUST, Page, deleted}},
}

var deleteEmpty = Rule{
	ID: "delete-empty", Deletes: true,
	Says:    "A 204 has no Content-Length, no Transfer-Encoding and no content.",
	Why:     "A 204 ends with its header section: a client reads what follows as the start of the next response.",
	Fix:     "Write no body for a 204, and leave framing to the HTTP library; look for a proxy that adds fields.",
	Probes:  []Probe{{Name: "delete"}},
	Demands: []Demand{{MUST, RFC("9110", "8.6"), Empty}},
}

var deleteTwice = Rule{
	ID: "delete-twice", Deletes: true,
	Says:   "A second deletion gets the response for an unknown task, not another {204}.",
	Why:    "A client that missed the first response tries again: a 404 tells it that the record no longer exists.",
	Fix:    "Answer the second deletion like that of a task that never existed.",
	Probes: []Probe{{Name: "delete"}, {Name: "delete-twice"}},
	Demands: []Demand{
		{MUST, OpenAPI, second(func(x *Exchange) *Finding {
			if x.Contract.Documents(x.Status) {
				return nil
			}
			return &Finding{Want: "a documented status", Where: StatusLine}
		})},
		{SHOULD, RFC("9110", "9.2.2"), second(func(x *Exchange) *Finding {
			unknown := x.Answer("unknown-task")
			switch {
			case x.Status == http.StatusNotFound:
				return Code("an unknown task")(x)
			case unknown != nil && unknown.Status/100 == 4 && unknown.Status == x.Status:
				return nil // which unknown-task reports already
			}
			f := &Finding{Want: "the response for a task that does not exist: {404}", Where: StatusLine}
			if x.Succeeded() {
				f.Want += "; after a second success, the record may still exist"
			}
			return f
		})},
	},
}

// second leaves out the first of two deletions. Unless that succeeds, nothing follows from the second.
func second(check Check) Check {
	return func(x *Exchange) *Finding {
		first := x.Answer("delete")
		switch {
		case first == nil || !first.Succeeded():
			return &Finding{Open: "the first deletion did not succeed"}
		case x.Probe.Name == "delete":
			return nil
		}
		return check(x)
	}
}

// shows reports whether the response to a GET contains the ID of what was to be deleted.
func shows(get, x *Exchange) bool {
	return bytes.Contains(get.Body, []byte(x.IDs[x.Contract.last().Name]))
}

// deleted requires a documented success. That a task is still running, or that the user may not delete it, is not the
// server's fault. That a task is missing is a violation only if a GET has shown its ID before.
func deleted(x *Exchange) *Finding {
	code := x.ErrorCode()
	meaning := codes.Of(code)
	get := x.Answer(getProbe)
	switch {
	case x.Status/100 == 2 && x.Contract.Documents(x.Status):
		if err := x.Contract.ValidateResponse(x.Status, x.Header, x.Body); err != nil && x.Status != http.StatusNoContent {
			return &Finding{Want: "a response that matches the contract", Got: err.Error(), Where: Content}
		}
		return nil
	case x.Status == http.StatusBadRequest && meaning == codes.Busy:
		return &Finding{Open: code + " is for " + codes.Says(code) + "; name a finished task, or try again later"}
	case x.Status == http.StatusForbidden:
		return &Finding{
			Open: "perhaps the user lacks the IAM permission dms:instance:deleteBackgroundTask, or the instance is frozen",
		}
	case (x.Status == http.StatusUnauthorized || x.Status == http.StatusTooManyRequests) && x.WrongCredentials > 0:
		return &Finding{Open: fmt.Sprintf("the server refuses the credentials, and may have locked the user out, since it "+
			"has had requests with wrong ones (%d); check the rule delete alone", x.WrongCredentials)}
	case x.Status != http.StatusNotFound || meaning != codes.NotFound && meaning != codes.InstanceNotFound:
	case get != nil && get.Status == http.StatusOK && shows(get, x):
		return &Finding{
			Want: "{204}", Where: StatusLine,
			Got: fmt.Sprintf("the loss of a task that a GET had shown, probably due to one of %d earlier requests", x.Exposed),
		}
	case x.Exposed == 0:
		return &Finding{Open: "the service has no such task; is the task ID right?"}
	default:
		return &Finding{Open: fmt.Sprintf("the service has no such task; is the task ID right? If it is, one of the %d "+
			"earlier requests has probably deleted it, although none of them should", x.Exposed)}
	}
	return &Finding{Want: "{204} for a task that exists and is finished", Where: StatusLine}
}
