package conformance

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/dmstask/dmstask/conformance/internal/wire"
)

var (
	blankBeforeColon = regexp.MustCompile(`(?m)^[^\s:]+[ \t]+:`)
	statusLine       = regexp.MustCompile(`^HTTP/1\.[01] [0-9]{3} [^\x00-\x08\x0a-\x1f\x7f]*\r?\n`)
	folded           = regexp.MustCompile(`\n[ \t]`)
	framed           = regexp.MustCompile(`(?im)^(Content-Length|Transfer-Encoding)[ \t]*:`)
)

// noTrailers are fields that would come too late after the content (RFC 9110 section 6.5.1).
var noTrailers = []string{
	"Content-Encoding", "Content-Length", "Content-Range", "Content-Type", "Trailer", "Transfer-Encoding",
}

// framingDemands is what the bytes of a response must be. What follows a 204 is left to delete-empty.
var framingDemands = []Demand{
	framing("9112", "4", "a response that can be parsed", "", func(x *Exchange) string {
		return x.textOf(x.Malformed)
	}),
	framing("9112", "6.3", "a complete body", Content, func(x *Exchange) string {
		if x.Malformed != nil || x.Status == http.StatusNoContent && (!x.HTTP2 || len(x.Content) > 0) {
			return ""
		}
		return x.textOf(x.BodyErr)
	}),
	framing("9112", "6.3", "nothing after the body", Content, func(x *Exchange) string {
		rest := x.Content[max(0, len(x.Content)-x.Excess):]
		return when(x.Excess > 0 && x.Status != http.StatusNoContent, "extra content, %.40q", rest)
	}),
	framing("9112", "6.2", "no Content-Length with Transfer-Encoding", "Transfer-Encoding", func(x *Exchange) string {
		return when(x.Header.Get("Transfer-Encoding") != "" && x.Header.Get("Content-Length") != "", "both")
	}),
	framing("9112", "6.3", "one Content-Length", "Content-Length", func(x *Exchange) string {
		lengths := strings.Join(x.Header.Values("Content-Length"), ", ")
		return when(strings.Contains(lengths, ","), "%s", lengths)
	}),
	framing("9112", "4", "version, status and reason, separated by single spaces", StatusLine, func(x *Exchange) string {
		return when(!x.HTTP2 && x.Malformed == nil && !statusLine.Match(x.Head), "a different status line")
	}),
	framing("9112", "2.2", "lines that end with CR LF", "", func(x *Exchange) string {
		head := x.heads()
		return when(bytes.Count(head, []byte("\n")) != bytes.Count(head, []byte("\r\n")), "a line that ends with LF alone")
	}),
	framing("9112", "5.2", "each header field on one line", "", func(x *Exchange) string {
		return when(folded.Match(x.heads()), "one on several lines")
	}),
	framing("9112", "5.1", "no space between the name of a header field and the colon", "", func(x *Exchange) string {
		return when(blankBeforeColon.Match(x.heads()), "a space")
	}),
	framing("9110", "5.1", "valid field names", "", func(x *Exchange) string {
		for name := range x.Header {
			// Blanks before the colon have a demand of their own.
			if bare := strings.TrimRight(name, " \t"); !httpguts.ValidHeaderFieldName(bare) {
				return strconv.Quote(bare)
			}
		}
		return ""
	}),
	framing("9110", "5.5", "field values without control characters", "", func(x *Exchange) string {
		for name, values := range x.Header {
			if value := strings.Join(values, ", "); !httpguts.ValidHeaderFieldValue(value) {
				return fmt.Sprintf("%s: %q", name, value)
			}
		}
		return ""
	}),
	framing("9110", "6.5.1", "no trailer that describes the content or its framing", Content, func(x *Exchange) string {
		return among(noTrailers, x.Trailer)
	}),
	framing("9110", "8.6", "interim responses without content", "", func(x *Exchange) string {
		return when(framed.Match(x.Interim), "one with Content-Length or Transfer-Encoding")
	}),
	framing("9113", "8.2.2", "no connection-specific field in HTTP/2", "", func(x *Exchange) string {
		if !x.HTTP2 {
			return ""
		}
		return among(wire.ConnectionFields, x.Header)
	}),
}

// framing makes a demand of a function that returns what was found, or "".
func framing(rfc, section, want string, where Where, found func(*Exchange) string) Demand {
	return Demand{MUST, RFC(rfc, section), func(x *Exchange) *Finding {
		if got := found(x); got != "" {
			return &Finding{Want: want, Got: got, Where: where}
		}
		return nil
	}}
}

func when(found bool, format string, args ...any) string {
	if !found {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// among returns the first of these names that a header has, or "".
func among(names []string, header http.Header) string {
	i := slices.IndexFunc(names, func(name string) bool { return len(header.Values(name)) > 0 })
	if i < 0 {
		return ""
	}
	return names[i]
}

// heads returns the header sections of a response over HTTP/1.1, interim ones included.
func (x *Exchange) heads() []byte {
	if x.HTTP2 {
		return nil
	}
	return slices.Concat(x.Interim, x.Head)
}

func (x *Exchange) textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Empty requires that a 204 ends with its header section, and has no fields about content (RFC 9110 sections 6.4.1, 8.6
// and 15.3.5). It requires nothing of other successes.
func Empty(x *Exchange) *Finding {
	if x.Status != http.StatusNoContent {
		if !x.Succeeded() {
			return &Finding{Open: "there was no {204} to look at"}
		}
		return nil
	}
	f := &Finding{Want: "a 204 that ends with its header section"}
	if name := among([]string{"Content-Length", "Transfer-Encoding"}, x.Header); name != "" {
		f.Where, f.Got = Where(name), name+": "+x.Header.Get(name)
	}
	if n := len(x.Content); n > 0 {
		f.Where, f.Got = Content, strings.TrimPrefix(fmt.Sprintf("%s, %d bytes after the header section", f.Got, n), ", ")
	}
	if f.Got == "" {
		return nil
	}
	return f
}
