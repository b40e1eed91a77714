// Package dmstask holds the contract of one API operation, the deletion of a background task's record in Distributed
// Message Service (DMS) for Kafka on Open Telekom Cloud.
//
// To call the operation import [github.com/dmstask/dmstask/client]; to check a server against the contract import
// [github.com/dmstask/dmstask/conformance] or run the command dms-conformance.
package dmstask

import _ "embed"

// The order matters: the embedded server is generated against the types of the client.
//
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config client/raw/oapi-codegen.yaml openapi.yaml
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config client/clienttest/oapi-codegen.yaml openapi.yaml
//go:generate go run ./cmd/dms-conformance --list --format=markdown --output=docs/rules.md

//go:embed openapi.yaml
var contract []byte

// Contract returns a copy of openapi.yaml, the contract as an OpenAPI 3.0 document, for those who validate against it.
func Contract() []byte { return append([]byte(nil), contract...) }
