package client_test

import (
	"cmp"
	"context"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"github.com/dmstask/dmstask/client"
)

// listenTo starts a server for a benchmark, and an HTTP client with enough connections and a timeout, as a careful user
// has it.
func listenTo(b *testing.B, handler http.HandlerFunc) (url string, hc *http.Client) {
	b.Helper()
	srv := httptest.NewServer(handler)
	b.Cleanup(srv.Close)
	transport := &http.Transport{MaxIdleConnsPerHost: 1000}
	b.Cleanup(transport.CloseIdleConnections)
	return srv.URL, &http.Client{Transport: transport, Timeout: client.DefaultTimeout}
}

// noContent says 204 to everything, so that the benchmarks measure clients.
func noContent(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

// byHand is the same request by hand: what somebody writes who does not look at the answer.
func byHand(ctx context.Context, do func(*http.Request) (*http.Response, error), url string) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, url+path, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "raw")
	req.Header.Set("X-Auth-Token", token)
	resp, err := do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// BenchmarkRatio takes turns, so that whatever else the machine does falls on both: times-raw is the time of DeleteTask
// over that of net/http by hand.
func BenchmarkRatio(b *testing.B) {
	url, hc := listenTo(b, noContent)
	c := newClient(b, url, usual, client.WithToken(token), client.WithHTTPClient(hc))
	var raw, ours time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		_, err := byHand(b.Context(), hc.Do, url)
		between := time.Now()
		err = cmp.Or(c.DeleteTask(b.Context(), task), err)
		raw, ours = raw+between.Sub(start), ours+time.Since(between)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(ours)/float64(raw), "times-raw")
}

// BenchmarkMany compares many deletions at a time: a loop by hand with package errgroup, and DeleteTasks. It also shows
// what is on the heap afterwards, which does not depend on how many there were.
func BenchmarkMany(b *testing.B) {
	url, hc := listenTo(b, noContent)
	for _, senders := range []int{8, 64, 500} {
		b.Run("errgroup-"+strconv.Itoa(senders), func(b *testing.B) {
			b.ReportAllocs()
			var group errgroup.Group
			group.SetLimit(senders)
			for b.Loop() {
				group.Go(func() error { _, err := byHand(b.Context(), hc.Do, url); return err })
			}
			require.NoError(b, group.Wait())
		})
		b.Run("DeleteTasks-"+strconv.Itoa(senders), func(b *testing.B) {
			b.ReportAllocs()
			c := newClient(b, url, usual, client.WithToken(token), client.WithHTTPClient(hc))
			for _, err := range c.DeleteTasks(b.Context(), looped(b), client.WithConcurrency(senders)) {
				require.NoError(b, err)
			}
			var memory runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&memory)
			b.ReportMetric(float64(memory.HeapAlloc)/1e6, "MB-heap")
		})
	}
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

// BenchmarkThrottled has 64 senders delete for ten seconds where a service serves 100 a second, with a burst of 20: a
// loop with errgroup and go-retryablehttp, and DeleteTasks.
func BenchmarkThrottled(b *testing.B) {
	const senders, span = 64, 10 * time.Second
	for name, run := range map[string]func(ctx context.Context, url string, hc *http.Client) (failed int32){
		"go-retryablehttp": func(ctx context.Context, url string, hc *http.Client) int32 {
			retrying := retryablehttp.NewClient()
			retrying.HTTPClient, retrying.Logger = hc, nil
			var failed atomic.Int32
			var loops sync.WaitGroup
			for range senders {
				loops.Go(func() {
					for ctx.Err() == nil {
						status, err := byHand(ctx, retrying.StandardClient().Do, url)
						if ctx.Err() == nil && (err != nil || status != http.StatusNoContent) {
							failed.Add(1)
						}
					}
				})
			}
			loops.Wait()
			return failed.Load()
		},
		"DeleteTasks": func(ctx context.Context, url string, hc *http.Client) (failed int32) {
			c := newClient(b, url, usual, client.WithToken(token), client.WithHTTPClient(hc))
			for _, err := range c.DeleteTasks(ctx, tasksN(1e6), client.WithConcurrency(senders)) {
				if ctx.Err() == nil && err != nil {
					failed++
				}
			}
			return failed
		},
	} {
		b.Run(name, func(b *testing.B) {
			limiter, served := rate.NewLimiter(100, 20), atomic.Int32{}
			url, hc := listenTo(b, func(w http.ResponseWriter, _ *http.Request) {
				if limiter.Allow() {
					served.Add(1)
					w.WriteHeader(http.StatusNoContent)
					return
				}
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(http.StatusTooManyRequests)
			})
			for b.Loop() {
				ctx, cancel := context.WithTimeout(b.Context(), span)
				failed := run(ctx, url, hc)
				cancel()
				b.ReportMetric(float64(served.Swap(0))/span.Seconds(), "served/s")
				b.ReportMetric(float64(failed), "failed")
			}
		})
	}
}

// BenchmarkBinary builds a program that imports this package only, and two with the same request by hand, of which one
// reads the error code of the answer.
func BenchmarkBinary(b *testing.B) {
	programs := map[string]string{
		"raw": `import ("fmt"; "net/http"; "os")
			func main() {
				req, _ := http.NewRequest("DELETE", os.Args[1], nil)
				fmt.Println(http.DefaultClient.Do(req))
			}`,
		"raw-code": `import ("encoding/json"; "fmt"; "net/http"; "os")
			func main() {
				req, _ := http.NewRequest("DELETE", os.Args[1], nil)
				resp, _ := http.DefaultClient.Do(req)
				var body struct { Code string "json:\"error_code\"" }
				fmt.Println(resp.Status, json.NewDecoder(resp.Body).Decode(&body), body.Code)
			}`,
		"client": `import ("context"; "fmt"; "os"; "github.com/dmstask/dmstask/client")
			func main() {
				c, _ := client.New(os.Args[1], client.WithToken(os.Args[2]))
				fmt.Println(c.DeleteTask(context.Background(), client.TaskRef{}))
			}`,
	}
	for b.Loop() {
		sizes := map[string]float64{}
		for name, source := range programs {
			file, binary := filepath.Join(b.TempDir(), name+".go"), filepath.Join(b.TempDir(), name)
			require.NoError(b, os.WriteFile(file, []byte("package main\n"+source), 0o600))
			build := exec.CommandContext(b.Context(), "go", "build", "-o", binary, file) //nolint:gosec // G204: of this test
			out, err := build.CombinedOutput()
			require.NoError(b, err, string(out))
			info, err := os.Stat(binary)
			require.NoError(b, err)
			sizes[name] = float64(info.Size())
		}
		b.ReportMetric(sizes["client"]/sizes["raw"], "times-raw")
		b.ReportMetric(sizes["client"]/sizes["raw-code"], "times-raw-code")
	}
}
