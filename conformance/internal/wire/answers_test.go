package wire_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/dmstask/dmstask/conformance/internal/wire"
)

const (
	chunks  = "1|{|1|}|0||"
	chunked = "Transfer-Encoding: chunked||" + chunks
)

// TestHTTP1 has a server answer with bytes, before it has read the request and after.
func TestHTTP1(t *testing.T) {
	t.Parallel()
	const length, line = "404 map[Content-Length:[2]] {} +", "^the status line is "
	const coded, cut = "map[Transfer-Encoding:[chunked]] ", "^the response ends after "
	const none, early = "^the server does not speak HTTP/1.1: its response begins with ", "^the server closed"
	const multiple = "^the header section cannot be parsed (RFC 9112 section 5): message cannot contain multiple"
	for answer, want := range map[string]struct{ gets, says string }{
		"HTTP/1.1 404 No|Content-Length: 2||{}":            {length + "0", ""},
		"HTTP/1.1 204 No||~{}":                             {"204 map[]  +2", ""},
		"HTTP/1.1 103 E|A: b||HTTP/1.1 404 No|X: a| b||":   {"404 map[X:[a b]]  +0", ""},
		"HTTP/1.1 101 S||":                                 {"101 map[]  +0", ""},
		"HTTP/1.1 204 No|" + chunked:                       {"204 " + coded + " +17", ""},
		"HTTP/1.1 404 No|Content-Length: 2||{}~more":       {length + "4", ""},
		"HTTP/1.1 404 No|Content-Length: 9||{}":            {"404 map[Content-Length:[9]] {} +0", early},
		"HTTP/1.1 404 No|Transfer-Encoding: chunked||x|{}": {"404 " + coded + " +0", "^invalid byte in chunk"},
		"HTTP/1.0 404 No|" + chunked:                       {"404 " + coded + chunks + " +0", "^HTTP/1.0 has no"},

		"HTTP/1.1 404 No|Content-Length: 2|Content-Length: 3||": {"404 map[Content-Length:[2 3]]  +0", multiple},
		"HTTP/1.1 404 No|X: a|Y||":                              {"404 map[X:[a]]  +0", `missing colon: "Y"`},
		"HTTP/1.1 404 No|X: y|":                                 {"404 map[X:[y]]  +0", cut + "23 bytes of a header section"},
		"HTTP/1.1 103 E||":                                      {"0 map[]  +0", cut + "0 bytes"},
		"HTTP/1.1 40 No|~|":                                     {"0 map[]  +0", line + `"HTTP/1.1 40 No"`},
		"HTTP/1.1 +44 No||":                                     {"0 map[]  +0", line + `"HTTP/1.1 +44 No"`},
		"HTTP/3.0 103 E||HTTP/1.1 204 No|":                      {"103 map[] HTTP/1.1 204 No| +0", line + `"HTTP/3.0`},

		"":                                     {"", "^the server closed the connection without a response"},
		"HTTP":                                 {"", none + `"HTTP"`},
		"SSH-2.0-x|":                           {"", none + `"SSH-2.0-x\r\n"`},
		"\x00\x00\x12\x04\x00\x00\x00\x00\x00": {"", "^the server responds in HTTP/2 to a request in HTTP/1.1"},
		"\x15\x03\x03\x00\x02\x02\x46":         {"", "^the server responds in TLS; did you mean https://?"},
	} {
		for _, reads := range []bool{true, false} {
			t.Run(answer, func(t *testing.T) {
				t.Parallel()
				transport := new(wire.Transport)
				serve(t, transport, answering(answer, reads))
				_, r, err := ask(t.Context(), t, transport.Exchange, once)
				says(t, want.says, r, err)
				require.Equal(t, want.gets == "", r == nil)
				if r == nil {
					return
				}
				assert.Equal(t, crlf.Replace(want.gets), fmt.Sprintf("%d %v %s +%d", r.Status, r.Head, r.Body, r.Excess))
				text := crlf.Replace(strings.ReplaceAll(answer, "~", ""))
				assert.Equal(t, text, string(r.Raw))
				if strings.HasPrefix(answer, "HTTP/1.1") {
					text = strings.Replace(text, crlf.Replace(chunks), "{}", 1)
				}
				assert.Equal(t, text, string(r.Text()))
			})
		}
	}
}

