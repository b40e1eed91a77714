package conformance

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/dmstask/dmstask/internal/codes"
)

// What a Demand can require.

// Documented requires a status of this class, 4 for 4xx, that the contract documents. For other statuses, the finding
// has advice.
func Documented(class int) Check {
	return func(x *Exchange) *Finding {
		if x.Status/100 == class && x.Contract.Documents(x.Status) {
			return nil
		}
		f := &Finding{Want: fmt.Sprintf("a documented %dxx: {%dxx}", class, class), Where: StatusLine}
		switch {
		case class != 4:
		case x.Status/100 == 4:
			f.Advice = fmt.Sprintf("The request is refused, but %d is not in the contract: it may be the default of a "+
				"framework. Use a documented status.", x.Status)
		case x.Status/100 == 5:
			f.Advice = "Look for an exception or a failed query in the log of the server: an unexpected value was probably " +
				"used before it was validated."
		}
		return f
	}
}

// Status requires one of these statuses, as far as the contract documents them.
func Status(statuses ...int) Check {
	return func(x *Exchange) *Finding {
		var documented []string
		for _, status := range statuses {
			switch {
			case !x.Contract.Documents(status):
			case x.Status == status:
				return nil
			default:
				documented = append(documented, statusText(status))
			}
		}
		if len(documented) == 0 {
			return nil
		}
		return &Finding{Want: strings.Join(documented, " or "), Where: StatusLine}
	}
}

// Exactly requires one of these statuses, as far as the contract documents them; if it documents none, any documented
// 4xx.
func Exactly(statuses ...int) Check {
	return func(x *Exchange) *Finding {
		if !slices.ContainsFunc(statuses, x.Contract.Documents) {
			return Documented(4)(x)
		}
		return Status(statuses...)(x)
	}
}

// Unless skips a check for responses that another function accepts.
func Unless(accepts func(*Exchange) bool, check Check) Check {
	return func(x *Exchange) *Finding {
		if accepts(x) {
			return nil
		}
		return check(x)
	}
}

// UnlessLike turns a finding into an open one if the status is that of the response to another probe, because the rule
// of that probe reports it.
func UnlessLike(probe string, check Check) Check {
	return func(x *Exchange) *Finding {
		f, other := check(x), x.Answer(probe)
		if f == nil || f.Open != "" || other == nil || x.Probe.Name == probe {
			return f
		}
		// If the other request has deleted the task, this one finds none.
		if other.Status == x.Status || other.Succeeded() && x.Status == http.StatusNotFound {
			return &Finding{Open: "the response to " + x.Probe.Name + " is like that to " + probe + "; see that rule"}
		}
		return f
	}
}

// Code requires that the error code, if its meaning is known and it fits the status, means this.
func Code(says string) Check {
	return func(x *Exchange) *Finding {
		code := x.ErrorCode()
		got := codes.Says(code)
		if got == "" || got == says || !slices.Contains(codes.Statuses(code), x.Status) {
			return nil
		}
		if codes.Of(code) == codes.NotFound || codes.Of(code) == codes.InstanceNotFound { // the vendor has no other
			return nil
		}
		return &Finding{Want: "a code for " + says, Got: code + ", which is for " + got, Where: Content, Near: code}
	}
}

// Allow requires that a 405 has an Allow field, with the operation's method and without that of the request.
func Allow(x *Exchange) *Finding {
	if x.Status != http.StatusMethodNotAllowed {
		return nil
	}
	fields := x.Header.Values("Allow")
	if len(fields) == 0 {
		return &Finding{Want: "an Allow field", Got: "none", Where: StatusLine}
	}
	var allowed []string
	for method := range strings.SplitSeq(strings.Join(fields, ","), ",") {
		allowed = append(allowed, strings.TrimSpace(method))
	}
	if !slices.Contains(allowed, x.Contract.Method()) || slices.Contains(allowed, x.Method) {
		return &Finding{
			Want:  fmt.Sprintf("an Allow field with %s and without %s", x.Contract.Method(), x.Method),
			Got:   "Allow: " + strings.Join(fields, ", "),
			Where: "Allow",
		}
	}
	return nil
}
