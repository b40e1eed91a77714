package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

var redirects = []int{301, 302, 303, 307, 308}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	clients := map[string][]client.ClientOption{
		"own client":     nil,
		"caller's":       {client.WithHTTPClient(new(http.Client))},
		"nil client":     {client.WithHTTPClient((*http.Client)(nil))},
		"nil doer":       {client.WithHTTPClient(nil)},
		"default client": {client.WithHTTPClient(http.DefaultClient)},
		"one that asks to": {client.WithHTTPClient(&http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return nil },
		})},
	}
	for name, opts := range clients {
		for _, status := range redirects {
			t.Run(fmt.Sprint(name, " ", status), func(t *testing.T) {
				t.Parallel()
				srv, other := newServer(t), newServer(t)
				other.AnswerNext(10, clienttest.Answer{StatusCode: http.StatusNoContent})
				// With retries: some of these share the default transport, whose idle connections other tests close.
				c := newClient(t, srv.URL, append(opts, client.WithToken(srv.Token), client.WithRetry(thrice))...)
				for i, location := range []string{other.URL + path, "/elsewhere", ""} {
					srv.AnswerNext(1, clienttest.Answer{
						StatusCode: status, Header: http.Header{"Location": {location}},
						Body: `{"error_code":"DMS.00404022","error_msg":"m"}`,
					})
					err := c.DeleteTask(t.Context(), srv.NewTask())
					requireStatus(t, err, status)
					requireMeaning(t, nil, err)
					require.ErrorContains(t, err, "redirect")
					require.Len(t, srv.Requests(), i+1)
				}
				assert.Empty(t, other.Requests())
			})
		}
	}
}

// The generated function is the same chain: it hands out the redirect instead of following it.
func TestRedirectOfGeneratedFunction(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.AnswerNext(1, clienttest.Answer{StatusCode: 302, Header: http.Header{"Location": {"/elsewhere"}}})
	c := newClient(t, srv.URL, client.WithToken(srv.Token))
	resp, err := c.DeleteBackgroundTask(t.Context(), task.ProjectID, task.InstanceID, task.TaskID)
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, 302, resp.StatusCode)
	assert.Len(t, srv.Requests(), 1)
}

func TestCallersClientIsLeftAlone(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	errPolicy := errors.New("the caller's policy")
	sent := 0
	base := newTransport(t)
	own := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return errPolicy },
		Transport: transport(func(req *http.Request) (*http.Response, error) {
			sent++
			return base.RoundTrip(req)
		}),
		Timeout: time.Minute,
	}
	srv.AnswerNext(1, clienttest.Answer{StatusCode: 301, Header: http.Header{"Location": {"/elsewhere"}}})
	c := newClient(t, srv.URL, client.WithHTTPClient(own))
	err := c.DeleteTask(t.Context(), task)
	requireStatus(t, err, 301)
	require.NotErrorIs(t, err, errPolicy)

	assert.Equal(t, 1, sent, "the caller's transport is used")
	assert.Equal(t, time.Minute, own.Timeout)
	require.ErrorIs(t, own.CheckRedirect(nil, nil), errPolicy)

	plain := new(http.Client)
	newClient(t, srv.URL, client.WithHTTPClient(plain))
	newClient(t, srv.URL, client.WithHTTPClient(http.DefaultClient))
	assert.Nil(t, plain.CheckRedirect)
	assert.Nil(t, http.DefaultClient.CheckRedirect)
}

func TestTimeoutOfCallersClient(t *testing.T) {
	t.Parallel()
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	c := newClient(t, server, client.WithHTTPClient(&http.Client{Timeout: 5 * time.Millisecond}), client.WithTimeout(0))
	require.ErrorIs(t, c.DeleteTask(t.Context(), task), context.DeadlineExceeded)
}

