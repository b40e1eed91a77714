package wire_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance/internal/wire"
)

// says checks an error by its words; "" is none, and what begins with = is all of them.
func says(t *testing.T, err error, words string) {
	t.Helper()
	if words == "" {
		require.NoError(t, err)
		return
	}
	require.ErrorContains(t, err, strings.TrimPrefix(words, "="))
	if strings.HasPrefix(words, "=") {
		require.EqualError(t, err, words[1:])
	}
}

// TestHTTP1 has a server answer with bytes, before it has read the request and after.
func TestHTTP1(t *testing.T) {
	t.Parallel()
	type want struct {
		status                  int
		body                    string
		excess                  int64
		bodyErr, malformed, err string
		text                    string // "": as it came
	}
	const chunks = "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"
	for answer, want := range map[string]want{
		"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n{}": {status: 404, body: "{}"},
		"HTTP/1.0 404 No\r\n\r\n{}":                      {status: 404, body: "{}"},
		"HTTP/1.1 404 No\nContent-Length: 2\n\n{}":       {status: 404, body: "{}"},
		"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks: {
			status: 404, body: "{}", text: "HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n{}",
		},
		"HTTP/1.1 204 No\r\n\r\n{}":                             {status: 204, excess: 2},
		"HTTP/1.1 103 E\r\nA: b\r\n\r\nHTTP/1.1 204 No\r\n\r\n": {status: 204},
		"HTTP/1.1 101 S\r\n\r\n":                                {status: 101},
		"HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks: {
			status: 204, excess: 17, text: "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n{}",
		},
		"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n{}more": {status: 404, body: "{}", excess: 4},
		"HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\n{}": {
			status: 404, body: "{}", bodyErr: "closed the connection before the end",
		},
		"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n{}": {status: 404, bodyErr: "chunk"},
		"HTTP/1.0 404 No\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks: {
			status: 404, body: chunks, bodyErr: "HTTP/1.0 has no Transfer-Encoding",
		},

		"HTTP/1.1 404 No\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}": {
			status: 404, body: "{}", malformed: "cannot be read (RFC 9112 section 5): message cannot contain multiple Content-L",
		},
		"HTTP/1.1 404 No\r\nX: a\rb\r\n\r\n{}":      {status: 404, body: "{}", malformed: `header field line: "X: a\rb"`},
		"HTTP/1.1 404 No\r\nX\r\n\r\n":              {status: 404, malformed: `missing colon: "X"`},
		"HTTP/1.1 404 No\r\nX: y\r\n":               {status: 404, malformed: "ends after 23 bytes of a header section"},
		"HTTP/1.1 103 E\r\n\r\n":                    {malformed: "ends after 0 bytes"},
		"HTTP/1.1 40 No\r\n\r\n":                    {malformed: `the status line is "HTTP/1.1 40 No"`},
		"HTTP/1.1 +44 No\r\n\r\n":                   {malformed: `the status line is "HTTP/1.1 +44 No"`},
		"HTTP/1.1 4040 No\r\n\r\n":                  {malformed: "the status line is"},
		"HTTP/1.1\r\n\r\n":                          {malformed: "the status line is"},
		"HTTP/7.3 404 No\r\n\r\n":                   {status: 404, malformed: `the status line is "HTTP/7.3 404 No"`},
		"HTTP/1.2 404 No\r\n\r\n":                   {status: 404, malformed: "the status line is"},
		"HTTP/3.0 103 E\r\n\r\nHTTP/1.1 204 No\r\n": {status: 103, body: "HTTP/1.1 204 No\r\n", malformed: "HTTP/3.0"},

		"":                                     {err: "the server closed the connection without an answer"},
		"HTTP":                                 {err: `does not speak HTTP/1.1: no HTTP response, but "HTTP"`},
		"SSH-2.0-x\r\n":                        {err: `does not speak HTTP/1.1: no HTTP response, but "SSH-2.0-x\r\n"`},
		"\x00\x00\x12\x04\x00\x00\x00\x00\x00": {err: "speaks HTTP/2 where HTTP/1.1 was spoken to it; use --http2"},
		"\x15\x03\x03\x00\x02\x02\x46":         {err: "answers in TLS; is https:// meant?"},
	} {
		for _, reads := range []bool{true, false} {
			t.Run(answer, func(t *testing.T) {
				t.Parallel()
				transport := &wire.Transport{Dial: newNetwork(t, answering(answer, reads)).dial}
				sent, r, err := exchange(t, transport, "http://dms.invalid")
				assert.Contains(t, sent, "DELETE /a HTTP/1.1\r\n")
				assert.Contains(t, sent, "Connection: close\r\n")
				says(t, err, want.err)
				if want.err != "" {
					assert.Nil(t, r)
					return
				}
				says(t, r.BodyErr, want.bodyErr)
				says(t, r.Malformed, want.malformed)
				assert.Equal(t, answer, string(r.Raw))
				assert.Equal(t, want.status, r.Status)
				assert.Equal(t, want.excess, r.Excess)
				assert.Equal(t, want.body, string(r.Body))
				if want.text != "" {
					assert.Equal(t, want.text, string(r.Text()))
				} else {
					assert.Equal(t, answer, string(r.Text()))
				}
			})
		}
	}
}

