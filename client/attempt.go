package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxBody is how much of a body is read. An error of the service has some hundred bytes.
const maxBody = 64 << 10

var errBodyTooLong = fmt.Errorf("the body is longer than %d bytes", maxBody)

// attempt sends a request once, within a deadline, and hands on the answer with its body already read: no caller can
// be held up, or filled up, by a server that sends for ever.
type attempt struct {
	next    HttpRequestDoer
	timeout time.Duration // 0 for none
}

func (a *attempt) Do(req *http.Request) (*http.Response, error) {
	if a.timeout > 0 {
		ctx, cancel := context.WithTimeout(req.Context(), a.timeout)
		defer cancel()
		req = req.WithContext(ctx)
	}
	resp, err := a.next.Do(req)
	if err != nil {
		return nil, err
	}
	resp.Body = readBody(resp.Body)
	return resp, nil
}

// memory is a body that has been read. Reading it gives what came, and then the error that ended it: the status is
// known by now, and an error of the body must not hide it.
type memory struct {
	content []byte
	err     error // io.EOF for a body that is whole
	offset  int
}

// readBody reads at most maxBody bytes and closes body.
func readBody(body io.ReadCloser) *memory {
	if body == http.NoBody {
		return &memory{err: io.EOF}
	}
	defer body.Close()
	content, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	if len(content) > maxBody {
		content, err = content[:maxBody], errBodyTooLong
	}
	if err == nil {
		err = io.EOF
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
