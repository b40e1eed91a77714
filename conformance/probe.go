package conformance

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"net/http"

	"github.com/google/uuid"
)

// A probe is one request that the check can make. Several rules may look at the answer to the same probe; it is sent
// once.
type probe struct {
	name    string
	method  string
	ids     map[string]string // path parameters by name
	sign    signature
	deletes bool // it may delete the target's task
}

// signature says with which credentials a probe is sent.
type signature int

const (
	own    signature = iota // the target's
	none                    // no credentials at all
	madeUp                  // a token that nobody issued
)

// probes are all requests of a run, by name. IDs that the target does not give are made up.
type probes map[string]probe

func newProbes(t Target, operation string, mayDelete bool) probes {
	known := map[string]string{
		projectID:  cmp.Or(t.ProjectID, randomHex()),
		instanceID: cmp.Or(t.InstanceID, uuid.NewString()),
		taskID:     randomHex(),
	}
	with := func(changes ...string) map[string]string {
		ids := map[string]string{}
		for name, value := range known {
			ids[name] = value
		}
		for i := 0; i < len(changes); i += 2 {
			ids[changes[i]] = changes[i+1]
		}
		return ids
	}
	// A method that is not allowed must not delete either: where a task may be deleted anyway, it is put to the test.
	bystander := with()
	if mayDelete {
		bystander = with(taskID, t.TaskID)
	}

	all := probes{}
	for _, p := range []probe{
		{name: "unknown-task", ids: with()},
		{name: "unknown-instance", ids: with(instanceID, uuid.NewString())},
		{name: "malformed-project-id/alphabet", ids: with(projectID, "~not~a~project~")},
		{name: "malformed-project-id/length", ids: with(projectID, randomHex()+"0")},
		{name: "malformed-instance-id/alphabet", ids: with(instanceID, "~not~an~instance~")},
		{name: "malformed-instance-id/length", ids: with(instanceID, uuid.NewString()+"0")},
		// The vendor leaves the format of a task ID open, so both are wrong by any reading: no length is tried.
		{name: "malformed-task-id/tilde", ids: with(taskID, "~not~a~task~")},
		{name: "malformed-task-id/space", ids: with(taskID, "not a task")},
		{name: "missing-credentials", ids: with(), sign: none},
		{name: "invalid-credentials", ids: with(), sign: madeUp},
		{name: "foreign-project", ids: with(projectID, randomHex(), instanceID, uuid.NewString())},
		{name: "unsupported-method/PUT", method: http.MethodPut, ids: bystander, deletes: mayDelete},
		{name: "unsupported-method/POST", method: http.MethodPost, ids: bystander, deletes: mayDelete},
		{name: "unsupported-method/PATCH", method: http.MethodPatch, ids: bystander, deletes: mayDelete},
		{name: "delete", ids: with(taskID, t.TaskID), deletes: true},
		{name: "delete-twice", ids: with(taskID, t.TaskID), deletes: true},
	} {
		p.method = cmp.Or(p.method, operation)
		all[p.name] = p
	}
	return all
}

// randomHex returns 32 lower-case hexadecimal digits, the form of the vendor's project and task IDs.
func randomHex() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: see crypto/rand
	return hex.EncodeToString(b[:])
}
