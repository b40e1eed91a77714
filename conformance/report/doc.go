// Package report writes reports of package conformance for people and for programs: as text, as JSON with a schema, as
// JUnit XML for CI systems, as a page of HTML, and as Markdown.
package report
