package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

const maxBody = 64 << 10

// stall never answers. Its error is that of http.Client.
var stall = doer(func(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
})

func TestTimeout(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		opts []client.ClientOption
		call time.Duration // deadline of the context of the call
		want time.Duration
	}{
		"default":                {nil, time.Hour, client.DefaultTimeout},
		"longer":                 {[]client.ClientOption{client.WithTimeout(time.Minute)}, time.Hour, time.Minute},
		"shorter":                {[]client.ClientOption{client.WithTimeout(time.Second)}, time.Hour, time.Second},
		"none":                   {[]client.ClientOption{client.WithTimeout(0)}, time.Hour, time.Hour},
		"context ends before it": {nil, time.Second, time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), tt.call)
				defer cancel()
				c := newClient(t, remote, append(tt.opts, client.WithHTTPClient(stall))...)
				start := time.Now()
				require.ErrorIs(t, c.DeleteTask(ctx, task), context.DeadlineExceeded)
				assert.Equal(t, tt.want, time.Since(start))
			})
		})
	}
}

func TestTimeoutIsForEachCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, remote, client.WithHTTPClient(stall))
		for range 3 {
			start := time.Now()
			require.ErrorIs(t, c.DeleteTask(t.Context(), task), context.DeadlineExceeded)
			assert.Equal(t, client.DefaultTimeout, time.Since(start))
		}
	})
}

func TestStalledServer(t *testing.T) {
	t.Parallel()
	tests := map[string]http.HandlerFunc{
		"header": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"body": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `{"error_code":`)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	}
	for name, handler := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, serve(t, handler), client.WithTimeout(5*time.Millisecond))
			require.ErrorIs(t, c.DeleteTask(t.Context(), task), context.DeadlineExceeded)
		})
	}
}

// The status is known by then: that the body never came must not hide it, nor the other way round.
func TestStalledBodyKeepsStatus(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `{"error_code":`)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	base := newTransport(t)
	c := newClient(t, server, client.WithHTTPClient(&http.Client{
		Transport: transport(func(req *http.Request) (*http.Response, error) {
			defer cancel() // once the header is there
			return base.RoundTrip(req)
		}),
	}))
	err := c.DeleteTask(ctx, task)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, client.ErrUnavailable)
	assert.Equal(t, 7*time.Second, requireAPIError(t, err, http.StatusServiceUnavailable).RetryAfter)
}

func TestEndlessBody(t *testing.T) {
	t.Parallel()
	hungUp := make(chan bool, 1)
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		hungUp <- flood(w, `{"error_code":"DMS.00404022","error_msg":"`+strings.Repeat("m", 4000))
	})
	err := newClient(t, server).DeleteTask(t.Context(), task)
	requireStatus(t, err, http.StatusNotFound)
	require.NotErrorIs(t, err, client.ErrNotFound)
	require.ErrorContains(t, err, "longer than 65536 bytes")
	assert.Less(t, len(err.Error()), 1000)
	assert.True(t, <-hungUp, "the client must hang up")
}

// A body counts what was read from it, and whether it was closed.
type body struct {
	io.Reader

	read   int
	closed bool
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.read += n
	return n, err
}

func (b *body) Close() error {
	b.closed = true
	return nil
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	const head, tail = `{"error_code":"DMS.00404022","error_msg":"`, `"}`
	errorOfSize := func(n int) string { return head + strings.Repeat("m", n-len(head)-len(tail)) + tail }
	errBroken := errors.New("broken")
	tests := map[string]struct {
		content  io.Reader
		wantRead int
		wantErr  string // "" for an error of the service
	}{
		"empty":             {strings.NewReader(""), 0, "the body is empty"},
		"small":             {strings.NewReader(errorOfSize(100)), 100, ""},
		"at the limit":      {strings.NewReader(errorOfSize(maxBody)), maxBody, ""},
		"one more":          {strings.NewReader(errorOfSize(maxBody + 1)), maxBody + 1, "longer than 65536 bytes"},
		"much more":         {strings.NewReader(errorOfSize(10 * maxBody)), maxBody + 1, "longer than 65536 bytes"},
		"endless":           {endless{}, maxBody + 1, "longer than 65536 bytes"},
		"broken":            {failing(errorOfSize(100), errBroken), 100, "broken"},
		"broken beyond it":  {failing(errorOfSize(2*maxBody), errBroken), maxBody + 1, "longer than 65536 bytes"},
		"broken at its end": {failing(errorOfSize(maxBody), errBroken), maxBody, "broken"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := &body{Reader: tt.content}
			c := newClient(t, remote, client.WithHTTPClient(doer(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: http.StatusNotFound, Body: sent}, nil
			})))
			apiErr := requireAPIError(t, c.DeleteTask(t.Context(), task), http.StatusNotFound)
			assert.Equal(t, tt.wantRead, sent.read)
			assert.True(t, sent.closed)
			if tt.wantErr == "" {
				require.NoError(t, apiErr.Err)
				assert.Equal(t, "DMS.00404022", apiErr.Code)
			} else {
				require.ErrorContains(t, apiErr.Err, tt.wantErr)
				assert.Empty(t, apiErr.Code)
			}
		})
	}
}

// failing yields content and then an error instead of an end.
func failing(content string, err error) io.Reader {
	return io.MultiReader(strings.NewReader(content), iotest.ErrReader(err))
}

// The generated function hands out what was read, and then the error that ended it.
func TestBodyOfGeneratedFunction(t *testing.T) {
	t.Parallel()
	c := newClient(t, remote, client.WithHTTPClient(doer(func(*http.Request) (*http.Response, error) {
		content := io.LimitReader(endless{}, 2*maxBody)
		return &http.Response{StatusCode: http.StatusBadGateway, Body: io.NopCloser(content)}, nil
	})))
	resp, err := c.DeleteBackgroundTask(t.Context(), task.ProjectID, task.InstanceID, task.TaskID)
	require.NoError(t, err)
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	require.ErrorContains(t, err, "longer than 65536 bytes")
	assert.Len(t, content, maxBody)
}
