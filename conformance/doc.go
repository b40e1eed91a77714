// Package conformance checks whether a server follows the contract of dmstask: the deletion of a background task's
// record in Distributed Message Service (DMS) for Kafka.
//
// [Run] sends a small number of requests to a [Target], judges the responses by the rules of an [Operation], and
// returns a [Report], which package report renders. Package conformancetest does this within a test. The check does not
// use package client, so that a bug in the client cannot hide a bug in the server.
//
// # What it does to a server
//
// Every request is for the path of the contract; no dot segment and no empty segment is ever sent. Only rules that are
// marked "deletes" delete anything, and only the one task that the target names. Other IDs belong to nobody:
//   - made up, with at least 64 random bits; if a contract leaves no room for that, the request is not sent
//   - the target's own with something added, replaced or cut off, so that it can match no other ID
//   - a fixed value that the contract does not allow
//
// Wrong credentials are a token that nobody issued, the target's token with a change, or a signature with a
// made-up access key: the target's own access key is never used for a wrong signature.
package conformance
