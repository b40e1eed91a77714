package conformance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// serve makes the target's handler a server on loopback, until stop is called.
func (t *Target) serve(ctx context.Context) (stop func(), _ error) {
	if t.Endpoint != "" {
		return nil, errors.New("the target has an endpoint and a handler; which one is meant?")
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("no address for the handler: %w", err)
	}
	server := &http.Server{Handler: t.Handler, ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // it ends when it is closed
	}()
	t.Endpoint = "http://" + listener.Addr().String()
	return func() {
		_ = server.Close()
		<-done
	}, nil
}
