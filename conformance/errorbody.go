package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/dmstask/dmstask/internal/codes"
)

// isError reports whether an exchange has an error whose content can be looked at.
func isError(x *Exchange) bool {
	return x.Status >= http.StatusBadRequest && x.BodyErr == nil && x.Method != http.MethodHead
}

// ErrorContent requires that an error is one JSON document, declared as JSON and valid against the contract.
func ErrorContent(x *Exchange) *Finding {
	if !isError(x) {
		return nil
	}
	err := x.Contract.validateError(x.Status, x.Header, x.Body)
	if f := (*flaw)(nil); errors.As(err, &f) {
		return &Finding{Want: "an error that matches the contract", Got: f.text, Where: f.where}
	}
	return nil
}

// UniqueNames requires that no object in an error has duplicate names.
func UniqueNames(x *Exchange) *Finding {
	if !isError(x) || !json.Valid(x.Body) {
		return nil
	}
	if name := repeatedName(json.NewDecoder(bytes.NewReader(x.Body))); name != "" {
		return &Finding{
			Want: "a JSON object with unique names", Got: fmt.Sprintf("%q more than once", name), Where: Content, Near: name,
		}
	}
	return nil
}

// KnownCode requires that the code of an error is in the catalog of the service or the table of the gateway, with the
// status of the response. This package knows only a part of the gateway's table.
func KnownCode(x *Exchange) *Finding {
	code := x.ErrorCode()
	if x.Status < http.StatusBadRequest || code == "" {
		return nil
	}
	statuses := codes.Statuses(code)
	number, ofGateway := codes.Gateway(code)
	switch {
	case slices.Contains(statuses, x.Status):
		return nil
	case len(statuses) > 0:
		return &Finding{Want: fmt.Sprintf("%s with status %d", code, statuses[0]), Where: StatusLine, Near: code}
	case ofGateway && strings.Trim(number, "0123456789") == "":
		return nil
	}
	f := &Finding{
		Want: "a code from the catalog, or one of the gateway's, such as APIG.0101",
		Got:  fmt.Sprintf("%q", code), Where: Content, Near: code,
	}
	if x.Status == http.StatusNotFound && codes.Of(code) == codes.Unknown {
		f.Advice = "Answer unknown paths with 404 APIG.0101, and unknown tasks with 404 DMS.00404001."
	}
	return f
}
