package conformance

// reference is where the vendor's pages are, of which openapi.yaml names the one that it describes.
const reference = "https://docs.otc.t-systems.com/distributed-message-service/api-ref/"

// The places where demands are written.
var (
	page = Source{
		Text: `DMS API Reference, "Deleting a Background Task"`,
		URL:  reference + "apis_v2_recommended/background_task_management/deleting_a_background_task.html",
	}
	errorPage = Source{Text: `DMS API Reference, "Error Codes"`, URL: reference + "appendix/error_codes.html"}
	gateway   = Source{Text: "API Gateway user guide, error codes"}
	iam       = Source{
		Text: "API Usage Guidelines of Open Telekom Cloud, authentication",
		URL:  "https://docs.otc.t-systems.com/en-us/api/apiug/apig-en-api-180328001.html",
	}
	cwe209 = Source{
		Text: "CWE-209, error message with sensitive information",
		URL:  "https://cwe.mitre.org/data/definitions/209.html",
	}
	contract = Source{Text: "openapi.yaml, operation DeleteBackgroundTask"}
)

func rfc8259(section string) Source { return rfc("8259", section) }

func rfc9110(section string) Source { return rfc("9110", section) }

func rfc9112(section string) Source { return rfc("9112", section) }

func rfc9113(section string) Source { return rfc("9113", section) }

func rfc(number, section string) Source {
	return Source{
		Text: "RFC " + number + " section " + section,
		URL:  "https://www.rfc-editor.org/rfc/rfc" + number + "#section-" + section,
	}
}
