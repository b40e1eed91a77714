package contract_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

const (
	sized     = "Content-Length: 45\r\n"
	chunked   = "Transfer-Encoding: chunked\r\n"
	chunk     = "2d\r\n" + errorBody + "\r\n"
	lastChunk = "0\r\n\r\n"
	inChunks  = chunk + lastChunk
	typeLine  = "Content-Type: application/json\r\n"
	notFound  = "HTTP/1.1 404 Not Found\r\n" + typeLine
	aWhole    = typeLine + sized + "\r\n" + errorBody
)

var wireFaults = slices.Concat(framed(
	"cut off", "Content-Length: 99\r\n", errorBody, "bytes after it", sized, errorBody+"\n{}",
	"line end after it", sized, errorBody+"\r\n", "a second answer", sized, errorBody+"HTTP/1.1 204 No Content\r\n\r\n",
	"length and chunks", sized+chunked, inChunks, "chunks and length", chunked+"Content-Length: 60\r\n", inChunks,
	"two different lengths", sized+"Content-Length: 46\r\n", errorBody, "length twice", sized+sized, errorBody,
	"list of lengths", "Content-Length: 45, 45\r\n", errorBody, "length with a sign", "Content-Length: +45\r\n", errorBody,
	"negative length", "Content-Length: -1\r\n", errorBody, "hexadecimal length", "Content-Length: 0x2d\r\n", errorBody,
	"empty length", "Content-Length: \r\n", errorBody, "blank in a name", "X Note: a\r\n"+sized, errorBody,
	"zero byte in a field", "X-Note: a\x00b\r\n"+sized, errorBody, "no colon", "X-Note\r\n"+sized, errorBody,
	"field without a name", ": a\r\n"+sized, errorBody, "space before the colon", "X-Note : a\r\n"+sized, errorBody,
	"folded field", "X-Note: a\r\n b\r\n"+sized, errorBody, "CR in a field", "X-Note: a\rb\r\n"+sized, errorBody,
	"coding that nobody knows", "Transfer-Encoding: chunked, identity\r\n", inChunks,
	"chunked twice", "Transfer-Encoding: chunked, chunked\r\n", inChunks,
	"coding gzip", "Transfer-Encoding: gzip\r\n", errorBody, "LF alone", "X-Note: a\n"+sized, errorBody,
	"Content-Type in the trailer", chunked, chunk+"0\r\nContent-Type: text/html\r\n\r\n",
	"Content-Length in the trailer", chunked, chunk+"0\r\nContent-Length: 45\r\n\r\n",
	"Transfer-Encoding in the trailer", chunked, chunk+"0\r\nTransfer-Encoding: chunked\r\n\r\n",
	"no last chunk", chunked, chunk, "no end of the trailer", chunked, chunk+"0\r\n",
	"bytes after the last chunk", chunked, inChunks+"x",
	"chunk size unreadable", chunked, "2z\r\n"+errorBody,
	"chunk longer than its size", chunked, "2c\r\n"+errorBody+"\r\n"+lastChunk,
	"chunk shorter than its size", chunked, "ff\r\n"+errorBody+"\r\n"+lastChunk, "said to be chunked", chunked, errorBody,
), written("F framing",
	"no space after the status", "HTTP/1.1 404\r\n"+aWhole, "CR in the status line", "HTTP/1.1 404 a\rb\r\n"+aWhole,
	"two spaces before the status", "HTTP/1.1  404 X\r\n"+aWhole, "status of four digits", "HTTP/1.1 4040 X\r\n"+aWhole,
	"HTTP/1.0 with chunks", "HTTP/1.0 404 N\r\n"+typeLine+chunked+"\r\n"+inChunks,
	"status line that ends with LF", "HTTP/1.1 404 Not Found\n"+aWhole, "version", "HTTP/7.3 404 Not Found\r\n\r\n",
	"interim answer with a length", "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nHTTP/1.1 404 X\r\n"+aWhole,
	"half a header section", "HTTP/1.1 404 Not Found\r\nContent-T",
), written("F unknown-task",
	"hangs up", "", "no HTTP", "SSH-2.0-OpenSSH\r\n", "101", "HTTP/1.1 101 Switching Protocols\r\n\r\n"),
	[]fault{
		{"HEAD with a body", "F framing", raw(method("HEAD"), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")},
		{"every status line without its second space", "F framing", write(func(w io.Writer, r *http.Response, body string) {
			fmt.Fprintf(w, "HTTP/1.1 %d\r\nAllow: DELETE\r\n%s\r\n%s", r.StatusCode, typeLine, body)
		})},
		{"every line with LF", "F framing", write(func(w io.Writer, r *http.Response, body string) {
			fmt.Fprintf(w, "HTTP/1.1 %d X\nAllow: DELETE\nContent-Type: application/json\n\n%s", r.StatusCode, body)
		})},
		{"endless body", "F framing", flood(oneTask, notFound+"\r\n", strings.Repeat("x", 4096))},
		{"endless header section", "F framing", flood(oneTask, notFound, "X-Filler: "+strings.Repeat("x", 4096)+"\r\n")},
		{"endless interim answers", "F framing", flood(oneTask, "", strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 100))},
		{"stalls", "F unknown-task", stall(oneTask, "")},
		{"stalls in the status line", "F unknown-task", stall(oneTask, "HTTP/1.1 404 No")},
		{"stalls in the body", "F framing", stall(oneTask, notFound+sized+"\r\n{")},
		{"panics", "F unknown-task", handle(oneTask, panics)},
	},
)

// framed makes faults of a name, header fields and the bytes after them.
func framed(triples ...string) (list []fault) {
	for triple := range slices.Chunk(triples, 3) {
		list = append(list, fault{triple[0], "F framing", rawNotFound(triple[1], triple[2])})
	}
	return list
}

// written makes faults of a name and a whole answer.
func written(rules string, pairs ...string) (list []fault) {
	for pair := range slices.Chunk(pairs, 2) {
		list = append(list, fault{pair[0], rules, raw(oneTask, pair[1])})
	}
	return list
}

func panics(*subject, http.ResponseWriter, *http.Request, http.Handler) { panic("a fault") }
