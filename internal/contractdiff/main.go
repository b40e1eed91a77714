// Command contractdiff says in words how openapi.yaml differs from what it was at a revision of the repository, and
// fails if the version in it does not tell. It runs at the top of the repository, and is given the oasdiff to use and
// the revision: see make contract-diff.
package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

const breaking = 3 // the level of oasdiff

// A change is one that oasdiff has words for.
type change struct {
	Level    int
	Text     string
	Base     struct{ Line int } `json:"baseSource"`     // where it is in the contract as it was
	Revision struct{ Line int } `json:"revisionSource"` // where it is now, if it is there
}

func main() {
	oasdiff, revision := os.Args[1], os.Args[2]
	compare := func(command string, flags ...string) string {
		// Without --auto-upgrade, all changes with the version of OpenAPI.
		return output("go", slices.Concat([]string{"run", oasdiff, command, "--auto-upgrade", "--format=json"}, flags,
			[]string{revision + ":openapi.yaml", "openapi.yaml"})...)
	}
	var changes []change
	if json.Unmarshal([]byte(compare("changelog", "--severity-levels=.ci/breaking.txt")), &changes) != nil {
		fmt.Printf("openapi.yaml cannot be compared with that of %q\n", revision)
		os.Exit(1)
	}
	slices.SortStableFunc(changes, func(a, b change) int { return cmp.Compare(b.Level, a.Level) })
	fmt.Printf("openapi.yaml since %s:\n%s", revision, cmp.Or(words(changes, revision),
		"nothing, or what there are no words for: see git diff\n"))
	changed := compare("diff") != "{}" // it sees more than there are words for
	breaks := len(changes) > 0 && changes[0].Level == breaking
	now, _ := os.ReadFile("openapi.yaml")
	if says := verdict(output("git", "show", revision+":openapi.yaml"), string(now), changed, breaks); says != "" {
		fmt.Println(says)
		os.Exit(1)
	}
}

var status = regexp.MustCompile("`[1-5][0-9][0-9]`")

// words has a line for each change. What is said of one status after the other is said of the first.
func words(changes []change, revision string) string {
	lines, last, more := make([]string, 0, len(changes)), "", 0
	for _, c := range changes {
		place := fmt.Sprintf("openapi.yaml:%d: ", c.Revision.Line)
		if c.Revision.Line == 0 {
			place = fmt.Sprintf("%s:openapi.yaml:%d: ", revision, c.Base.Line)
		}
		place += map[bool]string{true: "breaking: "}[c.Level == breaking]
		if about := place + status.ReplaceAllString(c.Text, ""); about != last {
			lines, last, more = append(lines, place+c.Text+"\n"), about, 0
			continue
		}
		more++
		first, _, _ := strings.Cut(strings.TrimSpace(lines[len(lines)-1]), " (and ")
		lines[len(lines)-1] = fmt.Sprintf("%s (and %d more)\n", first, more)
	}
	return strings.Join(lines, "")
}

var version = regexp.MustCompile(`(?m)^  version: ['"]?([0-9.]+)`)

// verdict returns what is wrong with the version of a contract, or "".
func verdict(old, now string, changed, breaks bool) string {
	was, is := version.FindStringSubmatch(old)[1], version.FindStringSubmatch(now)[1]
	why, part := "the contract has changed, which takes a version above", func(v string) string { return v }
	switch major := semver.Major("v" + was); {
	case breaks && major == "v0": // Semantic Versioning, item 4
		why, part = "something breaks, which takes a minor version above that of", semver.MajorMinor
	case breaks:
		why, part = "something breaks, which takes a major version above that of", semver.Major
	}
	if !changed || semver.Compare(part("v"+is), part("v"+was)) > 0 {
		return ""
	}
	before, _, _ := strings.Cut(now, "\n  version:")
	return fmt.Sprintf("openapi.yaml:%d: %s %s, and info.version is %s; raise it, or take the change back",
		strings.Count(before, "\n")+2, why, was, is)
}

// output runs a program and returns what it prints.
func output(name string, args ...string) string {
	run := exec.Command(name, args...) //nolint:gosec,noctx // G204: git, and oasdiff as the Makefile has it
	run.Stderr = os.Stderr
	out, _ := run.Output()
	return strings.TrimSpace(string(out))
}
