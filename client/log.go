package client

import (
	"context"
	"log/slog"
	"time"
)

// An Attempt is the result of one attempt of a call. It contains no credentials.
type Attempt struct {
	Operation          string        // the operationId of the contract
	Method, Host, Path string        // where the request went
	Number             int           // of the attempt in its call, starting with 1
	Duration           time.Duration // of the attempt
	StatusCode         int           // of the answer; 0 if there was none
	Code               string        // error_code of the answer, at most 256 bytes of it, or ""
	RequestID          string        // the server's ID of the request, at most 256 bytes of it, or ""
	Err                error         // what was wrong; nil if the operation succeeded
	Retried            bool          // another attempt follows
	Delay              time.Duration // until the next attempt
}

// report tells the caller's hook and logger about the last attempt. It leaves nothing to the handlers of a logger: not
// every one quotes what a terminal obeys.
func (l retry) report(ctx context.Context, r *record, took, delay time.Duration, again bool) {
	logging := l.logger != nil && (again || l.logger.Enabled(ctx, slog.LevelDebug))
	if l.onAttempt == nil && !logging {
		return
	}
	a := Attempt{
		Operation: r.operation.id, Method: r.target.method, Host: r.target.url.Host, Path: r.target.url.Path,
		Number: r.attempts, Duration: took, Err: r.last, Retried: again, Delay: delay,
	}
	switch {
	case r.answer != nil:
		a.StatusCode, a.Code, a.RequestID = r.answer.StatusCode, brief(r.answer.Code), brief(r.answer.RequestID)
	case r.last == nil:
		a.StatusCode = r.operation.success
	}
	if l.onAttempt != nil {
		l.onAttempt(a)
	}
	if !logging {
		return
	}
	attrs := []any{"operation", a.Operation, "method", a.Method, "host", a.Host, "path", a.Path, "attempt", a.Number}
	if r.last != nil && r.answer == nil {
		attrs = append(attrs, "error", r.last.Error())
	} else {
		attrs = append(attrs, "status", a.StatusCode, "code", a.Code, "request_id", a.RequestID)
	}
	logger := l.logger.With(attrs...)
	logger.DebugContext(ctx, "dms: attempt", "took", took)
	if again {
		logger.WarnContext(ctx, "dms: will retry", "delay", delay)
	}
}
