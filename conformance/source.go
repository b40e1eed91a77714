package conformance

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

func rfc9110(section string) Source { return rfc("9110", section) }

func rfc9112(section string) Source { return rfc("9112", section) }

func rfc(number, section string) Source {
	return Source{
		Text: "RFC " + number + " section " + section,
		URL:  "https://www.rfc-editor.org/rfc/rfc" + number + "#section-" + section,
	}
}
