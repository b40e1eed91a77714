package conformance

// reference is where the vendor's pages are; openapi.yaml names the one of its operation.
const reference = "https://docs.otc.t-systems.com/distributed-message-service/api-ref/"

// The places where demands are documented, also for your own rules.
var (
	Page = Source{
		Text: `DMS API Reference, "Deleting a Background Task"`,
		URL:  reference + "apis_v2_recommended/background_task_management/deleting_a_background_task.html",
	}
	ErrorCodes = Source{Text: `DMS API Reference, "Error Codes"`, URL: reference + "appendix/error_codes.html"}
	Gateway    = Source{Text: "API Gateway user guide, error codes"}
	IAM        = Source{
		Text: "API Usage Guidelines of Open Telekom Cloud, authentication",
		URL:  "https://docs.otc.t-systems.com/en-us/api/apiug/apig-en-api-180328001.html",
	}
	CWE209 = Source{
		Text: "CWE-209, error message with sensitive information",
		URL:  "https://cwe.mitre.org/data/definitions/209.html",
	}
	OpenAPI = Source{Text: "the contract, openapi.yaml"}
)

// RFC returns a section of an RFC as a source.
func RFC(number, section string) Source {
	return Source{
		Text: "RFC " + number + " section " + section,
		URL:  "https://www.rfc-editor.org/rfc/rfc" + number + "#section-" + section,
	}
}
