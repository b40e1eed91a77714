package conformance

import (
	_ "embed"
	"maps"
	"strconv"
	"strings"
	"sync"
)

// Two columns, status and code: what the DMS API Reference lists under "Error Codes".
//
//go:embed error-codes.tsv
var catalogue string

// Catalogue returns the error codes that the vendor documents for DMS, each with its HTTP status.
func Catalogue() map[string]int { return maps.Clone(parsedCatalogue()) }

var parsedCatalogue = sync.OnceValue(func() map[string]int {
	codes := make(map[string]int)
	for line := range strings.Lines(catalogue) {
		status, code, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if n, err := strconv.Atoi(status); err == nil {
			codes[code] = n
		}
	}
	return codes
})
