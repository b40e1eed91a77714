// Command contractdiff lists how openapi.yaml differs from what it was at a revision of the repository, and fails if
// its version was not raised accordingly. It runs at the top of the repository. Its arguments are the oasdiff to use
// and the revision: see make contract-diff.
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

// A change is one that oasdiff describes.
type change struct {
	Level    int
	Text     string
	Base     struct{ Line int } `json:"baseSource"`     // where it is in the contract as it was
	Revision struct{ Line int } `json:"revisionSource"` // where it is now, if it is there
}

func main() {
	if len(os.Args) != 3 {
		fmt.Println("usage: contractdiff OASDIFF REVISION; with make, BASE is the revision")
		os.Exit(2)
	}
	oasdiff, revision := os.Args[1], os.Args[2]
	compare := func(command string, flags ...string) string {
		// Without --auto-upgrade, all changes with the version of OpenAPI.
		return output("go", slices.Concat([]string{"run", oasdiff, command, "--auto-upgrade", "--format=json"}, flags,
			[]string{revision + ":openapi.yaml", "openapi.yaml"})...)
	}
	var changes []change
	if json.Unmarshal([]byte(compare("changelog", "--severity-levels=.ci/breaking.txt")), &changes) != nil {
		fmt.Printf("openapi.yaml cannot be compared with that of revision %q\n", revision)
		os.Exit(1)
	}
	slices.SortStableFunc(changes, func(a, b change) int { return cmp.Compare(b.Level, a.Level) })
	fmt.Printf("openapi.yaml since %s:\n%s", revision, cmp.Or(words(changes, revision),
		"no change, or none that oasdiff describes: see git diff\n"))
	changed := compare("diff") != "{}" // it sees more than changelog describes
	breaks := len(changes) > 0 && changes[0].Level == breaking
	now, _ := os.ReadFile("openapi.yaml")
	if says := verdict(output("git", "show", revision+":openapi.yaml"), string(now), changed, breaks); says != "" {
		fmt.Println(says)
		os.Exit(1)
	}
}

var status = regexp.MustCompile("`[1-5][0-9][0-9]`")

// words has a line for each change. One that repeats for other statuses is only counted.
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
	was, is := append(version.FindStringSubmatch(old), "", "")[1], append(version.FindStringSubmatch(now), "", "")[1]
	why, part := "the contract has changed, which requires a version above", func(v string) string { return v }
	switch major := semver.Major("v" + was); {
	case breaks && major == "v0": // Semantic Versioning, item 4
		why, part = "a change is breaking, which requires a minor version above that of", semver.MajorMinor
	case breaks:
		why, part = "a change is breaking, which requires a major version above that of", semver.Major
	}
	if !changed || semver.Compare(part("v"+is), part("v"+was)) > 0 {
		return ""
	}
	before, _, _ := strings.Cut(now, "\n  version:")
	return fmt.Sprintf("openapi.yaml:%d: %s %s, but info.version is %s; raise it, or undo the change",
		strings.Count(before, "\n")+2, why, was, is)
}

// output runs a program and returns what it prints.
func output(name string, args ...string) string {
	run := exec.Command(name, args...) //nolint:gosec,noctx // G204: git, and oasdiff as the Makefile has it
	run.Stderr = os.Stderr
	out, _ := run.Output()
	return strings.TrimSpace(string(out))
}
