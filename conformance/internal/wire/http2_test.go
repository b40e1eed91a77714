package wire_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/dmstask/dmstask/conformance/internal/wire"
)

// A peer answers in HTTP/2, frame by frame.
type peer struct {
	*http2.Framer
	stream uint32 // of the request
}

// A step is something that a peer does.
type step = func(*peer)

// h2 has a peer answer each request.
func h2(steps ...step) server {
	return func(conn net.Conn) {
		_, _ = io.ReadFull(conn, make([]byte, len(http2.ClientPreface)))
		p := &peer{Framer: http2.NewFramer(conn, conn)}
		_ = p.WriteSettings()
		for {
			frame, err := p.ReadFrame()
			if err != nil {
				return
			}
			if frame.Header().Type == http2.FrameHeaders {
				p.stream = frame.Header().StreamID
				for _, do := range steps {
					do(p)
				}
			}
		}
	}
}

// head sends a header section: names and values by turns, and whether the stream ends with it.
func head(last bool, fields ...string) step {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for pair := range slices.Chunk(fields, 2) {
		_ = encoder.WriteField(hpack.HeaderField{Name: pair[0], Value: pair[1]})
	}
	return func(p *peer) {
		_ = p.WriteHeaders(http2.HeadersFrameParam{
			StreamID: p.stream, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: last,
		})
	}
}

func data(last bool, content string) step {
	return func(p *peer) { _ = p.WriteData(p.stream, last, []byte(content)) }
}

func reset(code http2.ErrCode) step { return func(p *peer) { _ = p.WriteRSTStream(p.stream, code) } }

func goAway(last uint32, code http2.ErrCode) step {
	return func(p *peer) { _ = p.WriteGoAway(last, code, nil) }
}

// TestHTTP2 has what package http2 lets through, and what it makes an error of.
func TestHTTP2(t *testing.T) {
	t.Parallel()
	settings := func(p *peer) { _ = p.WriteSettings(http2.Setting{ID: http2.SettingMaxFrameSize, Val: 1 << 15}) }
	ping := func(p *peer) { _ = p.WritePing(false, [8]byte{1}) }
	push := func(p *peer) {
		_ = p.WritePushPromise(http2.PushPromiseParam{StreamID: 1, PromiseID: 2, EndHeaders: true})
	}
	uncompressed := func(p *peer) {
		_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0xff}, EndHeaders: true})
	}
	const status, length, broke = ":status", "content-length", "the server broke the protocol (RFC 9113 section"
	const tooLong = "=the response is longer than 262144 bytes"
	found := head(false, status, "404")
	big := slices.Repeat([]string{"x", strings.Repeat("x", 3000)}, 60) // and compressed to little
	for name, tc := range map[string]struct {
		steps []step
		raw   string // "": there is no response
		says  string // of the response, or of what came instead
	}{
		"204":          {[]step{head(true, status, "204")}, "HTTP/2 204\r\n\r\n", ""},
		"204, content": {[]step{head(false, status, "204"), data(true, "{}")}, "HTTP/2 204\r\n\r\n{}", ""},
		"connection-specific": {
			[]step{head(true, status, "404", "connection", "close", "a", "b", "a", "c")},
			"HTTP/2 404\r\na: b\r\na: c\r\nconnection: close\r\n\r\n", "",
		},
		"interim, trailers": {
			[]step{head(false, status, "103", "a", "b"), found, data(false, "{"), data(false, "}"), head(true, "x", "y")},
			"HTTP/2 103\r\na: b\r\n\r\nHTTP/2 404\r\n\r\n{}x: y\r\n", "",
		},
		"coded": {
			[]step{head(false, status, "404", "content-encoding", "gzip"), data(true, "{}")},
			"HTTP/2 404\r\ncontent-encoding: gzip\r\n\r\n{}", "",
		},
		"ping, settings": {[]step{ping, settings, found, data(true, "")}, "HTTP/2 404\r\n\r\n", ""},
		"length": {
			[]step{head(false, status, "404", length, "02"), data(true, "{}")},
			"HTTP/2 404\r\ncontent-length: 02\r\n\r\n{}", "",
		},
		"a length, no content": {
			[]step{head(true, status, "404", length, "3")},
			"HTTP/2 404\r\ncontent-length: 3\r\n\r\n", "Content-Length is 3, and there are 0 bytes",
		},
		"too little": {
			[]step{head(false, status, "404", length, "3"), data(true, "{}")},
			"HTTP/2 404\r\ncontent-length: 3\r\n\r\n{}", "Content-Length is 3, and there are 2 bytes",
		},
		"too much": {
			[]step{head(false, status, "404", length, "1"), data(true, "{}")},
			"HTTP/2 404\r\ncontent-length: 1\r\n\r\n{", "there are more bytes than Content-Length says",
		},
		"length that is none": {
			[]step{head(true, status, "404", length, "-0")},
			"HTTP/2 404\r\ncontent-length: -0\r\n\r\n", "Content-Length is -0",
		},
		"reset in the body":   {[]step{found, data(false, "{"), reset(2)}, "HTTP/2 404\r\n\r\n{", "with INTERNAL_ERROR"},
		"refused in the body": {[]step{found, reset(7)}, "HTTP/2 404\r\n\r\n", "REFUSED_STREAM"},
		"late status":         {[]step{found, head(true, status, "4")}, "HTTP/2 404\r\n\r\n", broke},
		"bad trailer":         {[]step{found, head(true, "X", "y")}, "HTTP/2 404\r\n\r\n", `header field name "X"`},

		"reset":           {[]step{reset(8)}, "", "the server resets the stream with CANCEL"},
		"upper case":      {[]step{head(true, status, "404", "GOAWAY", "y")}, "", `invalid header field name "GOAWAY"`},
		"bad value":       {[]step{head(true, status, "404", "x", "a\rb")}, "", `invalid header field value for "x"`},
		"no status":       {[]step{head(true, "x", "y")}, "", "missing status"},
		"signed status":   {[]step{head(true, status, "+404")}, "", `the status is "+404"`},
		"long status":     {[]step{head(true, status, "4040")}, "", `the status is "4040"`},
		"interim, an end": {[]step{head(true, status, "103")}, "", "1xx informational response with END_STREAM"},
		"content first":   {[]step{data(true, "x")}, "", broke},
		"other stream":    {[]step{func(p *peer) { _ = p.WriteData(9, true, nil) }}, "", broke},
		"push":            {[]step{push}, "", broke},
		"uncompressed":    {[]step{uncompressed}, "", "COMPRESSION_ERROR"},
		"much interim": {
			slices.Repeat([]step{head(false, slices.Concat([]string{status, "103"}, big)...)}, 3), "", tooLong,
		},
		"much content": {
			append([]step{found}, slices.Repeat([]step{data(false, strings.Repeat("x", 1<<14))}, 20)...),
			"HTTP/2 404\r\n\r\n" + strings.Repeat("x", 86), tooLong,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inMemory := newNetwork(t, h2(tc.steps...))
			sent, r, err := exchange(t, &wire.Transport{HTTP2: true, Dial: inMemory.dial}, "http://dms.invalid")
			assert.Equal(t, "DELETE /a HTTP/2\r\nHost: dms.invalid\r\nX-Auth-Token: t\r\n\r\n", sent)
			assert.Equal(t, int32(1), inMemory.dialled.Load(), "a request is sent once")
			if tc.raw == "" {
				says(t, err, tc.says)
				return
			}
			require.NoError(t, err)
			says(t, r.BodyErr, tc.says)
			assert.Equal(t, tc.raw, string(r.Raw[:min(len(r.Raw), 100)]))
			assert.True(t, bytes.HasPrefix(r.Content(), r.Body))
		})
	}
}

