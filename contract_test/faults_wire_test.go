package contract_test

import (
	"slices"
	"strings"
)

const (
	sized     = "Content-Length: 45\r\n"
	chunked   = "Transfer-Encoding: chunked\r\n"
	body      = "\r\n" + errorBody
	fits      = sized + body
	chunk     = "\r\n2d\r\n" + errorBody + "\r\n"
	lastChunk = "0\r\n\r\n"
	inChunks  = chunk + lastChunk
	aWhole    = typeLine + fits
)

// wireFaults are servers that send what is no valid HTTP, or nothing.
var wireFaults = slices.Concat(paired("", "F framing", rawNotFound,
	"cut off", "Content-Length: 99\r\n"+body, "bytes after it", fits+"\n{}", "line end after it", fits+"\r\n",
	"a second answer", fits+"HTTP/1.1 204 No Content\r\n\r\n", "length and chunks", sized+chunked+inChunks,
	"chunks and length", chunked+"Content-Length: 60\r\n"+inChunks,
	"two different lengths", sized+"Content-Length: 46\r\n"+body, "length twice", sized+fits,
	"list of lengths", "Content-Length: 45, 45\r\n"+body, "length with a sign", "Content-Length: +45\r\n"+body,
	"negative length", "Content-Length: -1\r\n"+body, "hexadecimal length", "Content-Length: 0x2d\r\n"+body,
	"empty length", "Content-Length: \r\n"+body, "blank in a name", "X Note: a\r\n"+fits,
	"zero byte in a field", "X-Note: a\x00b\r\n"+fits, "no colon", "X-Note\r\n"+fits,
	"field without a name", ": a\r\n"+fits, "space before the colon", "X-Note : a\r\n"+fits,
	"folded field", "X-Note: a\r\n b\r\n"+fits, "CR in a field", "X-Note: a\rb\r\n"+fits,
	"coding that nobody knows", "Transfer-Encoding: chunked, identity\r\n"+inChunks,
	"chunked twice", "Transfer-Encoding: chunked, chunked\r\n"+inChunks,
	"coding gzip", "Transfer-Encoding: gzip\r\n"+body, "LF alone", "X-Note: a\n"+fits,
	"Content-Type in the trailer", chunked+chunk+"0\r\nContent-Type: text/html\r\n\r\n",
	"Content-Length in the trailer", chunked+chunk+"0\r\nContent-Length: 45\r\n\r\n",
	"Transfer-Encoding in the trailer", chunked+chunk+"0\r\nTransfer-Encoding: chunked\r\n\r\n",
	"no last chunk", chunked+chunk, "no end of the trailer", chunked+chunk+"0\r\n",
	"bytes after the last chunk", chunked+inChunks+"x", "chunk size unreadable", chunked+"\r\n2z\r\n"+errorBody,
	"chunk longer than its size", chunked+"\r\n2c\r\n"+errorBody+"\r\n"+lastChunk,
	"chunk shorter than its size", chunked+"\r\nff\r\n"+errorBody+"\r\n"+lastChunk,
	"said to be chunked", chunked+body,
), paired("", "F framing", rawTo(longestTask),
	"no space after the status", "HTTP/1.1 404\r\n"+aWhole, "CR in the status line", "HTTP/1.1 404 a\rb\r\n"+aWhole,
	"two spaces before the status", "HTTP/1.1  404 X\r\n"+aWhole, "status of four digits", "HTTP/1.1 4040 X\r\n"+aWhole,
	"HTTP/1.0 with chunks", "HTTP/1.0 404 N\r\n"+typeLine+chunked+inChunks,
	"status line that ends with LF", "HTTP/1.1 404 Not Found\n"+aWhole, "version", "HTTP/7.3 404 Not Found\r\n\r\n",
	"interim answer with a length", "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nHTTP/1.1 404 X\r\n"+aWhole,
	"half a header section", "HTTP/1.1 404 Not Found\r\nContent-T",
), paired("", "F unknown-task", rawTo(longestTask),
	"hangs up", "", "no HTTP", "SSH-2.0-OpenSSH\r\n", "101", "HTTP/1.1 101 Switching Protocols\r\n\r\n"),
	paired("every ", "F framing", everyResponse,
		"status line without its second space", strings.Replace(plain, " X", "", 1)+"\r\n{body}",
		"line with LF", strings.ReplaceAll(plain, "\r", "")+"\n{body}"),
	[]row{
		{"HEAD with a body", "F framing", raw(method("HEAD"), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")},
		{"endless body", "F framing", flood(longestTask, notFound+"\r\n", strings.Repeat("x", 4096))},
		{"endless header section", "F framing", flood(longestTask, notFound, "X-Filler: "+strings.Repeat("x", 4096)+"\r\n")},
		{"endless interim answers", "F framing", flood(longestTask, "", "HTTP/1.1 103 Early Hints\r\n\r\n")},
		{"stalls", "F unknown-task", stall(longestTask, "")},
		{"stalls in the status line", "F unknown-task", stall(longestTask, "HTTP/1.1 404 No")},
		{"stalls in the body", "F framing", stall(longestTask, notFound+sized+"\r\n{")},
		{"panics", "F unknown-task", handle(longestTask, panics)},
	},
)

// allWrong are servers whose every response is wrong. They can be checked nevertheless.
var allWrong = slices.Concat(
	paired("", "F framing …", rawTo(everything),
		"status line that nobody can read", "HTTP/1.1 OK\r\n\r\n",
		"version that nobody knows", "HTTP/7.3 404 Not Found\r\n\r\n",
		"header section without an end", "HTTP/1.1 404 Not Found\r\nContent-Type: x",
		"lines that are no fields", "HTTP/1.1 404 Not Found\r\n<html>\r\n\r\n"),
	allSay("everything", "F unknown-task …", everything, "200 page", "204", "500 DMS.00500000"),
	allSay("everything", "F error-response …", everything, "500 page"),
)

func panics(*call) { panic("a fault") }

// rawTo is raw for a text that is given later.
func rawTo(m match) func(text string) change { return func(text string) change { return raw(m, text) } }

// rawNotFound sends a single 404 that ends like this, and closes the connection.
func rawNotFound(rest string) change { return raw(longestTask, notFound+rest) }
