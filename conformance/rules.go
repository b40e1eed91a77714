package conformance

import "net/http"

// Bodies of the examples, as a DMS server would write them.
const (
	jsonHead     = "Content-Type: application/json\n"
	noSuchThing  = `{"error_code": "DMS.00404022", "error_msg": "The instance does not exist."}` + "\n"
	internal     = `{"error_code": "DMS.00500000", "error_msg": "Internal error."}` + "\n"
	noContent    = "HTTP/1.1 204 No Content\n\n"
	notFound     = "HTTP/1.1 404 Not Found\n" + jsonHead + "\n"
	serverFailed = "HTTP/1.1 500 Internal Server Error\n" + jsonHead + "\n" + internal
)

var rules = []Rule{
	{
		ID: "unknown-task", Level: MUST, Sources: []Source{contract, rfc9110("15.5.5")},
		Demands: "An unknown task gets a documented 4xx, which SHOULD be 404.",
		Why: "A client that is told 204 for a record which never existed cannot notice a wrong ID, and one that is told " +
			"5xx tries again in vain.",
		Example: noContent,
		Mend:    "Look the task up before deleting it, and answer 404 with an error_code if it is not there.",
		Probes:  []Probe{{Name: "unknown-task", TaskID: UnknownID}},
		Check:   refusal("an unknown task", http.StatusNotFound, rfc9110("15.5.5"), otherTaskIDs),
	},
	{
		ID: "unknown-instance", Level: MUST, Sources: []Source{contract, errorPage},
		Demands: "An unknown instance gets a documented 4xx, which SHOULD be 404.",
		Why: "A server that finds a task by its ID alone, whatever instance the path names, lets a client delete in an " +
			"instance that it did not mean.",
		Example: noContent,
		Mend:    "Look the task up within the instance of the path; answer 404 DMS.00404022 if there is no such instance.",
		Probes:  []Probe{{Name: "unknown-instance", InstanceID: UnknownID}},
		Check:   refusal("an unknown instance", http.StatusNotFound, errorPage, otherInstanceIDs),
	},
	{
		ID: "malformed-project-id", Level: MUST, Sources: []Source{contract, errorPage},
		Demands: "A malformed project ID gets a documented 4xx, which SHOULD be 400.",
		Why:     "A 5xx for a typing error calls for another attempt, and often means that the ID got too far.",
		Example: serverFailed,
		Mend:    "Validate project_id against the contract before it is used; answer 400 DMS.00400002.",
		Probes: []Probe{
			{Name: "malformed-project-id/alphabet", ProjectID: MalformedID("~not~a~project~")},
			{Name: "malformed-project-id/length", ProjectID: OwnIDPlus("0")},
		},
		Check: refusal("a malformed project ID", http.StatusBadRequest, errorPage, foreignFirst),
	},
	{
		ID: "malformed-instance-id", Level: MUST, Sources: []Source{contract, errorPage},
		Demands: "A malformed instance ID gets a documented 4xx, which SHOULD be 400.",
		Why:     "A 5xx for a typing error calls for another attempt, and often means that the ID got too far.",
		Example: serverFailed,
		Mend:    "Validate instance_id against the contract before it is used; answer 400 DMS.00400030 or DMS.00400061.",
		Probes: []Probe{
			{Name: "malformed-instance-id/alphabet", InstanceID: MalformedID("~not~an~instance~")},
			{Name: "malformed-instance-id/length", InstanceID: OwnIDPlus("0")},
		},
		Check: refusal("a malformed instance ID", http.StatusBadRequest, errorPage, malformedOnly),
	},
	{
		ID: "malformed-task-id", Level: MUST, Sources: []Source{contract, errorPage},
		Demands: "A malformed task ID gets a documented 4xx, which SHOULD be 400.",
		Why:     "One path segment above the task is the instance: a server that takes any text for a task ID comes close.",
		Example: serverFailed,
		Mend:    "Validate task_id against the contract before it is used; answer 400 DMS.00400070.",
		// The vendor leaves the format of a task ID open, so all are wrong by any reading: no length is tried.
		Probes: []Probe{
			{Name: "malformed-task-id/tilde", TaskID: MalformedID("~not~a~task~")},
			{Name: "malformed-task-id/quotes", TaskID: MalformedID(`not"a'task<>`)},
			{Name: "malformed-task-id/bytes", TaskID: MalformedID("not\xffa\xc3task")},
			{Name: "malformed-task-id/blank", TaskID: OwnIDPlus(" ")},
			{Name: "malformed-task-id/suffix", TaskID: OwnIDPlus("~")},
			{Name: "malformed-task-id/encoded", TaskID: OwnIDEncoded},
		},
		Check: refusal("a malformed task ID", http.StatusBadRequest, errorPage, widerTaskIDs),
	},
	{
		ID: "missing-credentials", Level: MUST, Sources: []Source{iam, rfc9110("15.5.2")},
		Demands: "A request without credentials, or with an empty token, gets 401.",
		Why: "With anything else a client does not learn that it has to log in, and with a 2xx or 404 strangers delete, " +
			"or learn what exists.",
		Example: notFound + noSuchThing,
		Mend:    "Authenticate before the path is looked at, and answer 401 if there is neither a token nor a signature.",
		Probes: []Probe{
			{Name: "missing-credentials", Credentials: NoCredentials},
			{Name: "missing-credentials/empty", Credentials: EmptyCredentials},
			{Name: "missing-credentials/unknown-task", Credentials: NoCredentials, TaskID: UnknownID},
		},
		Check: judgeUnauthorized,
	},
	{
		ID: "invalid-credentials", Level: MUST, Sources: []Source{iam, rfc9110("15.5.2")},
		Demands: "A token or a signature that nobody issued gets 401, however well it looks.",
		Why:     "A server that takes any token protects nothing; from 404 a client does not learn that its own has expired.",
		Example: noContent,
		Mend: "Verify the token, or the signature of the request, or have the identity service do so, before the path is " +
			"looked at; answer 401 if it is not good.",
		Probes: []Probe{
			{Name: "invalid-credentials", Credentials: MadeUpCredentials},
			{Name: "invalid-credentials/altered", Credentials: AlteredCredentials},
			{Name: "invalid-credentials/signature", Credentials: MadeUpSignature},
			{Name: "invalid-credentials/unknown-task", Credentials: MadeUpCredentials, TaskID: UnknownID},
		},
		Check: judgeUnauthorized,
	},
	{
		ID: "foreign-project", Level: MUST, Sources: []Source{errorPage, iam},
		Demands: "A project that the token is not for gets 401 or 403, which SHOULD be 401.",
		Why:     "The project in the path is what separates customers: a token is good for its own alone.",
		Example: notFound + noSuchThing,
		Mend:    "Compare project_id with the project of the token; answer 401 DMS.10240104 if they differ.",
		Probes:  []Probe{{Name: "foreign-project", ProjectID: UnknownID}},
		Check:   judgeForeignProject,
	},
	{
		ID: "unsupported-method", Level: MUST, Sources: []Source{errorPage, gateway, rfc9110("15.5.6")},
		Demands: "PUT, POST, PATCH delete nothing and get 501 or a 4xx, which SHOULD be 405 or 404.",
		Why:     "A path that takes any method deletes on a request which was meant for something else.",
		Example: noContent,
		Mend:    "Route by method, and answer 405 DMS.00405001 with an Allow field for those that are not there.",
		Probes: []Probe{
			{Name: "unsupported-method/PUT", Method: http.MethodPut},
			{Name: "unsupported-method/POST", Method: http.MethodPost},
			{Name: "unsupported-method/PATCH", Method: http.MethodPatch},
		},
		Check: judgeUnsupportedMethod,
	},
	{
		ID: "safe-methods", Level: MUST, Sources: []Source{rfc9110("9.2.1")},
		Demands: "GET and HEAD delete nothing; their answer is not that to a deletion.",
		Why:     "What only reads is sent by crawlers, by prefetching and by people who look at a link.",
		Example: noContent,
		Mend:    "Route by method: DELETE alone may delete.",
		Probes: []Probe{
			{Name: "safe-methods/GET", Method: http.MethodGet},
			{Name: "safe-methods/HEAD", Method: http.MethodHead},
		},
		Check: judgeSafeMethod,
	},
	{
		ID: "delete", Level: MUST, Deletes: true, Sources: []Source{page},
		Demands: "A finished task is deleted, with the status that the contract has for it, 204.",
		Why:     "It is what the operation is for; clients take any other status for a failure.",
		Example: "HTTP/1.1 200 OK\n" + jsonHead + "\n{}\n",
		Mend:    "Delete the record and answer 204 No Content, once it is gone and not before.",
		Probes:  []Probe{{Name: "delete"}},
		Check:   judgeDelete,
	},
	{
		ID: "delete-empty", Level: MUST, Deletes: true,
		Sources: []Source{rfc9110("6.4.1"), rfc9110("8.6"), rfc9110("15.3.5")},
		Demands: "That 204 has no Content-Length, no Transfer-Encoding and no content.",
		Why:     "A 204 ends with its header section: what follows is taken for the beginning of the next answer.",
		Example: "HTTP/1.1 204 No Content\nContent-Length: 3\n\n{}\n",
		Mend:    "Write no body for a 204, and let the HTTP library frame it; look for a proxy that adds fields.",
		Probes:  []Probe{{Name: "delete"}},
		Check:   judgeDeleteEmpty,
	},
	{
		ID: "delete-twice", Level: SHOULD, Deletes: true, Sources: []Source{rfc9110("9.2.2"), page},
		Demands: "The same task again gets the answer of an unknown task, not another 204.",
		Why:     "A client whose first answer was lost asks again: from 404 it knows that the record is gone.",
		Example: noContent,
		Mend:    "Answer the second deletion as you answer one of a task that never existed.",
		Probes:  []Probe{{Name: "delete"}, {Name: "delete-twice"}},
		Check:   judgeDeleteTwice,
	},
	{
		ID: "framing", Level: MUST, Sources: []Source{rfc9112("6.2"), rfc9112("6.3"), rfc9112("2.2")},
		Demands: "An answer arrives whole, and where it ends is said once and clearly.",
		Why:     "Two readings of where an answer ends let one server on the way smuggle an answer past another.",
		Example: "HTTP/1.1 404 Not Found\n" + jsonHead + "Content-Length: 2000\n\n" + noSuchThing,
		Mend: "Let the HTTP library frame the answer: one Content-Length that is right, or Transfer-Encoding, never both; " +
			"lines end with CR LF, and nothing follows.",
		Check: judgeFraming,
	},
	{
		ID: "error-response", Level: MUST, Sources: []Source{contract, errorPage},
		Demands: "An error is one JSON document, declared as such and valid against the contract.",
		Why:     "Clients tell errors apart by error_code: from a page of HTML they learn nothing.",
		Example: "HTTP/1.1 404 Not Found\nContent-Type: text/html\n\n<h1>Not Found</h1>\n",
		Mend: "Answer every error with the media type of the contract and an object with error_code and error_msg, also " +
			"those that a router, a proxy or a framework makes.",
		Check: judgeErrorResponse,
	},
	{
		ID: "error-code", Level: SHOULD, Sources: []Source{errorPage, gateway},
		Demands: "An error code is in the catalogue under that very status, or is the gateway's.",
		Why:     "Programs switch on codes: one that nobody documents falls through, one under another status misleads.",
		Example: "HTTP/1.1 404 Not Found\n" + jsonHead + "\n" +
			`{"error_code": "not_found", "error_msg": "Not found."}` + "\n",
		Mend:  "Take the code from the vendor's catalogue, and the status that the catalogue has for it.",
		Check: judgeErrorCode,
	},
	{
		ID: "no-redirect", Level: MUST, Sources: []Source{contract},
		Demands: "No answer is a redirect, which would take the token elsewhere or send a GET.",
		Why: "Many HTTP clients follow a redirect with X-Auth-Token in hand, to whatever host it names, or turn the " +
			"DELETE into a GET that answers 200.",
		Example: "HTTP/1.1 302 Found\nLocation: https://login.example.com/\n\n",
		Mend:    "Answer API requests with 401 in place of a redirect to a login page, and serve the path itself.",
		Check:   judgeNoRedirect,
	},
	{
		ID: "no-secret-echo", Level: MUST, Sources: []Source{cwe209},
		Demands: "No answer repeats a token, that of its request or another.",
		Why:     "Answers end in logs, in tickets and on screens, where a token is good for a day to whoever reads it.",
		Example: notFound + `{"error_code": "DMS.00404022", "error_msg": "no instance for token {token}"}` + "\n",
		Mend:    "Keep credentials out of messages, headers and debugging output.",
		Check:   judgeNoSecretEcho,
	},
}
