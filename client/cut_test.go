package client_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

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
				server := overTCP(t, func(conn *net.TCPConn) {
					n := len(whole)
					select {
					case n = <-at:
						if reset {
							_ = conn.SetLinger(0)
						}
					default:
					}
					_, _ = io.WriteString(conn, whole[:n])
				})
				c := newClient(t, server, client.WithTransport(newTransport(t)))
				cut{tc.status, tc.whole, tc.part, len(whole), len(head), reset}.try(t, c, at)
			})
		}
	}
}

// TestCutStreams is the same over HTTP/2, where the stream is reset before the status and at every byte of the body.
func TestCutStreams(t *testing.T) {
	t.Parallel()
	for _, tc := range cutAnswers[1:] {
		t.Run(strconv.Itoa(tc.status), func(t *testing.T) {
			t.Parallel()
			at, body := make(chan int, 1), apiError(tc.code)
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", strconv.Itoa(len(body)))
				select {
				case n := <-at:
					if n > 0 {
						w.WriteHeader(tc.status)
						_, _ = io.WriteString(w, body[:n-1])
						_ = http.NewResponseController(w).Flush()
					}
					panic(http.ErrAbortHandler)
				default:
					w.WriteHeader(tc.status)
					_, _ = io.WriteString(w, body)
				}
			}))
			srv.EnableHTTP2 = true
			srv.StartTLS()
			t.Cleanup(srv.Close)
			c := newClient(t, srv.URL, client.WithTransport(srv.Client().Transport))
			cut{tc.status, tc.whole, tc.part, len(body) + 1, 1, true}.try(t, c, at)
		})
	}
}