// A doer of another type may follow redirects on its own. Its 204 is then about another request.
func TestForeignDoer(t *testing.T) {
	t.Parallel()
	via := func(method, url string) doer {
		return func(req *http.Request) (*http.Response, error) {
			resp := answer(http.StatusNoContent, "")
			resp.Request = req.Clone(req.Context())
			if method != "" {
				var err error
				resp.Request, err = http.NewRequestWithContext(req.Context(), method, url, http.NoBody)
				if err != nil {
					return nil, err
				}
			}
			return resp, nil
		}
	}
	t.Run("sent a copy", func(t *testing.T) {
		t.Parallel()
		c := newClient(t, remote, client.WithHTTPClient(via("", "")))
		require.NoError(t, c.DeleteTask(t.Context(), task))
	})
	for name, d := range map[string]doer{
		"became a GET":            via(http.MethodGet, remote+path),
		"went to another host":    via(http.MethodDelete, "https://user:hunter2@other.example.com"+path),
		"went to another path":    via(http.MethodDelete, remote+"/elsewhere"),
		"went over plain http":    via(http.MethodDelete, "http://dms.example.com"+path),
		"took a query on its way": via(http.MethodDelete, remote+path+"?a=b"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, remote, client.WithHTTPClient(d))
			err := c.DeleteTask(t.Context(), task)
			requireStatus(t, err, http.StatusNoContent)
			requireMeaning(t, nil, err)
			require.ErrorContains(t, err, "redirect")
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestForeignDoerOnTheWire(t *testing.T) {
	t.Parallel()
	for _, status := range redirects {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			srv, other := newServer(t), newServer(t)
			srv.AnswerNext(1, clienttest.Answer{StatusCode: status, Header: http.Header{"Location": {other.URL + "/x"}}})
			other.AnswerNext(1, clienttest.Answer{StatusCode: http.StatusNoContent})
			c := newClient(t, srv.URL, client.WithHTTPClient(doer((&http.Client{Transport: newTransport(t)}).Do)))
			err := c.DeleteTask(t.Context(), task)
			requireStatus(t, err, http.StatusNoContent)
			require.Len(t, other.Requests(), 1, "the test is about a doer that did follow")
		})
	}
}

// A doer that a caller wrote for a test, or a middleware, breaks the rules of http.Client easily.
func TestSloppyDoer(t *testing.T) {
	t.Parallel()
	errNetwork := errors.New("no network")
	tests := map[string]struct {
		resp      *http.Response
		err       error
		apiStatus int    // of the APIError that is wanted, -1 for an error of another type
		want      string // in the text of the error; "" for no error
	}{
		"neither response nor error": {nil, nil, -1, "neither a response nor an error"},
		"error":                      {nil, errNetwork, -1, "no network"},
		"both":                       {&http.Response{StatusCode: http.StatusNoContent}, errNetwork, -1, "no network"},
		"204 without a body":         {&http.Response{StatusCode: http.StatusNoContent}, nil, 0, ""},
		"502 without a body":         {&http.Response{StatusCode: http.StatusBadGateway}, nil, 502, "the body is empty"},
		"no status":                  {&http.Response{}, nil, 0, "server answered 0"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, remote, client.WithHTTPClient(doer(func(*http.Request) (*http.Response, error) {
				return tt.resp, tt.err
			})))
			err := c.DeleteTask(t.Context(), task)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
			if tt.err != nil {
				require.ErrorIs(t, err, tt.err)
			}
			if tt.apiStatus >= 0 {
				requireStatus(t, err, tt.apiStatus)
			} else {
				var apiErr *client.APIError
				require.NotErrorAs(t, err, &apiErr)
			}
		})
	}
}

// An http.Client may stand before any transport, an in-memory server for example.
func TestTransportInMemory(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	c := newClient(t, remote, client.WithHTTPClient(&http.Client{
		Transport: transport(func(req *http.Request) (*http.Response, error) {
			recorded := httptest.NewRecorder()
			handler.ServeHTTP(recorded, req)
			return recorded.Result(), nil
		}),
	}))
	require.NoError(t, c.DeleteTask(t.Context(), task))
}

func TestEndlessHeader(t *testing.T) {
	t.Parallel()
	hungUp := make(chan bool, 1)
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if !assert.NoError(t, err) {
			hungUp <- false
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\n")
		hungUp <- flood(conn, "X-Filler: "+strings.Repeat("x", 1000)+"\r\n")
	})
	require.ErrorContains(t, newClient(t, server).DeleteTask(t.Context(), task), "headers exceeded")
	assert.True(t, <-hungUp, "the client must hang up")
}

// flood writes for ever, or so it seems, and reports whether the other side hung up. What the sockets hold by
// themselves is a few MiB.
func flood(w io.Writer, block string) (hungUp bool) {
	for sent := 0; sent < 64<<20; sent += len(block) {
		if _, err := io.WriteString(w, block); err != nil {
			return true
		}
	}
	return false
}

// Go keeps two idle connections to a host: a client with many goroutines would open new ones all the time.
func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	const many = 16
	var (
		mu        sync.Mutex
		addresses []string
		arrived   sync.WaitGroup
	)
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		addresses = append(addresses, r.RemoteAddr)
		mu.Unlock()
		arrived.Done()
		arrived.Wait() // so that no request can use the connection of another one of its wave
		w.WriteHeader(http.StatusNoContent)
	})
	c := newClient(t, server)
	for range 2 {
		arrived.Add(many)
		var wave sync.WaitGroup
		for range many {
			wave.Go(func() { assert.NoError(t, c.DeleteTask(t.Context(), task)) })
		}
		wave.Wait()
	}
	slices.Sort(addresses)
	assert.Len(t, slices.Compact(addresses), many)
}

// A program may have put a transport of its own, for tracing perhaps, in place of Go's. This test changes it too and so
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
