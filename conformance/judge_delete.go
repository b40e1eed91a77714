package conformance

import (
	"fmt"
	"net/http"
	"strings"
)

func judgeDelete(j *judgement) {
	for x := range j.answers() {
		if x.response.status == http.StatusNoContent {
			continue
		}
		if x.errorCode() == "DMS.00400017" {
			j.skip("the task still runs; name a finished one") // what the API answers then is open
			continue
		}
		expected := "204 No Content, if the task that was named exists and is finished"
		if x.response.status == http.StatusNotFound && j.run.sent("unsupported-method/PUT") {
			expected += ", and if none of the PUT, POST and PATCH before has deleted it"
		}
		j.violated(MUST, x, page, expected)
	}
}

func judgeDeleteEmpty(j *judgement) {
	x := j.send("delete")
	if x.response == nil || x.response.status != http.StatusNoContent {
		j.skip("there was no 204 to look at")
		return
	}
	var found []string
	for _, field := range []string{"Content-Length", "Transfer-Encoding"} {
		for _, value := range x.response.head.Values(field) {
			found = append(found, fmt.Sprintf("%s: %s", field, value))
		}
	}
	source := rfc9110("8.6")
	if n := len(x.response.content()); n > 0 {
		found = append(found, fmt.Sprintf("%d bytes after the header section", n))
		source = rfc9110("15.3.5")
	}
	if len(found) > 0 {
		j.violated(MUST, x, source, "a 204 without "+strings.Join(found, ", "))
	}
}

func judgeDeleteTwice(j *judgement) {
	if first := j.send("delete"); first.response == nil || first.response.status != http.StatusNoContent {
		j.skip("there was no 204 the first time")
		return
	}
	x := j.send("delete-twice")
	if !j.answered(x) {
		return
	}
	switch status := x.response.status; {
	case !j.run.contract.documents(status):
		j.violated(MUST, x, contract, "a documented status")
	case status != http.StatusNotFound && status != j.run.unknownTaskStatus():
		j.violated(SHOULD, x, page, "the answer to a task that does not exist, 404 Not Found")
	}
}

// unknownTaskStatus returns the 4xx that the server has for an unknown task, or 0: a server that answers otherwise than
// it should is consistent at least.
func (r *run) unknownTaskStatus() int {
	if x := r.exchanges["unknown-task"]; x != nil && x.response != nil && x.response.status/100 == 4 {
		return x.response.status
	}
	return 0
}
