package client_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/dmstask/dmstask/client"
)

// Answers that are cut, each with what it means as a whole, and what its status alone proves.
var cutAnswers = []struct {
	status      int
	code        string
	whole, part error
}{
	{204, "", nil, nil},
	{404, "DMS.00404001", client.ErrNotFound, nil},
	{400, "DMS.00400017", client.ErrBusy, nil},
	{429, "APIG.0308", client.ErrThrottled, client.ErrThrottled},
	{500, "DMS.00404022", client.ErrInstanceNotFound, client.ErrUnavailable},
}

// A cut is an answer that is cut at one point after the other; its status has arrived from the point head on.
type cut struct {
	status       int
	whole, part  error
	points, head int
	reset        bool // the status may be lost all the same
}

// try has a client call a server that cuts one answer at each point. An error claims nothing that was cut off, and the
// next attempt makes it good.
func (cut cut) try(t *testing.T, c *client.Client, at chan<- int) {
	t.Helper()
	for n := range cut.points {
		at <- n
		err := c.DeleteTask(t.Context(), task)
		require.Error(t, err)
		var answer *client.APIError
		if errors.As(err, &answer) {
			require.GreaterOrEqual(t, n, cut.head)
			require.Equal(t, cut.status, answer.StatusCode)
			require.Empty(t, answer.Code)
			requireMeaning(t, cut.part, err)
			require.ErrorContains(t, err, "the answer was cut off or broken after ")
		} else {
			require.True(t, n < cut.head || cut.reset, err)
			requireMeaning(t, nil, err)
		}
		at <- n
		err = c.DeleteTask(t.Context(), task, client.WithRetry(twice))
		if cut.status == http.StatusNotFound && n < cut.head {
			require.NoError(t, err) // for all that is known, the first attempt has deleted the record
		} else {
			requireMeaning(t, cut.whole, err)
		}
	}
}

// TestCutAnswers: a cut answer is a lost one, at every byte, by FIN and by RST. It is tried again like a reset; if
// there are no more attempts, the error says so.
func TestCutAnswers(t *testing.T) {
	t.Parallel()
	for _, tc := range cutAnswers {
		head, body := fmt.Sprintf("HTTP/1.1 %d Word\r\nConnection: close\r\n", tc.status), ""
		if tc.code != "" {
			body = apiError(tc.code)
			head += fmt.Sprintf("Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
		}
		head += "\r\n"
		whole := head + body
		for _, reset := range []bool{false, true} {
			t.Run(fmt.Sprint(tc.status, " reset:", reset), func(t *testing.T) {
				t.Parallel()
				at := make(chan int, 1)
				s := overTCP(t, func(p *peer) {
					p.request()
					select {
					case n := <-at:
						p.send(whole[:n])
						if reset {
							p.reset()
						}
					default:
						p.send(whole)
					}
				})
				c := newClient(t, s.url, client.WithTransport(newTransport(t)))
				cut{tc.status, tc.whole, tc.part, len(whole), len(head), reset}.try(t, c, at)
			})
		}
	}
}

// TestCutFrames is the same over HTTP/2 in plain text, at each boundary of frames, where the stream is reset or the
// connection closed.
func TestCutFrames(t *testing.T) {
	t.Parallel()
	for _, tc := range cutAnswers[1:] {
		for _, reset := range []bool{false, true} {
			t.Run(fmt.Sprint(tc.status, " reset:", reset), func(t *testing.T) {
				t.Parallel()
				at := make(chan int, 1)
				s := overTCP(t, func(p *peer) { serveFrames(p, tc.status, apiError(tc.code), at, reset) })
				own := newTransport(t)
				own.Protocols = new(http.Protocols)
				own.Protocols.SetUnencryptedHTTP2(true)
				c := newClient(t, s.url, client.WithTransport(own), client.WithTimeout(patience))
				cut{tc.status, tc.whole, tc.part, frames, 1, reset}.try(t, c, at)
				own.CloseIdleConnections()
			})
		}
	}
}

// frames is how many an answer has: HEADERS, and three of DATA, of which the last one ends the stream.
const frames = 4

// serveFrames answers requests until the client hangs up. If at has a number, it sends only so many frames, and then
// resets the stream or hangs up.
func serveFrames(p *peer, status int, body string, at <-chan int, reset bool) {
	if _, err := io.CopyN(io.Discard, p.in, int64(len(http2.ClientPreface))); err != nil {
		return
	}
	framer := http2.NewFramer(p, p.in)
	_ = framer.WriteSettings()
	var fields bytes.Buffer
	encoder := hpack.NewEncoder(&fields)
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				_ = framer.WriteSettingsAck()
			}
		case *http2.HeadersFrame:
			n := frames
			select {
			case n = <-at:
			default:
			}
			for i := range n {
				if i == 0 {
					fields.Reset()
					_ = encoder.WriteField(hpack.HeaderField{Name: ":status", Value: strconv.Itoa(status)})
					_ = encoder.WriteField(hpack.HeaderField{Name: "content-length", Value: strconv.Itoa(len(body))})
					_ = framer.WriteHeaders(http2.HeadersFrameParam{
						StreamID: frame.StreamID, BlockFragment: fields.Bytes(), EndHeaders: true,
					})
					continue
				}
				from, to := (i-1)*len(body)/(frames-1), i*len(body)/(frames-1)
				_ = framer.WriteData(frame.StreamID, i == frames-1, []byte(body[from:to]))
			}
			switch {
			case n == frames:
			case reset:
				_ = framer.WriteRSTStream(frame.StreamID, http2.ErrCodeInternal)
			default:
				return
			}
		}
	}
}