// TestEndless: an answer that does not end is read as far as [wire.MaxResponse].
func TestEndless(t *testing.T) {
	t.Parallel()
	row := func(says, start, filler string) trial {
		answer := start + strings.Repeat(filler, 2*wire.MaxResponse/len(filler))
		gets := crlf.Replace(answer[:200])[:100]
		return over(false, once, gets, says+" is longer than 262144 bytes", 1, answering(answer, true))
	}
	try(t, map[string]trial{
		"body":        row("^the response", "HTTP/1.1 404 No||", "x"),
		"fields":      row("^the header section", "HTTP/1.1 404 No|", "X: y|"),
		"status line": row("^the header section", "HTTP/1.1 404 ", "No"),
		"interim":     row("^the header section", "", "HTTP/1.1 103 E||"),
	})
}

// A step is something that a server of HTTP/2 does on the stream of a request.
type step = func(f *http2.Framer, stream uint32)

// h2 answers each request frame by frame.
func h2(steps ...step) server {
	return func(conn net.Conn) {
		_, _ = io.ReadFull(conn, make([]byte, len(http2.ClientPreface)))
		f := http2.NewFramer(conn, conn)
		_ = f.WriteSettings()
		for frame, err := f.ReadFrame(); err == nil; frame, err = f.ReadFrame() {
			if frame.Header().Type == http2.FrameHeaders {
				for _, do := range steps {
					do(f, frame.Header().StreamID)
				}
			}
		}
	}
}

// head sends a header section: whether the stream ends with it, the status, if there is one, and names and values by
// turns.
func head(last bool, status string, fields ...string) step {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	if status != "" {
		fields = append([]string{":status", status}, fields...)
	}
	for pair := range slices.Chunk(fields, 2) {
		_ = encoder.WriteField(hpack.HeaderField{Name: pair[0], Value: pair[1]})
	}
	return func(f *http2.Framer, id uint32) {
		_ = f.WriteHeaders(http2.HeadersFrameParam{
			StreamID: id, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: last,
		})
	}
}

func data(last bool, content string) step {
	return func(f *http2.Framer, id uint32) { _ = f.WriteData(id, last, []byte(content)) }
}

func reset(code http2.ErrCode) step {
	return func(f *http2.Framer, id uint32) { _ = f.WriteRSTStream(id, code) }
}

func goAway(last uint32, code http2.ErrCode) step {
	return func(f *http2.Framer, _ uint32) { _ = f.WriteGoAway(last, code, nil) }
}

// TestHTTP2 has what package http2 lets through, and what it makes an error of.
func TestHTTP2(t *testing.T) {
	t.Parallel()
	uncompressed := func(f *http2.Framer, _ uint32) {
		_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0xff}, EndHeaders: true})
	}
	row := func(gets, says string, steps ...step) trial {
		return over(true, once, gets, says, 1, h2(steps...))
	}
	const length, broke, is = "content-length", "^the server violates the protocol", "^Content-Length is "
	const tooLong, gets, sized = "^the response is longer than 262144 bytes", "HTTP/2 404||", "HTTP/2 404|content-length: "
	const early, many = "HTTP/2 103|a: b||", "^there are more bytes than Content-Length declares"
	found, whole, begun := head(false, "404"), data(true, "{}"), data(false, "{")
	fields := head(true, "404", "connection", "x", "a", "b", "a", "c")
	coded := head(false, "404", "content-encoding", "gzip")
	interim := head(false, "103", slices.Repeat([]string{"x", strings.Repeat("x", 3000)}, 60)...) // compressed to little
	flood := slices.Repeat([]step{data(false, strings.Repeat("x", 1<<14))}, 20)
	try(t, map[string]trial{
		"204":             row("HTTP/2 204||", "", head(true, "204")),
		"204, content":    row("HTTP/2 204||{}", "", head(false, "204"), whole),
		"fields":          row("HTTP/2 404|a: b|a: c|connection: x||", "", fields),
		"interim, pieces": row(early+gets+"{{}", "", head(false, "103", "a", "b"), found, begun, whole),
		"trailer":         row(gets+"{x: y|", "", found, begun, head(true, "", "x", "y")),
		"coded":           row("HTTP/2 404|content-encoding: gzip||{}", "", coded, whole),
		"length":          row(sized+"02||{}", "", head(false, "404", length, "02"), whole),
		"no content":      row(sized+"3||", is+"3, but there are 0 bytes", head(true, "404", length, "3")),
		"too little":      row(sized+"3||{}", is+"3, but there are 2 bytes", head(false, "404", length, "3"), whole),
		"too much":        row(sized+"1||{", many, head(false, "404", length, "1"), whole),
		"no length":       row(sized+"-0||", is+"-0", head(true, "404", length, "-0")),
		"reset in it":     row(gets+"{", "^the server reset the stream with INTERNAL_ERROR", found, begun, reset(2)),
		"refused in it":   row(gets, "REFUSED_STREAM", found, reset(7)),
		"much content":    row(gets+strings.Repeat("x", 86), tooLong, append([]step{found}, flood...)...),
		"much interim":    row("", tooLong, interim, interim, interim),
		"reset":           row("", "^the server reset the stream with CANCEL", reset(8)),
		"signed status":   row("", `the status is "+404"`, head(true, "+404")),
		"long status":     row("", `the status is "4040"`, head(true, "4040")),
		"content first":   row("", broke, whole),
		"uncompressed":    row("", "COMPRESSION_ERROR", uncompressed),
	})
}