// TestSentAgain: only what a server says it has not processed (RFC 9113 section 8.7), and at most twice.
func TestSentAgain(t *testing.T) {
	t.Parallel()
	answer, refuse := h2(head(true, ":status", "404")), h2(reset(http2.ErrCodeRefusedStream))
	leave, angry := h2(goAway(0, http2.ErrCodeNo)), h2(goAway(0, http2.ErrCodeEnhanceYourCalm))
	gone := func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1<<10)) }
	working := func(conn net.Conn) {
		gone(conn)
		p := &peer{Framer: http2.NewFramer(conn, conn)}
		_ = p.WriteSettings()
		goAway(1, http2.ErrCodeInternal)(p)
	}
	for name, tc := range map[string]struct {
		servers []server
		body    io.Reader
		times   int32
		err     string
	}{
		"refused":                {[]server{refuse, answer}, http.NoBody, 2, ""},
		"going away":             {[]server{leave, answer}, http.NoBody, 2, ""},
		"going away, with error": {[]server{angry, leave, answer}, http.NoBody, 3, ""},
		"always refused":         {[]server{refuse}, http.NoBody, 3, "did not process the request: it resets the stream"},
		"always going away":      {[]server{angry}, http.NoBody, 3, "ErrCode:ENHANCE_YOUR_CALM"},
		"with content":           {[]server{refuse, answer}, strings.NewReader("{}"), 1, "did not process the request"},
		"processed":              {[]server{working, answer}, http.NoBody, 1, "the server "},
		"gone":                   {[]server{gone, answer}, http.NoBody, 1, "the server "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inMemory := newNetwork(t, tc.servers...)
			transport := &wire.Transport{Timeout: 10 * time.Second, HTTP2: true, Dial: inMemory.dial}
			request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, "http://dms.invalid/a", tc.body)
			require.NoError(t, err)
			_, _, err = transport.Exchange(t.Context(), request)
			says(t, err, tc.err)
			assert.Equal(t, tc.times, inMemory.dialled.Load())
		})
	}
}

// TestNoHTTP2: that a server speaks something else is told, whether it waits for the request or not.
func TestNoHTTP2(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		"HTTP/1.1 400 Bad Request\r\n\r\n", "\x15\x03\x03\x00\x02\x02\x46", "SSH", "",
		"\x00\x00\x08\x06\x00\x00\x00\x00\x0012345678", // PING instead of SETTINGS
	} {
		for _, reads := range []bool{true, false} {
			inMemory := newNetwork(t, func(conn net.Conn) {
				if reads {
					_, _ = io.ReadFull(conn, make([]byte, len(http2.ClientPreface)))
				}
				_, _ = io.WriteString(conn, answer)
			})
			_, _, err := exchange(t, &wire.Transport{HTTP2: true, Dial: inMemory.dial}, "http://dms.invalid")
			require.Error(t, err)
			assert.Regexp(t, "^the server (does not speak HTTP/2|broke the protocol|closed the connection)", err.Error())
		}
	}
}
