package client_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

var redirects = []int{301, 302, 303, 307, 308}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]client.Option{
		"own client":    nil,
		"caller's":      {client.WithHTTPClient(new(http.Client))},
		"with a jar":    {client.WithHTTPClient(&http.Client{Jar: newJar(t)})},
		"nil doer":      {client.WithHTTPClient(nil)},
		"transport":     {client.WithTransport(newTransport(t))},
		"nil transport": {client.WithTransport(nil)},
		"one that asks to": {client.WithHTTPClient(&http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return nil },
		})},
	} {
		for _, status := range redirects {
			t.Run(fmt.Sprint(name, " ", status), func(t *testing.T) {
				t.Parallel()
				srv, other := clienttest.New(t), clienttest.New(t)
				// With retries: some of these share the default transport, whose idle connections other tests close.
				c := newClient(t, srv.URL, append(opts, client.WithToken(srv.Token), client.WithRetry(thrice))...)
				for location, says := range map[string]string{
					other.URL + path:                `a redirect to "` + other.URL + path + `", which was not followed`,
					"/elsewhere":                    `a redirect to "` + srv.URL + `/elsewhere"`,
					"https://u:p@h/?t=" + srv.Token: `a redirect to "https://u:xxxxx@h/?t=[redacted]"`,
					"":                              `a redirect to "", which`,
				} {
					srv.AnswerNext(1, clienttest.Answer{
						StatusCode: status, Header: http.Header{"Location": {location}},
						Body: `{"error_code":"DMS.00404001","error_msg":"m"}`,
					})
					err := c.DeleteTask(t.Context(), srv.NewTask())
					_ = requireAPIError(t, err, status)
					requireMeaning(t, client.ErrWrongEndpoint, err)
					require.ErrorContains(t, err, says)
				}
				assert.Len(t, srv.Requests(), 4)
				assert.Empty(t, other.Requests())
			})
		}
	}
}

// TestRedirectToHTTPS: the most frequent mistake with an endpoint has advice of its own.
func TestRedirectToHTTPS(t *testing.T) {
	t.Parallel()
	for location, advised := range map[string]bool{
		"http://dms.example.com:8080" + path: false,
		"https://dms.example.com" + path:     true, "https://dms.example.com:443" + path: true,
		"https://dms.example.com/login": false, "https://other.example.com" + path: false,
	} {
		c := newClient(t, "http://dms.example.com", client.WithHTTPClient(play(status(301, "", "Location", location))))
		err := c.DeleteTask(t.Context(), task)
		assert.Equal(t, advised, strings.Contains(err.Error(), "use https in the endpoint"), location)
	}
}

func newJar(t *testing.T) http.CookieJar {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return jar
}

// TestJar: cookies are kept, and are credentials like others. Over plain http they would be readable.
func TestJar(t *testing.T) {
	t.Parallel()
	const session = "made-up-session-0123456789"
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: session, Path: "/"}) //nolint:gosec // G124: over plain http
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, apiError("got "+r.Header.Get("Cookie"))) //nolint:gosec // G705: read by no browser
	})
	keeps := client.WithHTTPClient(&http.Client{Transport: newTransport(t), Jar: newJar(t)})
	_, err := client.New("http://dms.example.com", keeps)
	require.ErrorIs(t, err, client.ErrInvalid)
	c := newClient(t, server, keeps)
	require.ErrorContains(t, c.DeleteTask(t.Context(), task), `code "got "`)
	require.ErrorContains(t, c.DeleteTask(t.Context(), task), `code "got session=[redacted]"`)
}

// A doer of another type can follow redirects on its own. Its answer is then about another request: nothing follows for
// this one, and it is not repeated. Where it led is the server's word.
func TestForeignDoer(t *testing.T) {
	t.Parallel()
	for via, says := range map[string]string{
		"GET " + remote + path:                                   "GET dms.example.com", // as http.Client makes of it
		"DELETE https://user:hunter2@other.example.com" + path:   "DELETE other.example.com",
		"DELETE " + remote + "/elsewhere":                        "DELETE dms.example.com",
		"DELETE http://dms.example.com" + path:                   "DELETE dms.example.com",
		"DELETE " + remote + path + "?a=b":                       "DELETE dms.example.com",
		"DELETE https://\u202e." + token + ".example.com" + path: `DELETE \u202e.[redacted].example.com`,
		"DELETE " + remote + path:                                "",
	} {
		t.Run(via, func(t *testing.T) {
			t.Parallel()
			for _, code := range []int{204, 400, 401, 503} {
				wire := play(func(req *http.Request) (resp *http.Response, err error) {
					method, url, _ := strings.Cut(via, " ")
					resp = answer(code, apiError("DMS.111501025"))
					resp.Request, err = http.NewRequestWithContext(req.Context(), method, url, http.NoBody)
					return resp, err
				})
				c := newClient(t, remote, client.WithToken(token), client.WithHTTPClient(wire), client.WithRetry(thrice))
				err := c.DeleteTask(t.Context(), task)
				if says == "" {
					require.NotErrorIs(t, err, client.ErrWrongEndpoint)
					continue
				}
				_ = requireAPIError(t, err, code)
				requireMeaning(t, client.ErrWrongEndpoint, err)
				require.ErrorContains(t, err, "followed a redirect, which is not allowed: the answer is to "+says)
				assert.Len(t, wire.times, 1)
				assert.NotContains(t, requireAPIError(t, err, code).Err.Error(), token)
			}
		})
	}
}

