package secret

import (
	"strconv"
	"strings"
)

// A text is what somebody wrote, without the ways in which it may be written: escapes are resolved, letters are small,
// and blanks are gone, as is = at the ends of base64 and of lines of quoted-printable. Each byte knows where it comes
// from.
type text struct {
	bytes []byte
	spans []span // one a byte
}

// A span is a part of the original, from byte start up to and without byte end.
type span struct{ start, end int }

// rounds is how often escapes are resolved: what passes through several programs is escaped by each.
const rounds = 3

func newText(original []byte) text {
	t := text{bytes: original, spans: make([]span, len(original))}
	for i := range original {
		t.spans[i] = span{i, i + 1}
	}
	for range rounds {
		resolved, changed := t.resolve()
		t = resolved
		if !changed {
			break
		}
	}
	return t.fold()
}

// resolve replaces every escape sequence by the byte that it stands for.
func (t text) resolve() (resolved text, changed bool) {
	resolved = text{make([]byte, 0, len(t.bytes)), make([]span, 0, len(t.spans))}
	for i := 0; i < len(t.bytes); {
		b, n := escape(t.bytes[i:])
		resolved.bytes = append(resolved.bytes, b)
		resolved.spans = append(resolved.spans, span{t.spans[i].start, t.spans[i+n-1].end})
		changed = changed || n > 1
		i += n
	}
	return resolved, changed
}

// longestEscape is more than any escape sequence of one byte has, such as &NewLine;.
const longestEscape = 12

// escape returns the byte at the beginning of a text, and how many bytes are written for it: of percent-encoding
// (RFC 3986 section 2.1), JSON (RFC 8259 section 7), programming languages, and HTML.
func escape(rest []byte) (b byte, n int) {
	if strings.IndexByte(`%\&`, rest[0]) < 0 {
		return rest[0], 1
	}
	head := string(rest[:min(len(rest), longestEscape)])
	for _, numeric := range []struct {
		prefix string
		digits int
	}{{"%", 2}, {`\u`, 4}, {`\x`, 2}} {
		digits, ok := strings.CutPrefix(head, numeric.prefix)
		if !ok || len(digits) < numeric.digits {
			continue
		}
		if code, err := strconv.ParseUint(digits[:numeric.digits], 16, 8); err == nil {
			return byte(code), len(numeric.prefix) + numeric.digits
		}
	}
	switch {
	case len(head) > 1 && head[0] == '\\' && strings.IndexByte(`/\"'`, head[1]) >= 0:
		return head[1], 2
	case len(head) > 1 && head[0] == '\\' && strings.IndexByte("nrt", head[1]) >= 0:
		return ' ', 2
	case head[0] == '&':
		name, _, ok := strings.Cut(head[1:], ";")
		if b, known := entity(name); ok && known {
			return b, len(name) + 2
		}
	}
	return head[0], 1
}

// entity returns the byte that a character reference of HTML stands for, of those that encoders write: not package
// html, whose table of all names would be in every program that imports the client.
func entity(name string) (b byte, ok bool) {
	if number, ok := strings.CutPrefix(name, "#"); ok {
		base := 10
		if digits, hexadecimal := strings.CutPrefix(strings.ToLower(number), "x"); hexadecimal {
			number, base = digits, 16
		}
		code, err := strconv.ParseUint(number, base, 7)
		return byte(code), err == nil
	}
	b, ok = map[string]byte{
		"amp": '&', "lt": '<', "gt": '>', "quot": '"', "apos": '\'', "plus": '+', "sol": '/', "equals": '=',
	}[name]
	return b, ok
}

// fold makes letters small, takes base64url for base64 (RFC 4648 section 5), and leaves out what breaks a text up.
func (t text) fold() text {
	folded := text{make([]byte, 0, len(t.bytes)), make([]span, 0, len(t.spans))}
	for i, b := range t.bytes {
		switch {
		case b <= ' ', b == '=':
			continue
		case b >= 'A' && b <= 'Z':
			b += 'a' - 'A'
		case b == '-':
			b = '+'
		case b == '_':
			b = '/'
		}
		folded.bytes = append(folded.bytes, b)
		folded.spans = append(folded.spans, t.spans[i])
	}
	return folded
}
