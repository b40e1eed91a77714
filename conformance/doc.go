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
// the one task that the target names; all other IDs are made up, with 96 random bits at least, so that nobody has them,
// and a contract that leaves no room for such IDs gets no such requests. No signature of an access key is ever wrong on
// purpose.
package conformance