// A doer that a caller wrote for a test, or a middleware, breaks the rules of http.Client easily.
func TestSloppyDoer(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		resp *http.Response
		err  error
		says string
	}{
		"error":              {nil, errAny, "any error"},
		"both":               {&http.Response{StatusCode: http.StatusNoContent}, errAny, "any error"},
		"204 without a body": {&http.Response{StatusCode: http.StatusNoContent}, nil, ""},
		"599 without a body": {
			&http.Response{StatusCode: 599}, nil, "server answered 599 (the body is empty): unavailable; try again later",
		},
		"no status": {&http.Response{}, nil, "server answered 0 (the body is empty)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			send := func(*http.Request) (*http.Response, error) { return tc.resp, tc.err }
			for _, opt := range []client.Option{client.WithHTTPClient(doer(send)), client.WithTransport(transport(send))} {
				err := newClient(t, remote, opt).DeleteTask(t.Context(), task)
				if tc.says == "" {
					require.NoError(t, err)
					continue
				}
				require.EqualError(t, err, "dms: delete "+task.String()+": "+tc.says)
				require.ErrorIs(t, err, cmp.Or(tc.err, err))
			}
		})
	}
}

// TestHeaderLimit: header fields that never end do not fill up the memory.
func TestHeaderLimit(t *testing.T) {
	t.Parallel()
	srv := clienttest.New(t)
	srv.AnswerNext(1, clienttest.Answer{Header: http.Header{"X-Filler": {strings.Repeat("x", maxBody)}}})
	err := newClient(t, srv.URL, client.WithToken(srv.Token)).DeleteTask(t.Context(), srv.NewTask())
	require.ErrorContains(t, err, "headers exceeded 65536 bytes")
}

// TestSharedTransport: clients without one of their own share one, of which no goroutine is left (TestMain looks), and
// a run of DeleteTasks has no more connections than senders.
func TestSharedTransport(t *testing.T) { // not parallel: it closes connections of others
	var opened atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}))
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	server := srv.URL
	connections := func() int { return int(opened.Swap(0)) } // since the last time
	for range 20 {
		require.NoError(t, newClient(t, server).DeleteTask(t.Context(), task))
	}
	assert.Equal(t, 1, connections())
	newClient(t, server).CloseIdleConnections()
	require.NoError(t, newClient(t, server).DeleteTask(t.Context(), task))
	assert.Equal(t, 1, connections(), "a new one")

	const many = 16 // Go itself keeps two idle connections to a host
	for range 3 {
		var arrived, wave sync.WaitGroup
		arrived.Add(many)
		together := newClient(t, server, client.WithRequestEditorFn(func(context.Context, *http.Request) error {
			arrived.Done()
			arrived.Wait()
			return nil
		}))
		for range many {
			wave.Go(func() { assert.NoError(t, together.DeleteTask(t.Context(), task)) })
		}
		wave.Wait()
	}
	assert.Less(t, connections(), 2*many) // a dial may go on that another connection has overtaken

	for _, err := range newClient(t, server).DeleteTasks(t.Context(), tasksN(3000), client.WithConcurrency(200)) {
		require.NoError(t, err)
	}
	assert.Less(t, connections(), 2*200) // likewise
}

// A program may have put a transport of its own, for tracing perhaps, instead of Go's. This test changes it too and so
// is the one that does not run beside others.
func TestDefaultTransportOfTheProgram(t *testing.T) {
	standard := http.DefaultTransport
	t.Cleanup(func() { http.DefaultTransport = standard })
	sent := 0
	http.DefaultTransport = transport(func(*http.Request) (*http.Response, error) {
		sent++
		return answer(http.StatusNoContent, ""), nil
	})
	require.NoError(t, newClient(t, remote).DeleteTask(t.Context(), task))
	assert.Equal(t, 1, sent)
}
