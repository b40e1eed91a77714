package wire

import (
	"bytes"
	"net/textproto"
	"regexp"
	"strconv"
)

var statusLine = regexp.MustCompile(`^HTTP/1\.[01] ([1-9][0-9]{2})[^0-9]`)

// unreadable returns an answer that net/http refuses to read although its header section is whole, such as one with two
// lengths, or nil: a server has answered, with a status, and what is wrong is how.
func unreadable(raw []byte, start int, cause error) *Response {
	section := raw[start:]
	line := statusLine.FindSubmatch(section)
	end := bytes.Index(section, []byte("\r\n\r\n"))
	if line == nil || end < 0 {
		return nil
	}
	status, _ := strconv.Atoi(string(line[1])) // three digits
	r := &Response{
		Proto: HTTP1, Raw: raw, Start: start, HeadLength: start + end + 4, Status: status, BodyErr: cause,
		Head: make(textproto.MIMEHeader),
	}
	for field := range bytes.Lines(section[:end]) {
		name, value, ok := bytes.Cut(field, []byte(":"))
		if ok && len(name) > 0 {
			r.Head.Add(string(name), string(bytes.TrimSpace(value)))
		}
	}
	return r
}
