// Package dmstask holds the contract of one API operation, the deletion of a background task's record in Distributed
// Message Service (DMS) for Kafka on Open Telekom Cloud.
//
// To call the operation import [github.com/dmstask/dmstask/client]; to check a server against the contract import
// [github.com/dmstask/dmstask/conformance] or run the command dms-conformance.
package dmstask

import _ "embed"

// The gate comes first: nothing is generated from a contract that is not sound. The server side is generated against
// the types of the client. Nothing is put in its place before install finds that all code fits.
//
//go:generate go run ./internal/gate
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config client/raw/oapi-codegen.yaml openapi.yaml
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config client/clienttest/oapi-codegen.yaml openapi.yaml
//go:generate go run ./internal/install docs/rules.md client/raw/client.gen.go client/clienttest/internal/server/server.gen.go -- ./cmd/dms-conformance --list --format=markdown --output=docs/rules.md.new

//go:embed openapi.yaml
var contract []byte

// Contract returns a copy of openapi.yaml, the contract as an OpenAPI document, for programs that validate against it.
func Contract() []byte { return append([]byte(nil), contract...) }
