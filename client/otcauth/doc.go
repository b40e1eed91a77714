// Package otcauth makes a client of package client from credentials as users of Open Telekom Cloud keep them: a cloud
// in clouds.yaml and secure.yaml, or OS_* variables, with a password, a token, or an access key and its secret (AK/SK).
// Endpoint and project come from the service catalog.
//
//	c, err := otcauth.New(ctx, otcauth.WithCloud("prod")) // or OS_CLOUD
//	err = c.DeleteTask(ctx, client.TaskRef{ProjectID: c.ProjectID, InstanceID: i, TaskID: t})
//
// Tokens are kept and renewed before they expire; requests by AK/SK are signed anew for every attempt.
//
// It is built on gophertelekomcloud, the SDK of this cloud, and keeps out of the way what that does unasked: no login
// outlives its context, a redirect is not followed with a password, variables of AWS_* are not taken for credentials of
// this cloud, a cloud that does not exist is an error, and a region must be known rather than be the first one listed.
package otcauth
