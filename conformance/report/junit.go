package report

import (
	"encoding/xml"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/dmstask/dmstask/conformance"
)

// The elements that Jenkins, GitLab and GitHub read alike. The format has no standard; these are in all its schemas.
type (
	testSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		counts
		Suites []testSuite `xml:"testsuite"`
	}
	testSuite struct {
		Name      string `xml:"name,attr"`
		Timestamp string `xml:"timestamp,attr"`
		Hostname  string `xml:"hostname,attr,omitempty"`
		counts
		Properties []property `xml:"properties>property"`
		Cases      []testCase `xml:"testcase"`
	}
	counts struct {
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Errors   int    `xml:"errors,attr"`
		Skipped  int    `xml:"skipped,attr"`
		Time     string `xml:"time,attr"`
	}
	property struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	testCase struct {
		Class   string   `xml:"classname,attr"`
		Name    string   `xml:"name,attr"`
		Time    string   `xml:"time,attr"`
		Skipped *message `xml:"skipped"`
		Error   *message `xml:"error"`
		Failure *message `xml:"failure"`
		Output  *output  `xml:"system-out"`
	}
	output struct {
		Text string `xml:",cdata"`
	}
	message struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",cdata"` // for people who open the file
	}
)

const suiteName = "dms-conformance"

func writeJUnit(w io.Writer, r *conformance.Report) error {
	suite := testSuite{
		Name: suiteName, Timestamp: r.Started.UTC().Format("2006-01-02T15:04:05"), Hostname: host(r.Endpoint),
		Properties: properties(r),
	}
	for _, result := range r.Results {
		suite.Cases = append(suite.Cases, newTestCase(result, r.Strict))
	}
	if r.Error != "" {
		// A run of skipped rules alone would be green.
		suite.Cases = append(suite.Cases, testCase{
			Class: suiteName, Name: "checked-in-full", Time: seconds(0),
			Error: &message{r.Error, notChecked, scope(r)},
		})
	}
	for _, c := range suite.Cases {
		suite.Tests++
		switch {
		case c.Failure != nil:
			suite.Failures++
		case c.Error != nil:
			suite.Errors++
		case c.Skipped != nil:
			suite.Skipped++
		}
	}
	suite.Time = seconds(r.Duration)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(testSuites{counts: suite.counts, Suites: []testSuite{suite}}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// host is where a URL leads, with the port if it has one. Some schemas have it for the machine that the tests ran on;
// in a report about a server, that is it.
func host(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	return u.Host
}

// properties say what was checked and how, where there is something to say.
func properties(r *conformance.Report) (known []property) {
	for _, p := range []property{
		{"verdict", verdict(r)},
		{"endpoint", r.Endpoint},
		{"project_id", r.ProjectID},
		{"instance_id", r.InstanceID},
		{"task_id", r.TaskID},
		{"operation", r.Operation},
		{"contract_version", r.ContractVersion},
		{"version", r.Version},
		{"strict", strconv.FormatBool(r.Strict)},
		{"left_out", strings.Join(r.LeftOut, ", ")},
		{"seed", strconv.FormatUint(uint64(r.Seed), 10)},
		{"examples", strconv.Itoa(r.Examples)},
		{"requests", strconv.Itoa(r.Requests)},
	} {
		if p.Value != "" {
			known = append(known, p)
		}
	}
	return known
}

func newTestCase(r conformance.Result, strict bool) testCase {
	var took float64 // by the requests of the rule: one that looks at the answers to others takes none
	for _, x := range r.Exchanges {
		took += x.Duration
	}
	c := testCase{Class: suiteName, Name: r.Rule.ID, Time: seconds(took)}
	switch {
	case r.Outcome == conformance.Skipped:
		c.Skipped = &message{Message: r.Reason}
	case r.Outcome == conformance.Failed, r.Outcome == conformance.Warned && strict:
		c.Failure = &message{headline(r), string(levelOf(r)), explanation(r)}
	case r.Outcome == conformance.Warned:
		c.Output = &output{"warning: " + headline(r) + "\n" + explanation(r)}
	}
	return c
}

func seconds(s float64) string {
	return strconv.FormatFloat(time.Duration(s*float64(time.Second)).Seconds(), 'f', 3, 64)
}
