// Package version has the version of this module.
package version

// String is the version of this module (semver.org).
const String = "1.0.0-rc.1"
