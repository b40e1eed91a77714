//go:build tools

package dmstask

// The generator is a dependency of the module, so that go.mod pins its version and go.sum its content.
import _ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
