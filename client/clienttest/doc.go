// Package clienttest has an in-memory DMS server, for tests of code that deletes task records.
//
// [New] starts a real HTTP server on loopback and closes it when the test ends; [NewServer] is for other programs. The
// server comes with a project, an instance and a token; [Server.NewTask] adds a task to delete, and [Server.Client]
// makes a client for it. It answers as the vendor documents, from a malformed ID to an expired token. It can be told to
// give other answers, or none: [Server.AnswerNext] for the next requests, [Server.AnswerTask] for those about one
// task, [Server.Wrap] for anything else. [Server.Requests] returns the requests that arrived. [Server.Reset]
// clears both, and keeps the tasks.
//
// For code that logs in, the same server is a small identity service (Keystone v3) at [Server.IdentityURL], where
// [Server.User] gets tokens and the service catalog. It also checks requests that are signed by access key and secret
// key (AK/SK), in both forms that clients of this cloud use.
package clienttest
