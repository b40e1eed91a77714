// Package client deletes records of background tasks in Distributed Message Service (DMS) for Kafka on Open Telekom
// Cloud:
//
//	DELETE /v2/{project_id}/instances/{instance_id}/tasks/{task_id}
//
// [Client.DeleteTask] returns nil if the record is gone, and otherwise an error whose meaning can be tested with
// [errors.Is]: [ErrNotFound], [ErrThrottled], …
//
//   - Without its last two segments, the path is that of the instance, and DELETE deletes it. [TaskID] and its siblings
//     accept only IDs that the contract allows, and a request whose method, URL or host an editor changed is not sent.
//   - Redirects are not followed, and credentials are not sent over plain HTTP, except to a loopback address.
//   - Every attempt has a deadline, by default [DefaultTimeout], and at most 64 KiB of a body are read.
//   - No error and no log shows a credential of 16 characters or more, in part or encoded, even if the server repeats
//     it.
package client
