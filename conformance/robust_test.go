package conformance_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance"
)

// hostileServer treats every connection alike, once it has read the request.
func hostileServer(t *testing.T, treat func(net.Conn)) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = http.ReadRequest(bufio.NewReader(conn))
				treat(conn)
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

// TestVerdictInTime: a server that is hostile to every request gets a verdict, or a reason why there is none, before
// the time is over, and costs no memory to speak of.
func TestVerdictInTime(t *testing.T) {
	const json = "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n"
	drip := func(head, drop string) func(net.Conn) {
		return func(c net.Conn) {
			write(c, head)
			for ticker := time.NewTicker(50 * time.Millisecond); ; <-ticker.C {
				if _, err := c.Write([]byte(drop)); err != nil {
					return
				}
			}
		}
	}
	filler := strings.Repeat("x", 1<<16)
	for name, tc := range map[string]struct {
		treat func(net.Conn)
		rule  string // that fails; "": the server cannot be checked
		says  string
	}{
		"stalls":               {wait, "", "the server does not answer: no answer within"},
		"resets":               {func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }, "", "connection reset"},
		"hangs up":             {func(net.Conn) {}, "", "closed the connection without an answer"},
		"drips a header":       {drip("HTTP/1.1 404 N\r\nX: ", "x"), "", "no answer within"},
		"endless header":       {func(c net.Conn) { repeat(c, "HTTP/1.1 404 N\r\nX: ", filler) }, "", "section is longer"},
		"endless interim":      {func(c net.Conn) { repeat(c, "", "HTTP/1.1 103 E\r\n\r\n") }, "", "section is longer"},
		"speaks HTTP/2 only":   {func(c net.Conn) { write(c, "\x00\x00\x00\x04\x00\x00\x00\x00\x00") }, "", "use --http2"},
		"drips a body":         {drip(json+"\r\n", " "), "framing", ""},
		"endless body":         {func(c net.Conn) { repeat(c, json+"\r\n", filler) }, "framing", ""},
		"endless after a body": {func(c net.Conn) { repeat(c, json+"Content-Length: 2\r\n\r\n{}", filler) }, "framing", ""},
		"closes every time": {func(c net.Conn) {
			write(c, json+"\r\n{\"error_code\":\"DMS.00404001\",\"error_msg\":\"m\"}")
		}, "missing-credentials", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, target := newTarget(t)
			target.Endpoint = hostileServer(t, tc.treat)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			started := time.Now()
			report, err := conformance.Run(ctx, target, conformance.AnswerTimeout(200*time.Millisecond),
				conformance.Examples(20))
			assert.Less(t, time.Since(started), 4*time.Second)
			runtime.GC()
			runtime.ReadMemStats(&after)
			assert.Less(t, after.HeapAlloc, before.HeapAlloc+16<<20)
			if tc.rule == "" {
				require.ErrorIs(t, err, conformance.ErrNoAnswer)
				require.ErrorContains(t, err, tc.says)
				assert.Zero(t, report.Count(conformance.Failed))
				return
			}
			assert.Contains(t, outcomes(report)[conformance.Failed], tc.rule, "%v", err)
		})
	}
}
