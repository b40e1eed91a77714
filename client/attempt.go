package client

import (
	"bytes"
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

// readBody reads at most maxBody bytes and closes body. What was read, and then the error that ended it, can be read
// from the result: the status is known by now, and an error of the body must not hide it.
func readBody(body io.ReadCloser) io.ReadCloser {
	defer body.Close()
	content, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	if len(content) > maxBody {
		content, err = content[:maxBody], errBodyTooLong
	}
	if err == nil {
		err = io.EOF
	}
	return io.NopCloser(io.MultiReader(bytes.NewReader(content), failingReader{err}))
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }
