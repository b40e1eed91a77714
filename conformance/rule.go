package conformance

import "slices"

// A Rule is one demand on a server.
type Rule struct {
	ID      string   `json:"id"`
	Level   Level    `json:"level"`
	Deletes bool     `json:"deletes"` // it deletes the record of the target's task
	Demands string   `json:"demands"` // in one sentence
	Sources []Source `json:"sources"`

	needs  []need
	probes []string // the requests that it looks at; none: it looks at the answers to all that were sent
	judge  func(*judgement)
}

// A Source is where a demand is written.
type Source struct {
	Text string `json:"text"`
	URL  string `json:"url,omitempty"`
}

// need is something without which a rule cannot be judged.
type need string

const (
	needsProject     need = "project ID"
	needsInstance    need = "instance ID"
	needsTask        need = "task ID"
	needsCredentials need = "credentials"
)

// misses returns the first thing that a rule needs and the target does not have, or "".
func (t Target) misses(r Rule) need {
	has := map[need]bool{
		needsProject: t.ProjectID != "", needsInstance: t.InstanceID != "", needsTask: t.TaskID != "",
		needsCredentials: t.hasCredentials(),
	}
	for _, n := range r.needs {
		if !has[n] {
			return n
		}
	}
	return ""
}

// Rules returns all rules in the order in which they are judged.
func Rules() []Rule {
	all := slices.Clone(rules)
	for i := range all {
		all[i].Sources = slices.Clone(all[i].Sources)
	}
	return all
}

// The places where demands are written.
var (
	page      = Source{Text: `DMS API Reference, "Deleting a Background Task"`, URL: pageURL}
	errorPage = Source{Text: `DMS API Reference, "Error Codes"`}
	gateway   = Source{Text: "API Gateway user guide, error codes"}
	iam       = Source{Text: `DMS API Reference, "Authentication"`}
	cwe209    = Source{
		Text: "CWE-209, error message with sensitive information",
		URL:  "https://cwe.mitre.org/data/definitions/209.html",
	}
	contract = Source{Text: "openapi.yaml, operation DeleteBackgroundTask"}
)

const pageURL = "https://docs.otc.t-systems.com/distributed-message-service/api-ref/" +
	"apis_v2_recommended/background_task_management/deleting_a_background_task.html"

func rfc9110(section string) Source {
	return Source{
		Text: "RFC 9110 section " + section,
		URL:  "https://www.rfc-editor.org/rfc/rfc9110#section-" + section,
	}
}

var rules = []Rule{
	{
		ID: "unknown-task", Level: MUST, Sources: []Source{contract, rfc9110("15.5.5")},
		Demands: "An unknown task gets a documented 4xx, which SHOULD be 404.",
		needs:   []need{needsCredentials, needsProject, needsInstance},
		probes:  []string{"unknown-task"},
		judge:   refusal(404),
	},
	{
		ID: "unknown-instance", Level: MUST, Sources: []Source{contract, errorPage},
		Demands: "An unknown instance gets a documented 4xx, which SHOULD be 404.",
		needs:   []need{needsCredentials, needsProject},
		probes:  []string{"unknown-instance"},
		judge:   refusal(404),
	},
	{
		ID: "malformed-project-id", Level: MUST, Sources: []Source{contract, errorPage},
		Demands: "A malformed project ID gets a documented 4xx, which SHOULD be 400.",
		needs:   []need{needsCredentials},
		probes:  []string{"malformed-project-id/alphabet", "malformed-project-id/length"},
		judge:   refusal(400),
	},
	{
		ID: "malformed-instance-id", Level: MUST, Sources: []Source{contract, errorPage},
		Demands: "A malformed instance ID gets a documented 4xx, which SHOULD be 400.",
		needs:   []need{needsCredentials, needsProject},
		probes:  []string{"malformed-instance-id/alphabet", "malformed-instance-id/length"},
		judge:   refusal(400),
	},
	{
		ID: "malformed-task-id", Level: MUST, Sources: []Source{contract, errorPage},
		Demands: "A malformed task ID gets a documented 4xx, which SHOULD be 400.",
		needs:   []need{needsCredentials, needsProject, needsInstance},
		probes:  []string{"malformed-task-id/tilde", "malformed-task-id/space"},
		judge:   refusal(400),
	},
	{
		ID: "missing-credentials", Level: MUST, Sources: []Source{iam, rfc9110("15.5.2")},
		Demands: "A request without credentials gets 401.",
		probes:  []string{"missing-credentials"},
		judge:   judgeUnauthorized,
	},
	{
		ID: "invalid-credentials", Level: MUST, Sources: []Source{iam, rfc9110("15.5.2")},
		Demands: "A token that nobody issued gets 401.",
		probes:  []string{"invalid-credentials"},
		judge:   judgeUnauthorized,
	},
	{
		ID: "foreign-project", Level: MUST, Sources: []Source{errorPage, iam},
		Demands: "A project that the token is not for gets 401 or 403, which SHOULD be 401.",
		needs:   []need{needsCredentials},
		probes:  []string{"foreign-project"},
		judge:   judgeForeignProject,
	},
	{
		ID: "unsupported-method", Level: MUST, Sources: []Source{errorPage, gateway, rfc9110("15.5.6")},
		Demands: "PUT, POST, PATCH delete nothing and get a 4xx, SHOULD be 405 or the gateway's 404.",
		needs:   []need{needsCredentials, needsProject},
		probes:  []string{"unsupported-method/PUT", "unsupported-method/POST", "unsupported-method/PATCH"},
		judge:   judgeUnsupportedMethod,
	},
	{
		ID: "delete", Level: MUST, Deletes: true, Sources: []Source{page},
		Demands: "A finished task is deleted, with 204.",
		needs:   []need{needsCredentials, needsTask},
		probes:  []string{"delete"},
		judge:   judgeDelete,
	},
	{
		ID: "delete-empty", Level: MUST, Deletes: true,
		Sources: []Source{rfc9110("6.4.1"), rfc9110("8.6"), rfc9110("15.3.5")},
		Demands: "That 204 has no Content-Length, no Transfer-Encoding and no content.",
		needs:   []need{needsCredentials, needsTask},
		probes:  []string{"delete"},
		judge:   judgeDeleteEmpty,
	},
	{
		ID: "delete-twice", Level: SHOULD, Deletes: true, Sources: []Source{rfc9110("9.2.2"), page},
		Demands: "The same task again gets the answer of an unknown task, not another 204.",
		needs:   []need{needsCredentials, needsTask},
		probes:  []string{"delete", "delete-twice"},
		judge:   judgeDeleteTwice,
	},
	{
		ID: "error-response", Level: MUST, Sources: []Source{contract, errorPage},
		Demands: "An error is one JSON document, declared as such and valid against the contract.",
		judge:   judgeErrorResponse,
	},
	{
		ID: "error-code", Level: SHOULD, Sources: []Source{errorPage, gateway},
		Demands: "An error code is in the catalogue under that very status, or is the gateway's.",
		judge:   judgeErrorCode,
	},
	{
		ID: "no-redirect", Level: MUST, Sources: []Source{contract},
		Demands: "No answer is a redirect, which would take the token elsewhere or send a GET.",
		judge:   judgeNoRedirect,
	},
	{
		ID: "no-secret-echo", Level: MUST, Sources: []Source{cwe209},
		Demands: "No answer repeats a token, that of its request or another.",
		judge:   judgeNoSecretEcho,
	},
}

// observes reports whether a rule sends nothing by itself.
func (r Rule) observes() bool { return len(r.probes) == 0 }
