// The command dms-conformance checks whether a server conforms to the contract of the operation that deletes the record
// of a background task in DMS for Kafka. See dms-conformance --help.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// When nobody reads standard output to its end, the reports in files are still to be written.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal kills the command
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
