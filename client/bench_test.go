package client_test

import (
	"context"
	"iter"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/dmstask/dmstask/client"
)

// noContent is a server that says 204 to everything, so that the benchmarks measure clients.
func noContent(b *testing.B) (url string, hc *http.Client) {
	b.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}))
	b.Cleanup(srv.Close)
	hc = srv.Client()
	hc.Timeout = client.DefaultTimeout                       // as a careful user has it
	hc.Transport.(*http.Transport).MaxIdleConnsPerHost = 100 //nolint:forcetypeassert // it is that of httptest
	return srv.URL, hc
}

// byHand is the same request by hand: what somebody writes who does not look at the answer.
func byHand(ctx context.Context, hc *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, url+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "raw")
	req.Header.Set("X-Auth-Token", token)
	resp, err := hc.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func newBenchClient(b *testing.B, url string, hc *http.Client) *client.Client {
	b.Helper()
	c, err := client.New(url, client.WithToken(token), client.WithHTTPClient(hc))
	if err != nil {
		b.Fatal(err)
	}
	return c
}

// BenchmarkRatio takes turns, so that whatever else the machine does falls on both: times-raw is the time of DeleteTask
// over that of net/http by hand.
func BenchmarkRatio(b *testing.B) {
	url, hc := noContent(b)
	c := newBenchClient(b, url, hc)
	var raw, ours time.Duration
	for b.Loop() {
		start := time.Now()
		if err := byHand(b.Context(), hc, url); err != nil {
			b.Fatal(err)
		}
		between := time.Now()
		if err := c.DeleteTask(b.Context(), task); err != nil {
			b.Fatal(err)
		}
		raw, ours = raw+between.Sub(start), ours+time.Since(between)
	}
	b.ReportMetric(float64(ours)/float64(raw), "times-raw")
}

// BenchmarkMany compares many deletions at a time: a loop by hand with package errgroup, and DeleteTasks.
func BenchmarkMany(b *testing.B) {
	url, hc := noContent(b)
	c := newBenchClient(b, url, hc)
	b.Run("errgroup", func(b *testing.B) {
		b.ReportAllocs()
		var group errgroup.Group
		group.SetLimit(client.DefaultConcurrency)
		for b.Loop() {
			group.Go(func() error { return byHand(b.Context(), hc, url) })
		}
		if err := group.Wait(); err != nil {
			b.Fatal(err)
		}
	})
	b.Run("DeleteTasks", func(b *testing.B) {
		b.ReportAllocs()
		for _, err := range c.DeleteTasks(b.Context(), looped(b)) {
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

// looped yields as many tasks as the benchmark wants.
func looped(b *testing.B) iter.Seq[client.TaskRef] {
	b.Helper()
	return func(yield func(client.TaskRef) bool) {
		for range b.N {
			if !yield(task) {
				return
			}
		}
	}
}
