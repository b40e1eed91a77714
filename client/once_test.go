package client_test

import (
	"bytes"
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

// patient is an HTTP client with a timeout, and a server that hangs.
func patient(timeout time.Duration) client.Option {
	return client.WithHTTPClient(&http.Client{Transport: transport(hangs), Timeout: timeout})
}

// stalls answers with a part of a body that does not know when its request ends.
func stalls(*http.Request) (*http.Response, error) {
	body, stalled := io.Pipe()
	go func() { _, _ = io.WriteString(stalled, `{"error_code":`) }()
	return &http.Response{StatusCode: http.StatusNotFound, Body: body}, nil
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		opts []client.Option
		call time.Duration // deadline of the context of the call
		want time.Duration
	}{
		"default":                  {nil, time.Hour, client.DefaultTimeout},
		"longer":                   {[]client.Option{client.WithTimeout(time.Minute)}, time.Hour, time.Minute},
		"shorter":                  {[]client.Option{client.WithTimeout(time.Second)}, time.Hour, time.Second},
		"caller's client, longer":  {[]client.Option{patient(time.Hour)}, time.Hour, client.DefaultTimeout},
		"caller's client, shorter": {[]client.Option{patient(time.Second)}, time.Hour, time.Second},
		"caller's client, alone":   {[]client.Option{client.WithTimeout(0), patient(time.Minute)}, time.Hour, time.Minute},
		"none":                     {[]client.Option{client.WithTimeout(0)}, time.Hour, time.Hour},
		"context ends before it":   {nil, time.Second, time.Second},
		"in the body":              {[]client.Option{client.WithHTTPClient(doer(stalls))}, time.Hour, client.DefaultTimeout},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), tt.call)
				defer cancel()
				c := newClient(t, remote, append([]client.Option{client.WithHTTPClient(play(hangs))}, tt.opts...)...)
				start := time.Now()
				require.ErrorIs(t, c.DeleteTask(ctx, task), context.DeadlineExceeded)
				assert.Equal(t, tt.want, time.Since(start))
			})
		})
	}
}

// A body notes whether it was closed.
type body struct {
	io.Reader

	closed bool
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
		"at the limit":      {strings.NewReader(errorOfSize(maxBody)), maxBody, ""},
		"one more":          {strings.NewReader(errorOfSize(maxBody + 1)), maxBody + 1, "longer than 65536 bytes"},
		"endless":           {endless{}, maxBody + 1, "longer than 65536 bytes"},
		"broken":            {failing(errorOfSize(100), errBroken), 100, "broken"},
		"broken at its end": {failing(errorOfSize(maxBody), errBroken), maxBody, "broken"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var read bytes.Buffer
			sent := &body{Reader: io.TeeReader(tt.content, &read)}
			c := newClient(t, remote, client.WithHTTPClient(doer(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: http.StatusNotFound, Body: sent}, nil
			})))
			apiErr := requireAPIError(t, c.DeleteTask(t.Context(), task), http.StatusNotFound)
			assert.Equal(t, tt.wantRead, read.Len())
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
