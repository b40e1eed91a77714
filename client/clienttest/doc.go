// Package clienttest is a DMS server in memory, for tests of code that deletes task records.
//
// [NewServer] starts a real HTTP server on loopback, in the manner of [httptest.NewServer]. It comes with a project, an
// instance and a token; [Server.NewTask] adds a task to delete. It answers what the vendor documents, from a malformed
// ID to an expired token, and can be told to answer otherwise: [Server.AnswerNext] for the next requests,
// [Server.Wrap] for anything at all. [Server.Requests] tells what arrived.
//
// For code that logs in, the same server is a small identity service (Keystone v3) at [Server.IdentityURL], where
// [Server.User] gets tokens and the service catalog. It also checks requests that are signed by access key and secret
// key (AK/SK), in both shapes that clients of this cloud send.
package clienttest
