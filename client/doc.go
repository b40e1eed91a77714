// Package client deletes records of background tasks in Distributed Message Service (DMS) for Kafka on Open Telekom
// Cloud:
//
//	DELETE /v2/{project_id}/instances/{instance_id}/tasks/{task_id}
//
// Use [New] and [Client.DeleteTask], or [Client.DeleteTasks] for many. DeleteTask returns nil if the record is gone and
// otherwise an error that tells cases apart with [errors.Is] ([ErrNotFound], [ErrThrottled], …) and [errors.As]
// ([*APIError]). Calls are tried again as a [RetryPolicy] says; credentials come from [WithToken], [WithTokenSource] or
// [WithSigner], or from package otcauth.
//
// # What makes it safe
//
//   - One level above the task is the instance, and DELETE of that path deletes the whole instance. [TaskID] and its
//     siblings refuse everything that is not an ID of the contract, a dot segment above all, before anything is sent.
//   - A redirect is never followed: Go's http.Client would take X-Auth-Token along to another host, or turn the DELETE
//     into a GET.
//   - A token does not leave over plain http, except to a loopback address or with [WithInsecureHTTP].
//   - At most 64 KiB of a response body are read, and every attempt has a deadline.
//   - No error and no log shows a credential, also where the server repeats it, in part, escaped, in hexadecimal or in
//     base64. The texts of errors are one line, not long, and steer no terminal.
//
// # The generated functions
//
// The file client.gen.go is generated from the contract, openapi.yaml. Its functions stay available for those who need
// the raw response: [Client.DeleteBackgroundTask] on a client made by [New] has all of the above, but leaves it to the
// caller to look at the status; its error for a bad ID quotes that as it is. [NewClient], [NewClientWithResponses] and
// [NewDeleteBackgroundTaskRequest] know only about the IDs; they follow redirects and report a 503 without an error, so
// prefer New.
package client
