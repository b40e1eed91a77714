package main

import (
	"bytes"
	"context"
	"io"
	"time"
)

// await runs what may block for ever, such as opening a pipe that nobody reads, and gives it up when the context ends.
// What still blocks then ends with the process.
func await[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	var none T
	if ctx.Err() != nil {
		return none, context.Cause(ctx)
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := f()
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
}

// An outlet is a stream that perhaps nobody reads: a pager is waited for, but not after an interruption.
type outlet struct {
	ctx context.Context // ends with an interruption
	w   io.Writer
}

// grace is how long a write may take after an interruption, for what is known to be printed.
const grace = time.Second

func (o outlet) Write(p []byte) (int, error) {
	p = bytes.Clone(p) // the caller may use it again when the write was given up
	ctx, end := context.WithCancelCause(context.WithoutCancel(o.ctx))
	defer end(nil)
	stop := context.AfterFunc(o.ctx, func() {
		time.AfterFunc(grace, func() { end(context.Cause(o.ctx)) })
	})
	defer stop()
	return await(ctx, func() (int, error) { return o.w.Write(p) })
}
