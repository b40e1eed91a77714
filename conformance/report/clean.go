package report

import (
	"slices"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/internal/printable"
)

// clean returns a report of which all but requests and responses is printable: those have several lines, and spans that
// count their bytes.
func clean(r *conformance.Report) *conformance.Report {
	c := *r
	for _, field := range []*string{
		&c.Version, &c.Endpoint, &c.ProjectID, &c.InstanceID, &c.TaskID, &c.Operation, &c.ContractVersion, &c.Error,
	} {
		*field = printable.Line(*field)
	}
	c.LeftOut = slices.Clone(r.LeftOut)
	for i, id := range c.LeftOut {
		c.LeftOut[i] = printable.Line(id)
	}
	c.Results = make([]conformance.Result, 0, len(r.Results))
	for _, result := range r.Results {
		c.Results = append(c.Results, cleanResult(result))
	}
	return &c
}

func cleanResult(r conformance.Result) conformance.Result {
	r.Reason, r.Rule = printable.Line(r.Reason), cleanRule(r.Rule)
	r.Violations = slices.Clone(r.Violations)
	for i := range r.Violations {
		v := &r.Violations[i]
		v.Expected, v.Got, v.Source = printable.Line(v.Expected), printable.Line(v.Got), cleanSource(v.Source)
		if v.Exchange != nil {
			v.Exchange = cleanExchange(v.Exchange)
		}
	}
	r.Exchanges = slices.Clone(r.Exchanges)
	for i, x := range r.Exchanges {
		r.Exchanges[i] = cleanExchange(x)
	}
	return r
}

func cleanExchange(x *conformance.Exchange) *conformance.Exchange {
	c := *x
	c.Probe, c.Error = printable.Line(c.Probe), printable.Line(c.Error)
	return &c
}

func cleanRule(r conformance.Rule) conformance.Rule {
	for _, field := range []*string{&r.ID, &r.Demands, &r.Why, &r.Mend} {
		*field = printable.Line(*field)
	}
	r.Sources = slices.Clone(r.Sources)
	for i, s := range r.Sources {
		r.Sources[i] = cleanSource(s)
	}
	return r
}

func cleanSource(s conformance.Source) conformance.Source {
	return conformance.Source{Text: printable.Line(s.Text), URL: printable.Line(s.URL)}
}