// TestHEAD has a length and no content.
func TestHEAD(t *testing.T) {
	t.Parallel()
	const answer, short = "HTTP/1.1 404 No|Content-Length: 2||", "HTTP/2 404|content-length: 2||"
	length := func(last bool) step { return head(last, "404", "content-length", "2") }
	try(t, map[string]trial{
		"no content":         over(false, "HEAD http://a", answer, "", 1, answering(answer, true)),
		"content":            over(false, "HEAD http://a", answer+"{}", "", 1, answering(answer+"{}", true)),
		"HTTP/2, no content": over(true, "HEAD http://a", short, "", 1, h2(length(true))),
		// Package http2 leaves it out.
		"HTTP/2, content": over(true, "HEAD http://a", short, "", 1, h2(length(false), data(true, "{}"))),
	})
}

// TestSentAgain: only what a server says it has not processed (RFC 9113 section 8.7), and at most twice.
func TestSentAgain(t *testing.T) {
	t.Parallel()
	answer, refuse := h2(head(true, "404")), h2(reset(http2.ErrCodeRefusedStream))
	leave, angry := h2(goAway(0, http2.ErrCodeNo)), h2(goAway(0, http2.ErrCodeEnhanceYourCalm))
	gone := func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1<<10)) }
	working := func(conn net.Conn) {
		gone(conn)
		f := http2.NewFramer(conn, conn)
		_ = f.WriteSettings()
		goAway(1, http2.ErrCodeInternal)(f, 1)
	}
	const unprocessed, gets = "^the server did not process the request: ", "HTTP/2 404||"
	try(t, map[string]trial{
		"refused":                over(true, once, gets, "", 2, refuse, answer),
		"going away":             over(true, once, gets, "", 2, leave, answer),
		"going away, with error": over(true, once, gets, "", 3, angry, leave, answer),
		"always refused":         over(true, once, "", unprocessed+"it reset the stream", 3, refuse),
		"always going away":      over(true, once, "", "ErrCode:ENHANCE_YOUR_CALM", 3, angry),
		"with content":           over(true, "POST http://a", "", unprocessed, 1, refuse, answer),
		"processed":              over(true, once, "", "^the server ", 1, working, answer),
		"gone":                   over(true, once, "", "^the server ", 1, gone, answer),
	})
}

// TestNoHTTP2: that a server speaks something else is told, whether it waits for the request or not.
func TestNoHTTP2(t *testing.T) {
	t.Parallel()
	trials := map[string]trial{}
	for _, answer := range []string{
		"HTTP/1.1 400 Bad Request||", "\x15\x03\x03\x00\x02\x02\x46", "SSH", "",
		"\x00\x00\x08\x06\x00\x00\x00\x00\x0012345678", // PING instead of SETTINGS
	} {
		for _, reads := range []int{0, len(http2.ClientPreface)} {
			trials[fmt.Sprint(answer, reads)] = over(true, once, "", "^the server ", 1, func(conn net.Conn) {
				_, _ = io.ReadFull(conn, make([]byte, reads))
				answering(answer, false)(conn)
			})
		}
	}
	try(t, trials)
}
