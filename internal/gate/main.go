// Command gate is the first step of go generate, and fails unless openapi.yaml is sound.
package main

import (
	"github.com/dmstask/dmstask"
	"github.com/dmstask/dmstask/internal/lint"
)

func main() { lint.OrExit(dmstask.Contract()) }
