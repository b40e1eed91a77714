// The command dms-conformance checks whether a server keeps the contract of the deletion of background task records in
// DMS for Kafka. See dms-conformance --help.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
)

var errInterrupted = errors.New("interrupted")

func main() {
	// When nobody reads standard output to its end, the reports in files are still to be written.
	signal.Ignore(syscall.SIGPIPE)
	ctx, interrupt := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		signal.Stop(signals) // a second signal ends the command wherever it is
		interrupt(errInterrupted)
	}()
	os.Exit(run(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr))
}
