package client

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"time"

	"github.com/dmstask/dmstask/internal/secret"
)

// maxBody is how much of a body is read. An error of the service has some hundred bytes.
const maxBody = 64 << 10

var errBodyTooLong = fmt.Errorf("the body is longer than %d bytes", maxBody)

// attempt sends a request once, within a deadline, and hands on the answer with its body already read: no caller can
// be held up, or filled up, by a server that sends for ever.
type attempt struct {
	next    HttpRequestDoer
	timeout time.Duration // 0 for none
	shown   *redactor
}

// Do works on a copy of the request: the header fields of one attempt must not be seen by the next, and a signature
// that is refused must not be sent again.
func (a *attempt) Do(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if a.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, a.timeout)
		defer cancel()
	}
	own := req.WithContext(ctx)
	if own.Header = maps.Clone(req.Header); own.Header == nil {
		own.Header = make(http.Header)
	}
	resp, err := a.next.Do(own)
	if err != nil {
		return nil, show(err, a.shown.of(own.Header))
	}
	resp.Body = readBody(ctx, resp)
	if body, ok := resp.Body.(*memory); ok { // all but a 204 have one
		body.cleaner = a.shown.of(own.Header)
		body.err = show(body.err, body.cleaner)
	}
	return resp, nil
}

// memory is a body that has been read. Reading it gives what came, and then the error that ended it: the status is
// known by now, and an error of the body must not hide it.
type memory struct {
	content []byte
	err     error // io.EOF for a body that is whole
	offset  int
	cleaner *secret.Cleaner // for what is shown of the content
}

// readBody reads at most maxBody bytes of the body of a response, until ctx ends, and closes it.
func readBody(ctx context.Context, resp *http.Response) io.ReadCloser {
	body := resp.Body
	defer body.Close()
	switch {
	case resp.StatusCode == http.StatusNoContent:
		return http.NoBody // RFC 9110 section 15.3.5
	case resp.StatusCode < http.StatusOK:
		// After 101 the body is the connection itself (RFC 9110 section 15.2.2), which may never end.
		return &memory{err: io.EOF}
	}
	// Not every body heeds the context of its request; closing it ends the reading.
	defer context.AfterFunc(ctx, func() { _ = body.Close() })()
	content, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	switch {
	case len(content) > maxBody:
		content, err = content[:maxBody], errBodyTooLong
	case err == nil:
		err = io.EOF
	case ctx.Err() != nil:
		err = stopped(ctx) // and not that the body was closed, which is what came of it
	}
	return &memory{content: content, err: err}
}

func (m *memory) Read(p []byte) (int, error) {
	if m.offset == len(m.content) {
		return 0, m.err
	}
	n := copy(p, m.content[m.offset:])
	m.offset += n
	return n, nil
}

func (m *memory) Close() error { return nil }
