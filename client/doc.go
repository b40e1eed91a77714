// Package client deletes records of background tasks in Distributed Message Service (DMS) for Kafka on Open Telekom
// Cloud:
//
//	DELETE /v2/{project_id}/instances/{instance_id}/tasks/{task_id}
//
// [Client.DeleteTask] returns nil if the record is gone, and otherwise an error whose meaning [errors.Is] tells:
// [ErrNotFound], [ErrThrottled], …
//
//   - DELETE of the path one level up deletes the whole instance. [TaskID] and its siblings refuse what is not an ID of
//     the contract, and what an editor makes of a request's method, URL or host is refused, before anything is sent.
//   - Redirects are not followed, and credentials do not leave over plain http, except to a loopback address.
//   - Every attempt has a deadline, and at most 64 KiB of a body are read.
//   - No error and no log shows a credential of 16 characters or more, in part or encoded, even if the server repeats
//     it.
package client
