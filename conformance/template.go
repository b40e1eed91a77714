package conformance

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// literal is what a segment of a path may be of, apart from IDs: characters that no URL has to encode (RFC 3986 section
// 3.3), without the semicolon, at which some servers cut segments off.
var literal = regexp.MustCompile(`^[A-Za-z0-9._~!$&'()*+,=:@-]+$`)

// checkTemplate returns an error unless a path is of plain segments and of the IDs, each a segment of its own, once.
// Where a query or a fragment began within it, a request would be for what stands before: an instance, not its task.
func checkTemplate(path string) error {
	rest, ok := strings.CutPrefix(path, "/")
	if !ok {
		return fmt.Errorf("contract: its path %q does not begin with /", path)
	}
	seen := map[string]int{}
	for segment := range strings.SplitSeq(rest, "/") {
		seen[segment]++
		switch {
		case segment == "{"+projectID+"}", segment == "{"+instanceID+"}", segment == "{"+taskID+"}":
		case segment == "":
			return fmt.Errorf("contract: its path %q has an empty segment", path)
		case segment == ".", segment == "..", !literal.MatchString(segment):
			return fmt.Errorf("contract: its path has the segment %q; each of {project_id}, {instance_id} and {task_id} is "+
				"to be a segment of its own, and the others, which may not be . or .., of letters, digits and any of "+
				"-_.~!$&'()*+,=:@ alone", segment)
		}
	}
	for _, name := range pathIDs {
		switch n := seen["{"+name+"}"]; {
		case n == 0:
			return errors.New("contract: its path has no segment {" + name + "}")
		case n > 1:
			return fmt.Errorf("contract: its path has the segment {%s} %d times, and not once", name, n)
		}
	}
	return nil
}