// TestHead: fields are shown as they came, and those of interim answers are not among them.
func TestHead(t *testing.T) {
	t.Parallel()
	for answer, head := range map[string]http.Header{
		"HTTP/1.1 103 E\r\nA: b\r\n\r\nHTTP/1.1 404 No\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n": {
			"X": {"a b"}, "Content-Length": {"0"},
		},
		"HTTP/1.1 404 No\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n": {"Content-Length": {"2", "3"}},
		"HTTP/1.1 404 No\r\nX: a\r\nY\r\n\r\n":                              {"X": {"a"}},
	} {
		_, r, err := exchange(t, &wire.Transport{Dial: newNetwork(t, answering(answer, true)).dial}, "http://dms.invalid")
		require.NoError(t, err)
		assert.Equal(t, head, http.Header(r.Head), answer)
		assert.True(t, strings.HasPrefix(string(r.Raw[r.Start:]), "HTTP/1.1 404"), answer)
		assert.Empty(t, r.Content())
	}
}

// TestEndless: an answer that does not end is read as far as [wire.MaxResponse].
func TestEndless(t *testing.T) {
	t.Parallel()
	for start, filler := range map[string]string{
		"HTTP/1.1 404 No\r\n\r\n": "x", "HTTP/1.1 404 No\r\n": "X: y\r\n", "HTTP/1.1 404 ": "No",
		"": "HTTP/1.1 103 E\r\n\r\n",
	} {
		endless := answering(start+strings.Repeat(filler, 2*wire.MaxResponse/len(filler)), true)
		_, r, err := exchange(t, &wire.Transport{Dial: newNetwork(t, endless).dial}, "http://dms.invalid")
		require.NoError(t, err)
		assert.Len(t, r.Raw, wire.MaxResponse)
		if filler == "x" {
			require.ErrorContains(t, r.BodyErr, "the response is longer than 262144 bytes")
			continue
		}
		require.ErrorContains(t, r.Malformed, "longer than 262144 bytes", start)
	}
}

// TestLate: what a server writes after the answer is still seen.
func TestLate(t *testing.T) {
	t.Parallel()
	for answer, late := range map[string]string{
		"HTTP/1.1 204 No\r\n\r\n": "{}", "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n": "{}", "HTTP/1.1 4\r\n": "\r\n{}",
	} {
		inMemory := newNetwork(t, func(conn net.Conn) {
			answering(answer, true)(conn)
			_, _ = io.WriteString(conn, late)
		})
		_, r, err := exchange(t, &wire.Transport{Dial: inMemory.dial}, "http://dms.invalid")
		require.NoError(t, err)
		assert.Equal(t, answer+late, string(r.Raw))
		assert.Equal(t, r.Malformed == nil, r.Excess > 0)
	}
}

// TestHEAD has a length and no content.
func TestHEAD(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "{}"} {
		for _, http2 := range []bool{false, true} {
			server := answering("HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n"+content, true)
			if http2 {
				server = h2(head(content == "", ":status", "404", "content-length", "2"), data(true, content))
			}
			transport := &wire.Transport{Timeout: 10 * time.Second, HTTP2: http2, Dial: newNetwork(t, server).dial}
			_, r, err := transport.Exchange(t.Context(), newRequest(t, http.MethodHead, "http://dms.invalid"))
			require.NoError(t, err)
			require.NoError(t, r.BodyErr)
			assert.Equal(t, !http2 && content != "", r.Excess > 0) // package http2 leaves it out
		}
	}
}
