// Package version has the version of this module.
package version

// String is the version of this module (semver.org).
const String = "0.9.0"
