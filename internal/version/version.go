// Package version says which version of this module it is.
package version

// String is the version of this module (semver.org).
const String = "0.9.0"
