// Package conformance checks whether a server keeps the contract of dmstask: the deletion of a background task's record
// in Distributed Message Service (DMS) for Kafka.
//
// [Run] sends a small number of requests to a [Target], judges the answers by [Rules] and returns a [Report], which
// package report renders; [Test] does so within a test. It sends the requests itself, byte by byte, and not through
// package client: a fault of ours must not hide a fault of the server.
//
// # What it does to a server
//
// Nothing outside the path of the contract is addressed, no dot segment and no empty segment is ever sent, and a run
// has at most [MaxRequests] requests, or as many more as [Examples] asks for. Only rules that say so delete, and only
// the one task that the target names. Any other ID is one of these, so that it is nobody's:
//   - made up, with 96 random bits; a contract that leaves no room for such IDs gets no such requests
//   - drawn from one that was made up, with 24 letters and digits at least
//   - nothing that the contract allows, a fixed value or the target's own with something more
//
// Where credentials are to be wrong they are a token that nobody issued, the target's with a few characters changed, or
// a signature that names an access key of nobody: the target's own access key never makes a wrong signature.
package conformance
