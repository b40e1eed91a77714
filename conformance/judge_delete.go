package conformance

import (
	"fmt"
	"net/http"
	"strings"
)

func judgeDelete(j *Judgement, a *Answer) {
	switch {
	// What the API answers for a task that runs, or to a user who may not delete, is open, or not the server's fault.
	case a.Status == http.StatusBadRequest && a.ErrorCode() == "DMS.00400017":
		j.Skip("the task still runs; name a finished one")
	case a.Status == http.StatusBadRequest && a.ErrorCode() == "DMS.00400026":
		j.Skip("the instance is in a state that does not allow it; try again later")
	case a.Status == http.StatusForbidden:
		j.Skip("the user may not delete, or the instance is frozen; the IAM action is dms:instance:deleteBackgroundTask")
	case !j.deleted(a):
		expected := j.Contract().expected(2) + ", if the task that was named exists and is finished"
		if a.Status == http.StatusNotFound && j.run.exposed {
			expected += ", and if none of the requests before has deleted it, which must not: those without credentials, " +
				"of other methods, for other IDs and in other projects"
		}
		j.Violated(MUST, StatusLine(), page, expected, "")
	case a.Status != http.StatusNoContent:
		if err := j.Contract().ValidateResponse(a.Status, a.Header, a.Body); err != nil {
			j.Violated(MUST, Content(), contract, "an answer as the contract has it", err.Error())
		}
	}
}

// deleted reports whether an answer says that the task is deleted.
func (j *Judgement) deleted(a *Answer) bool {
	return a.Status/100 == 2 && j.Contract().documents(a.Status)
}

func judgeDeleteEmpty(j *Judgement, a *Answer) {
	if a.Status != http.StatusNoContent {
		j.Skip("there was no 204 to look at")
		return
	}
	var found []string
	for _, field := range []string{"Content-Length", "Transfer-Encoding"} {
		for _, value := range a.Header.Values(field) {
			found = append(found, fmt.Sprintf("%s: %s", field, value))
		}
	}
	source := rfc9110("8.6")
	if n := len(a.exchange.response.Content()); n > 0 {
		found = append(found, fmt.Sprintf("%d bytes after the header section", n))
		source = rfc9110("15.3.5")
	}
	if len(found) > 0 {
		j.Violated(MUST, Parts(Field("Content-Length", "Transfer-Encoding"), Content()), source,
			"a 204 that ends with its header section", strings.Join(found, ", "))
	}
}

func judgeDeleteTwice(j *Judgement, a *Answer) {
	if a.Probe == "delete" {
		if !j.deleted(a) {
			j.Skip("the task was not deleted the first time")
		}
		return
	}
	// A server that answers otherwise than it should is consistent at least.
	unknown := j.Earlier("unknown-task")
	switch {
	case !j.Contract().documents(a.Status):
		j.Violated(MUST, StatusLine(), contract, "a documented status", "")
	case a.Status == http.StatusNotFound:
		j.judgeMeaning(a, "a task that does not exist")
	case unknown != nil && unknown.Status/100 == 4 && unknown.Status == a.Status:
	default:
		expected := "the answer to a task that does not exist, " + statusText(http.StatusNotFound)
		if j.deleted(a) {
			expected += "; after another success the record may still be there"
		}
		j.Violated(SHOULD, StatusLine(), page, expected, "")
	}
}
